"""The contract of every swap engine."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Generic, Literal, TypeVar

from pydantic import ConfigDict, JsonValue

from fsvfx.errors import InputError
from schemas.base import Described

if TYPE_CHECKING:  # validating a manifest reads engines' settings, and must wait for neither numpy nor packages
    import numpy as np
    from numpy.typing import NDArray

    from fsvfx.context import Context
    from fsvfx.entries import EntryView, GoesIn
    from schemas.network import NetworkCard

    Floats = NDArray[np.float32]

FIT = "fit"
"""The stage whose readers depend on the shot's morphable model (``Context.head``)."""
Family = Literal["image", "model3d", "one_to_one", "any_to_any"]


class EngineSettings(Described):
    """Base of an engine's settings: one source for YAML, command line and docs. Unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Drive(EngineSettings):
    """How a driver's performance is taken over; as in the manifest's ``driver``."""

    expression: bool
    pose: bool
    strength: float
    mouth: Literal["driver", "performer"]


@dataclass(frozen=True)
class FaceBatch:
    """Aligned target crops.

    crops: (n, S, S, 3) float32, display-referred RGB in [0, 1].
    landmarks: (n, 468, 3) float32, FaceMesh order, in crop pixels (x right, y down; z in the same scale, smaller is
        nearer to the camera).
    frames: production frame numbers, ascending. before, after: how many frames at the beginning and at the end are
    neighbors to look at (``Engine.reach``) without a cut in between; they are not swapped. wide: (n, W, W, 3) float32,
    the crops with (W - S) / 2 px more of the plate on every side (``Engine.wide``); None where only the crops are
    available, as in an evaluation. read: results of stages for these faces (``Engine.reads``), by stage name; empty
    outside of shots.
    """

    crops: Floats
    landmarks: Floats
    frames: tuple[int, ...]
    before: int = 0
    after: int = 0
    wide: Floats | None = None
    read: Mapping[str, EntryView] = field(default_factory=dict)

    @property
    def wanted(self) -> slice:
        """The frames to swap."""
        return slice(self.before, len(self.frames) - self.after)


@dataclass(frozen=True)
class Identity:
    """Whose face goes in: reference pictures, aligned as the target crops are, in their own crop size.

    crops: (m, R, R, 3) float32 in [0, 1]; landmarks: (m, 468, 3) float32, crop pixels; sharpness: (m,) float32.
    embedding: (m, 128) float32 of ``fsvfx.faces.embedding``'s network, NaN where it was not computed; None: for no
    picture.
    """

    name: str
    crops: Floats
    landmarks: Floats
    sharpness: Floats
    embedding: Floats | None = None

    @classmethod
    def of(cls, name: str, found: GoesIn) -> Identity:
        """The identity, from a stage's results."""
        arrays = (found.pictures(array) for array in ("crops", "landmarks", "sharpness", "embedding"))
        return cls(name, *(array.astype("float32") for array in arrays))

    @property
    def no_pictures(self) -> InputError:
        """The error of an identity none of whose pictures can be used."""
        return InputError(
            f"'{self.name}' has no usable reference pictures", hint="Give this person footage or stills of the face"
        )


@dataclass(frozen=True)
class SwapBatch:
    """crops: (k, S, S, 3) float32 in [0, 1]; matte: (k, S, S) float32 in [0, 1], where the swap should show.

    k: number of ``wanted`` faces. faults: (k,) float32 each, by name: measurements per face that should be small; a
    receipt has a chunk's largest.
    """

    crops: Floats
    matte: Floats
    faults: Mapping[str, Floats] = field(default_factory=dict)


@dataclass(frozen=True)
class Unserved:
    """A setting, by name, that a user's own network does not support according to its card: what is wrong, and what to
    do."""

    setting: str
    what: str
    hint: str


Prepared = TypeVar("Prepared")
"""What an engine prepares once per identity."""


class Engine(ABC, Generic[Prepared]):
    """A swap method, under its published name. Registered in the entry point group ``fsvfx.engines``.

    Pictures are numpy arrays on both sides: only engines with networks make tensors, and import torch to do so.
    """

    name: ClassVar[str]
    version: ClassVar[int]
    """Raise it when the same inputs would give different pixels: it is part of the swap's key."""
    family: ClassVar[Family]
    summary: ClassVar[str]
    """One line for ``fsvfx engines``."""
    source: ClassVar[str]
    """The paper or project that it follows."""
    needs_references: ClassVar[bool] = True
    """Whether the identity must have reference pictures (else it brings trained weights)."""
    shows_references: ClassVar[bool] = False
    """Whether the swap's pixels are the references' own: what none of them shows is a guess, and is measured."""
    learns: ClassVar[bool] = False
    """Whether it is a ``fsvfx.engines.packaged.PackagedEngine``: known without importing that."""
    runs: ClassVar[Literal["swapper", "dfm"] | None] = None
    """The kind of users' own networks that it runs (``schemas.network``), which its settings ``model`` and ``sha256``
    name."""
    uses_gpu: ClassVar[bool] = False
    """Whether it runs on a GPU if there is one."""
    reach: ClassVar[int] = 0
    """Number of neighbor frames on each side that it needs to see, also from other chunks."""
    wide: ClassVar[float] = 1.0
    """How many times as wide as align's crops its pictures are: above 1, align provides them as ``FaceBatch.wide``.
    Cuts like FFHQ's, which lose 14 % at the top of a crop, need 1.4; for users' networks it follows from their cards'
    cuts."""
    reads: ClassVar[tuple[str, ...]] = ()
    """Stages between align and swap whose results it reads: per-frame arrays of each entry."""
    may_be_driven: ClassVar[bool] = False
    """Whether the performance may be another person's (``replace.driver``): then crops, landmarks and fits show the
    performer with the driver's performance, and the engine must use nothing else."""
    prepares_by: ClassVar[tuple[str, ...] | None] = None
    """The settings that ``prepare`` depends on. None: all of them."""
    Settings: ClassVar[type[EngineSettings]]

    def __init__(self, settings: EngineSettings, context: Context) -> None:
        self.settings = settings
        self.context = context
        self.device = context.device

    @classmethod
    def weights(cls, settings: EngineSettings) -> tuple[str, ...]:
        """The model cards whose weights it uses with these settings, including identity networks. Engines that read
        ``fit`` need not list the morphable model: the shot chooses it.

        They are part of the swap's key, and the licence gate checks them. A package's own weights are known from its
        settings.
        """
        return ()

    @classmethod
    def unserved(cls, settings: EngineSettings, card: NetworkCard) -> Iterator[Unserved]:
        """Settings that a user's own network does not support according to its card: reported before a run, refused in
        it."""
        return iter(())

    @property
    def at_once(self) -> int:
        """Largest number of faces in a batch: a chunk's memory grows with it."""
        return 8

    @abstractmethod
    def prepare(self, identity: Identity, size: int) -> Prepared:
        """Everything that can be computed for an identity before its first swap into crops of ``size`` px.

        Done once per identity in a process, and kept while in use. Raises InputError if the identity has nothing
        usable.
        """

    @abstractmethod
    def swap(self, faces: FaceBatch, prepared: Prepared) -> SwapBatch:
        """Swap the ``wanted`` of a batch. A frame's pixels must not depend on how frames are divided into batches."""

    def figures(self, prepared: Prepared) -> dict[str, JsonValue]:
        """What a receipt says about the identity and how it is swapped."""
        return {}
