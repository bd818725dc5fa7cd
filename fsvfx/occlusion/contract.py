"""The contract of segmenters, which separate a face from occluders, and the registered ones."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol, TypeGuard

from fsvfx.errors import InputError, Where
from fsvfx.plugins import Plugins
from fsvfx.suggestions import suggestion

if TYPE_CHECKING:  # not needed to check a manifest
    import numpy as np
    from numpy.typing import NDArray

WIDE = 3.0
"""The wide picture's side over the crop's: hands need a larger part of the plate than the face."""
WIDE_SIZE = 576


class Pictures(Protocol):
    """Pictures of frames, by row. Can be an array; those of a shot are read or made on demand."""

    def __len__(self) -> int: ...

    def __getitem__(self, row: int, /) -> NDArray[Any]: ...


@dataclass(frozen=True)
class LazyPictures:
    """``Pictures`` that are made one by one; none is kept."""

    make: Callable[[int], NDArray[Any]]
    frames: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.frames)

    def __getitem__(self, row: int, /) -> NDArray[Any]:
        return self.make(self.frames[row])


@dataclass(frozen=True)
class Faces:
    """One face over time, as aligned crops.

    crops: each (S, S, 3) float16, display-referred RGB in [0, 1].
    landmarks: (n, 468, 3) float32, FaceMesh order, in crop pixels (x right, y down; z in the same scale, smaller is
        nearer to the camera). Under a hand they are the face's expected position.
    wide: each (WIDE_SIZE, WIDE_SIZE, 3) float32: the same, ``WIDE`` times the crop's side, with the same center.
        Each requires reading the plate: request only those needed.
    frames: production frame numbers, ascending.
    plates: (n, 4, 2) float32, the corners of the plate in crop pixels, in their order around it: beyond its edge crops
        and wide pictures are mirrored, and have no information. None: they are within it.
    """

    crops: Pictures
    landmarks: NDArray[np.float32]
    wide: Pictures
    frames: tuple[int, ...]
    plates: NDArray[np.float32] | None = None


@dataclass(frozen=True)
class Segmentation:
    """Both (n, S, S) in [0, 1], float16 or float32.

    front: occlusion of the face; 0 where the face is not. face: the visible face, if it was requested.
    """

    front: NDArray[np.floating]
    face: NDArray[np.floating] | None = None


class Segmenter(ABC):
    """A method of separating a face from occluders. Registered by the entry point group ``fsvfx.segmenters``.

    One is created for each face and chunk, and called for some frames at a time: it may keep results of others.
    """

    name: ClassVar[str]
    version: ClassVar[int]
    """Increase it when the same inputs would give different mattes: it is part of the key."""
    summary: ClassVar[str]
    """One line for people."""
    source: ClassVar[str]
    """The papers or the project that it follows."""
    weights: ClassVar[tuple[str, ...]] = ()
    """The model cards whose weights it uses."""
    reach: ClassVar[int] = 0
    """Number of frames of the same face on each side that it uses."""
    every: ClassVar[int] = 1
    """Of those, one in this many is used."""

    margin: ClassVar[int] = 0
    """Additional frames on each side that it is also given to segment, so that mattes are stable across chunks."""

    @abstractmethod
    def segment(self, faces: Faces, others: Faces, *, face: bool) -> Segmentation:
        """The occlusion of each of ``faces``; with ``face``, the visible face too.

        others: the face in frames around, within ``reach`` (some of ``faces`` among them); may be empty. Raises
        ModelError if weights are not installed.
        """


REGISTERED: Final = Plugins("fsvfx.segmenters", "segmenter")
EMBEDDED = "texture_and_hands"
"""The segmenter that ``embedded`` means in a manifest."""


def segmenter(name: str) -> type[Segmenter]:
    """The segmenter of that name, or the default for ``embedded``. Raises InputError, with the nearest name."""
    wanted = EMBEDDED if name == "embedded" else name
    try:
        return REGISTERED.load(wanted, _is_segmenter, "subclass of fsvfx.occlusion.contract.Segmenter")
    except InputError as error:
        hint = suggestion(name, ("embedded", "none", *REGISTERED.names()))
        raise InputError(error.what, hint=hint, where=Where(field="composite.occlusion")) from error


def _is_segmenter(loaded: object) -> TypeGuard[type[Segmenter]]:
    return isinstance(loaded, type) and issubclass(loaded, Segmenter)
