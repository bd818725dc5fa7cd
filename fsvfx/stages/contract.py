"""The contract of every stage: a pure function from the arrays of its inputs and its settings to arrays.

A stage knows nothing of Prefect or Dask, and of stores only if it writes files: the runner (``fsvfx.runner``) reads,
runs, writes and commits.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Generic, Literal, TypeVar

from pydantic import ConfigDict

from fsvfx.arrays import Data, Result, Source
from fsvfx.colour import ColourConfig, PlateColour
from fsvfx.context import Context
from fsvfx.stages.outputs import Outputs
from fsvfx.store import ShotStore
from schemas.base import StrictModel
from schemas.frames import FrameRange
from schemas.job import ShotJob
from schemas.receipts import Receipt, Unit

Scope = Literal["chunk", "shot", "person", "chunks and shot"]


class StageSettings(StrictModel):
    """Only what a stage reads from the manifest for one unit. Its JSON is part of the key and of the receipt."""

    model_config = ConfigDict(str_strip_whitespace=False)


class PlateSettings(StageSettings):
    """Settings of a stage that reads the plate's pixels."""

    color_space: str
    colour_config: str
    exposure: float

    @classmethod
    def of(cls, job: ShotJob) -> PlateSettings:
        plate = job.shot.plate
        return PlateSettings(color_space=plate.color_space, colour_config=job.colour_config, exposure=plate.exposure)

    def plate_colour(self, config: ColourConfig) -> PlateColour:
        """``config``: the config that ``colour_config`` names."""
        return PlateColour(self.color_space, config, self.exposure)


Settings = TypeVar("Settings", bound=StageSettings)
Plated = TypeVar("Plated", bound=PlateSettings)


@dataclass(frozen=True)
class Resources:
    """What one run of the stage needs of a worker."""

    cpu: int = 1
    gpu: int = 0
    memory_mib: int = 1024


@dataclass(frozen=True)
class Need:
    """An upstream stage whose results a stage reads.

    of: ``same`` unit (a chunk reads that chunk; of a shot-wide stage, its part for the chunk), ``all`` units of it, its
    ``chunks`` (each of them required), or ``people`` (one per person that the shot names).
    halo: neighbor frames read on each side, for ``same``. optional: the unit runs without it if it is missing, and the
    key says so. Neighbor chunks of a halo and the single chunks of ``all`` are always optional. ``where waived``: only
    for a fully waived chunk.
    """

    stage: str
    of: Literal["same", "all", "chunks", "people"] = "same"
    halo: int = 0
    optional: Literal["never", "always", "where waived"] = "never"


@dataclass(frozen=True)
class Upstream:
    """The ledger's state when a unit is keyed: the receipts of its inputs, and the shot's waived frames."""

    receipts: tuple[Receipt, ...] = ()
    waived: FrameRange = field(default_factory=lambda: FrameRange(()))


@dataclass(frozen=True)
class Order:
    """What a stage that writes files gets in addition."""

    job: ShotJob
    upstream: Upstream
    store: ShotStore
    """The store of the upstream arrays."""


@dataclass(frozen=True)
class Work(Generic[Settings]):
    """Everything that a stage's function gets."""

    unit: Unit
    frames: tuple[int, ...]
    """The production frame numbers of the unit (a shot: all of them; a person: none)."""
    settings: Settings
    inputs: Mapping[str, Data]
    """By stage name; for ``people`` needs, by ``stage/person``."""
    seed: int = 0
    context: Context = field(default_factory=Context)
    source: Source | None = None
    """Pictures from files: only for stages with ``reads_media``."""
    order: Order | None = None
    """Only for stages whose sink is files."""
    report: Callable[[str], None] = lambda message: None
    """Reports progress (logs)."""


def plate_colour_of(work: Work[Plated]) -> PlateColour:
    """The color conversion of the work's plate."""
    return work.settings.plate_colour(work.context.colour)


class Stage(ABC, Generic[Settings]):
    """One processing step. Subclasses are stateless."""

    name: ClassVar[str]
    version: ClassVar[int]
    """Raise it when the same inputs would give different bytes: it is part of every key."""
    scope: ClassVar[Scope] = "chunk"
    needs: ClassVar[tuple[Need, ...]] = ()
    resources: ClassVar[Resources] = Resources()
    reads_media: ClassVar[bool] = False
    sink: ClassVar[Literal["arrays", "files"]] = "arrays"
    """Where results go: arrays into the store; files where the manifest says."""
    intermediate: ClassVar[bool] = False
    """Whether its arrays need not be stored if the task that makes them is their only reader."""
    may_be_waived: ClassVar[bool] = True
    """Whether a chunk whose frames are waived can do without the stage."""
    alike: ClassVar[bool] = False
    """Whether the settings are the same for every unit of a shot: plans of long shots then compute them once."""
    outputs: ClassVar[Outputs | None] = None
    """The arrays that it outputs; checked when they are written."""

    def is_wanted(self, job: ShotJob) -> bool:
        """Whether the shot needs the stage; if not, the stage has no units."""
        return True

    def reads(self, job: ShotJob, unit: Unit) -> tuple[Need, ...]:
        """What the unit needs: ``needs``, unless the manifest requires more (a halo, another stage).

        What only other chunks need is left out: it would be part of this one's key.
        """
        return self.needs

    def resources_for(self, job: ShotJob) -> Resources:
        """What the stage needs of a worker for this shot: ``resources``, unless the manifest changes it."""
        return self.resources

    @abstractmethod
    def settings(self, job: ShotJob, unit: Unit) -> Settings:
        """What the stage reads from the manifest for this unit."""

    def settings_after(self, job: ShotJob, unit: Unit, upstream: Upstream) -> Settings:
        """The settings that go into the key, if they depend on upstream results."""
        return self.settings(job, unit)

    def weights(self, settings: Settings) -> tuple[str, ...]:
        """Names of the model cards whose weights it uses: their sha256 are part of the key."""
        return ()

    @abstractmethod
    def run(self, work: Work[Settings]) -> Result:
        """Process the unit. Raises FsvfxError subclasses for what a user can fix."""

    def is_intact(self, receipt: Receipt) -> bool:
        """Whether files outside the store that the receipt names still exist; if not, the unit runs again."""
        return True
