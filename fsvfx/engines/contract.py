"""The contract of every swap engine."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import ConfigDict

from schemas.base import Described

if TYPE_CHECKING:  # who checks a manifest reads engines' settings, and need not wait for numpy
    import numpy as np
    from numpy.typing import NDArray

    from fsvfx.context import Context

    Floats = NDArray[np.float32]


class EngineSettings(Described):
    """Base of an engine's settings: one source for YAML, command line and docs. Unknown ones are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


@dataclass(frozen=True)
class FaceBatch:
    """Aligned target crops.

    crops: (n, S, S, 3) float32, display-referred RGB in [0, 1].
    landmarks: (n, 468, 3) float32, FaceMesh order, in crop pixels (x right, y down; z in the same scale, smaller is
        nearer to the camera).
    frames: production frame numbers, ascending; neighbours in time are neighbours here.
    """

    crops: Floats
    landmarks: Floats
    frames: tuple[int, ...]


@dataclass(frozen=True)
class Identity:
    """Whose face goes in: reference pictures, aligned as the target crops are, in their own crop size.

    crops: (m, R, R, 3) float32 in [0, 1]; landmarks: (m, 468, 3) float32, crop pixels; sharpness: (m,) float32.
    """

    name: str
    crops: Floats
    landmarks: Floats
    sharpness: Floats


@dataclass(frozen=True)
class SwapBatch:
    """crops: (n, S, S, 3) float32 in [0, 1]; matte: (n, S, S) float32 in [0, 1], where the swap is meant to show."""

    crops: Floats
    matte: Floats


class Engine(ABC):
    """A way to swap, under its published name. Registered by the entry point group ``fsvfx.engines``.

    Pictures are numpy arrays on both sides: only engines with networks make tensors, and import torch to do so.
    """

    name: ClassVar[str]
    version: ClassVar[int]
    """Raise it when the same inputs would give other pixels: it is part of the swap's key."""
    family: ClassVar[Literal["image", "model3d", "one_to_one", "any_to_any"]]
    summary: ClassVar[str]
    """One line for ``fsvfx engines``."""
    source: ClassVar[str]
    """The paper or project that it follows."""
    needs_references: ClassVar[bool] = True
    """Whether the identity must have reference pictures (else it brings trained weights)."""
    learns: ClassVar[bool] = False
    """Whether it is a ``fsvfx.engines.learned.LearnedEngine``: told without importing that."""
    uses_gpu: ClassVar[bool] = False
    """Whether it runs on a GPU where there is one."""
    weights: ClassVar[tuple[str, ...]] = ()
    """The model cards whose weights it uses; a package's are known by its settings."""
    Settings: ClassVar[type[EngineSettings]]

    @property
    def at_once(self) -> int:
        """Faces that it wants in one batch, at most: the memory that a chunk takes grows with them."""
        return 8

    def __init__(self, settings: EngineSettings, context: Context) -> None:
        self.settings = settings
        self.context = context
        self.device = context.device

    @abstractmethod
    def swap(self, faces: FaceBatch, identity: Identity) -> SwapBatch:
        """Swap a batch. Raises InputError if the identity has nothing usable."""
