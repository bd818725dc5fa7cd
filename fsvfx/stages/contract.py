"""The contract of every stage: a pure function from the arrays of its inputs and its parameters to arrays.

A stage knows nothing of stores, Prefect or Dask: the runner (``fsvfx.runner``) reads, runs, writes and commits.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from schemas.job import ShotJob
from schemas.receipts import Unit

Array = NDArray[np.generic]
Table = Mapping[str, Array]
"""Columns of equal length. A column ``frame`` (int64) holds production frame numbers."""


@dataclass(frozen=True)
class Resources:
    """What one run of the stage asks of a worker."""

    cpu: int = 1
    gpu: int = 0
    memory_mib: int = 1024


@dataclass(frozen=True)
class Need:
    """An upstream stage whose results a stage reads.

    ``of``: ``same`` unit (a chunk reads that chunk; of a shot-wide stage, its part for the chunk), ``all`` units of it,
    or ``people`` (one per person that the shot names). ``halo``: neighbour frames read on each side, for ``same``.
    """

    stage: str
    of: Literal["same", "all", "people"] = "same"
    halo: int = 0


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
    """

    frames: Mapping[str, Array | LazyFrames] = field(default_factory=dict)
    tables: Mapping[str, Table] = field(default_factory=dict)
    parts: Mapping[str, Result] = field(default_factory=dict)
    qc: Mapping[str, JsonValue] = field(default_factory=dict)


class Data(Protocol):
    """An input, stitched over chunks, cut to the frames asked for. A frame that no receipt vouches for: StoreError."""

    @property
    def numbers(self) -> Sequence[int]:
        """Production frame numbers that are there, ascending (reference pictures: 0, 1, ...)."""

    def frame(self, name: str, number: int) -> Array:
        """One frame of a per-frame array."""

    def frames(self, name: str) -> Array:
        """A per-frame array, whole, in the order of ``numbers``."""

    def table(self, name: str) -> Table:
        """A table's rows for ``numbers`` (all rows where it has no ``frame`` column)."""

    def has(self, name: str) -> bool:
        """Whether there is a per-frame array or table of that name."""


@dataclass(frozen=True)
class Work:
    """All that a stage's function gets."""

    unit: Unit
    frames: tuple[int, ...]
    """The production frame numbers of the unit (a shot: all of them; a person: none)."""
    parameters: Mapping[str, JsonValue]
    inputs: Mapping[str, Data]
    """By stage name; for ``people`` needs, by ``stage/person``."""
    seed: int
    device: str
    """``cpu``, ``cuda:0``: where torch work goes."""
    source: Source | None = None
    """Pictures from files: only for stages with ``reads_media``."""
    report: Callable[[str], None] = lambda message: None
    """Says something to whoever watches the run (logs)."""


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


class Stage(ABC):
    """One step of the way of the data. Subclasses are stateless."""

    name: ClassVar[str]
    version: ClassVar[int]
    """Raise it when the same inputs would give other bytes: it is part of every key."""
    scope: ClassVar[Literal["chunk", "shot", "person"]] = "chunk"
    needs: ClassVar[tuple[Need, ...]] = ()
    resources: ClassVar[Resources] = Resources()
    reads_media: ClassVar[bool] = False

    def is_wanted(self, job: ShotJob) -> bool:
        """Whether the shot has any use for the stage; without, it has no units."""
        return True

    def reads(self, job: ShotJob, unit: Unit) -> tuple[Need, ...]:
        """What the unit needs: ``needs``, unless the manifest asks for more (a halo, another stage).

        What only other chunks need stays out: it would be in this one's key.
        """
        return self.needs

    def resources_for(self, job: ShotJob) -> Resources:
        """What the stage asks of a worker for this shot: ``resources``, unless the manifest makes a difference."""
        return self.resources

    @abstractmethod
    def parameters(self, job: ShotJob, unit: Unit) -> dict[str, JsonValue]:
        """Just what the stage reads of the manifest for this unit, as JSON: it is part of the key."""

    def weights(self, parameters: Mapping[str, JsonValue]) -> tuple[str, ...]:
        """Names of the model cards whose weights it uses: their sha256 are part of the key."""
        return ()

    @abstractmethod
    def run(self, work: Work) -> Result:
        """Do it. Raises FsvfxError subclasses for what a user can fix."""
