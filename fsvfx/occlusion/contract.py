"""The contract of segmenters, which tell a face from what is in front of it, and those that are registered."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol, TypeGuard

from fsvfx.errors import InputError, Where
from fsvfx.plugins import Plugins
from fsvfx.suggestions import suggestion

if TYPE_CHECKING:  # who checks a manifest need not wait for it
    import numpy as np
    from numpy.typing import NDArray

WIDE = 3.0
"""The wide picture's side over the crop's: hands need more of the plate than the face."""
WIDE_SIZE = 576


class Pictures(Protocol):
    """Pictures of frames, by row. An array will do; those of a shot are read or made when they are asked for."""

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
        nearer to the camera). Under a hand they say where the face must be.
    wide: each (WIDE_SIZE, WIDE_SIZE, 3) float32: the same, ``WIDE`` times the crop's side, about the same middle.
        Each costs a look at the plate: ask for those that are needed.
    frames: production frame numbers, ascending.
    plates: (n, 4, 2) float32, the corners of the plate in crop pixels, in their order around it: beyond its edge crops
        and wide pictures are mirrored, and tell nothing. None: they lie within it.
    """

    crops: Pictures
    landmarks: NDArray[np.float32]
    wide: Pictures
    frames: tuple[int, ...]
    plates: NDArray[np.float32] | None = None


@dataclass(frozen=True)
class Segmentation:
    """Both (n, S, S) in [0, 1], float16 or float32.

    front: something is in front of the face; 0 where the face is not. face: the face that is seen, where it was wanted.
    """

    front: NDArray[np.floating]
    face: NDArray[np.floating] | None = None


class Segmenter(ABC):
    """A way to tell a face from what is in front of it. Registered by the entry point group ``fsvfx.segmenters``.

    One is made for each face and chunk, and asked for some frames at a time: it may remember what it saw of others.
    """

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
    def segment(self, faces: Faces, others: Faces, *, face: bool) -> Segmentation:
        """What is in front in each of ``faces``; with ``face``, what is seen of the face too.

        others: the face in frames around, within ``reach`` (some of ``faces`` among them); may be empty.
        Raises ModelError if weights are not here.
        """


REGISTERED: Final = Plugins("fsvfx.segmenters", "segmenter")
EMBEDDED = "texture_and_hands"
"""What ``embedded`` stands for in a manifest."""


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
