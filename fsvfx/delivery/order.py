"""One delivery: the requested files, their inputs, and the consent for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from pydantic import JsonValue

from fsvfx import rights
from fsvfx.colour import PlateColour, check_space
from fsvfx.delivery.kinds import Wish, asked, reads_of
from fsvfx.delivery.ownership import Ownership
from fsvfx.errors import IncompleteError, Where
from fsvfx.store import Ledger, ShotStore, open_store, stage_key
from schemas.frames import Chunk, FrameRange
from schemas.job import ShotJob
from schemas.receipts import Receipt, Unit
from schemas.report import AI_STATEMENT, PLAIN_STATEMENT

STAGE = "deliver"
VERSION = 4
"""Increase it when the same inputs would give different files: it is part of every key."""


@dataclass(frozen=True)
class Order:
    """Created by ``order_of``, which checks the rights gate."""

    job: ShotJob
    unit: Unit
    inputs: tuple[Receipt, ...]
    waived: FrameRange
    """Only frames of the unit."""
    rights: rights.Decision
    store: ShotStore

    @cached_property
    def ownership(self) -> Ownership:
        """What the shot delivered before."""
        return Ownership(self.job, Ledger(self.store), self.unit)

    @cached_property
    def chunks(self) -> list[Chunk]:
        return [self.unit.chunk] if self.unit.chunk else self.job.shot.chunks

    @cached_property
    def frames(self) -> FrameRange:
        return FrameRange(frame for chunk in self.chunks for frame in chunk.frames)

    @cached_property
    def asked(self) -> list[Wish]:
        """The listed deliverables that this unit writes: frames for a chunk, the rest for the shot."""
        return asked(self.job, self.unit)

    @cached_property
    def reads(self) -> frozenset[str]:
        """The stages that kinds read in addition to ingest and composite."""
        return reads_of(self.asked)

    @property
    def statement(self) -> str:
        """Whether faces were replaced, in the words that go into every deliverable."""
        return AI_STATEMENT if self.job.shot.replace else PLAIN_STATEMENT

    @cached_property
    def colour(self) -> PlateColour:
        """How the plate is read."""
        return PlateColour.of(self.job)

    @property
    def comp_space(self) -> str:
        return self.colour.comp_space

    def space_of(self, wish: Wish) -> str | None:
        """The color space in which ``wish`` is delivered, by the config's own name; None for kinds without one."""
        space = wish.kind.space(wish.settings)
        own = {"comp": self.comp_space, "plate": self.colour.space}
        return check_space(self.colour.config, own.get(space, space)) if space else None

    def of(self, stage: str, chunk: Chunk | None = None) -> list[Receipt]:
        """The input receipts of a stage (for one chunk)."""
        return [one for one in self.inputs if one.stage == stage and chunk in (None, one.unit.chunk)]

    @cached_property
    def content_key(self) -> str:
        """The key of the files' content, wherever they are written: the same on disk and S3. It is stored in their
        headers."""
        return self._key(self._content())

    @cached_property
    def key(self) -> str:
        """The key of the files' content and location. (The runner has its own key, for queries to the ledger.)"""
        paths: list[JsonValue] = [one.path for one in self.asked]
        return self._key(self._content() | {"paths": paths})

    def check_complete(self) -> None:
        """IncompleteError, naming them, if requested frames are neither composited nor waived, or have no plate."""
        plate = _frames_of(self.of("ingest"))
        comped = _frames_of(self.of("composite")) if self.job.shot.replace else self.frames
        lost, open_ = self.frames - plate, (self.frames & plate) - comped - self.waived
        if open_:
            raise self._incomplete(f"{len(open_)} frames are neither composited nor waived", open_)
        if lost:
            raise self._incomplete(f"the plate of {len(lost)} frames is not in the store", lost, waive=False)

    def _incomplete(self, what: str, frames: FrameRange, *, waive: bool = True) -> IncompleteError:
        run = f"fsvfx retry {self.job.manifest} --frames {frames}"
        accept = f"or accept the plate there: fsvfx waive {self.job.manifest} --frames {frames} --by NAME --why REASON"
        return IncompleteError(
            what[0].upper() + what[1:],
            hint=f"Run them again: {run}; {accept}" if waive else f"Fix the plate, then: {run}",
            where=Where(shot=self.job.shot.name, stage=STAGE, frames=frames),
        )

    def _content(self) -> dict[str, JsonValue]:
        shot = self.job.shot
        swaps: list[JsonValue] = [
            {
                "performer": entry.performer,
                "identity": entry.goes_in,
                "engine": entry.engine,
                **({"driver": entry.driver.gives} if entry.driver else {}),
            }
            for entry in shot.replace
        ]
        return {
            "unit": self.unit.name,
            "production": self.job.production,
            "shot": shot.name,
            "swaps": swaps,
            "plate": shot.plate.model_dump(mode="json", exclude={"path", "frames"}),
            "first": shot.plate.frames.first,
            "last": shot.plate.frames.last,
            "wishes": [one.recipe for one in self.asked],
            "waived": str(self.waived),
            **({"purpose": self.job.purpose} if self.job.purpose != "commercial" else {}),
            "plates": {one.unit.name: one.key for one in self.of("ingest")},  # a plate's headers count too
        }

    def _key(self, parameters: dict[str, JsonValue]) -> str:
        return stage_key(
            stage=STAGE,
            version=VERSION,
            parameters=parameters,
            weights={},
            colour_config=self.job.colour_config,
            seed=0,
            inputs={f"{one.stage}/{one.unit.name}": one.digest for one in self.inputs},
        )


def order_of(
    job: ShotJob, unit: Unit, inputs: Sequence[Receipt], waived: FrameRange, store: ShotStore | None = None
) -> Order:
    """Check the rights gate now, and gather the inputs of the delivery. Raises RightsError."""
    decision = rights.clear(job)
    own = FrameRange(unit.chunk.frames) if unit.chunk else job.shot.plate.frames
    return Order(job, unit, tuple(inputs), waived & own, decision, store or open_store(job))


def _frames_of(receipts: list[Receipt]) -> FrameRange:
    return FrameRange(frame for one in receipts if one.unit.chunk for frame in one.unit.chunk.frames)
