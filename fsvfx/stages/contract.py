"""The contract of every stage: a pure function from the arrays of its inputs and its parameters to arrays.

A stage knows nothing of stores, Prefect or Dask: the runner (``fsvfx.runner``) reads, runs, writes and commits.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from pydantic import JsonValue

from fsvfx.arrays import Data, Result, Source
from schemas.job import ShotJob
from schemas.receipts import Unit


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
