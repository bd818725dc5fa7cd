"""The contract of segmenters, which tell a face from what is in front of it, and those that are registered."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Final, TypeGuard

import numpy as np
from numpy.typing import NDArray

from fsvfx.errors import InputError, Where
from fsvfx.plugins import Plugins
from fsvfx.suggestions import suggestion

WIDE = 3.0
"""The wide picture's side over the crop's: hands need more of the plate than the face."""
WIDE_SIZE = 576


@dataclass(frozen=True)
class Faces:
    """One face over time, as aligned crops.

    crops: (n, S, S, 3) float16, display-referred RGB in [0, 1].
    landmarks: (n, 468, 3) float32, FaceMesh order, in crop pixels (x right, y down; z in the same scale, smaller is
        nearer to the camera). Under a hand they say where the face must be.
    wide: (n, WIDE_SIZE, WIDE_SIZE, 3) float16: the same, ``WIDE`` times the crop's side, about the same middle.
    frames: production frame numbers, ascending.
    """

    crops: NDArray[np.float16]
    landmarks: NDArray[np.float32]
    wide: NDArray[np.float16]
    frames: tuple[int, ...]


@dataclass(frozen=True)
class Segmentation:
    """Both (n, S, S) float32 in [0, 1].

    face: the face that is seen. front: something is in front of the face; 0 where the face is not.
    """

    face: NDArray[np.float32]
    front: NDArray[np.float32]


class Segmenter(ABC):
    """A way to tell a face from what is in front of it. Registered by the entry point group ``fsvfx.segmenters``."""

    name: ClassVar[str]
    version: ClassVar[int]
    """Raise it when the same inputs would give other mattes: it is part of the key."""
    summary: ClassVar[str]
    """One line for people."""
    source: ClassVar[str]
    """The papers or the project that it follows."""
    weights: ClassVar[tuple[str, ...]] = ()
    """The model cards whose weights it uses."""
    reach: ClassVar[int] = 0
    """How many frames on each side it wants to see of the same face."""
    every: ClassVar[int] = 1
    """Of those, one in so many."""

    margin: ClassVar[int] = 0
    """How many frames beside those wanted it is given to segment too, so that mattes are steady across chunks."""

    @abstractmethod
    def segment(self, faces: Faces, others: Faces) -> Segmentation:
        """What is seen and what is in front in each of ``faces``.

        others: the face in frames around, within ``reach`` (some of ``faces`` among them); may be empty.
        Raises ModelError if weights are not here.
        """


REGISTERED: Final = Plugins("fsvfx.segmenters", "segmenter")
EMBEDDED = "texture_and_hands"
"""What ``embedded`` stands for in a manifest."""


def segmenter(name: str) -> type[Segmenter]:
    """The segmenter of that name, or the default for ``embedded``. Raises InputError, with the nearest name."""
    wanted, known = EMBEDDED if name == "embedded" else name, REGISTERED.names()
    if wanted not in known:
        raise InputError(
            f"No segmenter named '{name}'",
            hint=suggestion(name, ("embedded", "none", *known)),
            where=Where(field="composite.occlusion"),
        )
    return REGISTERED.load(wanted, _is_segmenter, "subclass of fsvfx.occlusion.contract.Segmenter")


def _is_segmenter(loaded: object) -> TypeGuard[type[Segmenter]]:
    return isinstance(loaded, type) and issubclass(loaded, Segmenter)
