"""Arrays as they go from stage to stage: pictures in, results out, and inputs that are read from the store.

Below stores, media and stages, all of which use these types.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from schemas.receipts import DeliveredFile

Array = NDArray[np.generic]
Table = Mapping[str, Array]
"""Columns of equal length. A column ``frame`` (int64) holds production frame numbers."""


@dataclass(frozen=True)
class LazyFrames:
    """A per-frame array too large to hold at once.

    ``frames`` yields each frame in order; ``shape`` and ``dtype`` are those of one frame.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[np.generic]
    frames: Iterable[Array]


@dataclass(frozen=True)
class Result:
    """What a stage puts out for one unit.

    frames: arrays with one entry per frame of the unit on axis 0 (for a person: per reference picture).
    tables: columns of any length, for what comes in varying numbers per frame.
    parts: one Result per chunk name, where consumers need one chunk's share only.
    qc: figures for the receipt; small JSON.
    files: what a stage whose sink is files has written; rights: the digest of the decision that it asked for itself.
    """

    frames: Mapping[str, Array | LazyFrames] = field(default_factory=dict)
    tables: Mapping[str, Table] = field(default_factory=dict)
    parts: Mapping[str, Result] = field(default_factory=dict)
    qc: Mapping[str, JsonValue] = field(default_factory=dict)
    files: tuple[DeliveredFile, ...] = ()
    rights: str = ""


class Data(Protocol):
    """An input, stitched over chunks, cut to the frames asked for. A frame that no receipt vouches for: StoreError."""

    @property
    def numbers(self) -> Sequence[int]:
        """Production frame numbers that are there, ascending (reference pictures: 0, 1, ...)."""

    @property
    def digest(self) -> str:
        """Of all that is there: equal digests, equal contents."""

    def frame(self, name: str, number: int) -> Array:
        """One frame of a per-frame array."""

    def frames(self, name: str) -> Array:
        """A per-frame array, whole, in the order of ``numbers``."""

    def table(self, name: str) -> Table:
        """A table's rows for ``numbers`` (all rows where it has no ``frame`` column)."""

    def has(self, name: str) -> bool:
        """Whether there is a per-frame array or table of that name."""


class Source(Protocol):
    """Pictures from files, opened by the runner for the stages that bring them in."""

    def fingerprint(self) -> dict[str, str]:
        """What the pictures are, by content: goes into the key. Raises PlateError."""

    def pictures(self, series: str = "") -> Iterator[Array]:
        """Each picture (H, W, 3) at native depth (uint8, uint16, float16), in its own colour space, in order.

        A plate gives exactly the unit's frames, all of one shape; a person's references come as they are. Mattes are
        (H, W) float16, the plate's size, of the ``series`` that is named after their entry (``r0``).
        Raises PlateError, which names the frame.
        """
