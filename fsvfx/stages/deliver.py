"""deliver: the files that the manifest lists; frames chunk by chunk, then those made once per shot."""

from __future__ import annotations

from typing import Any

from pydantic import SerializerFunctionWrapHandler, field_serializer, model_serializer

from fsvfx.arrays import Result
from fsvfx.delivery import kinds
from fsvfx.errors import MachineError
from fsvfx.stages.contract import Need, Resources, Stage, StageSettings, Upstream, Work
from schemas.deliver import Deliver
from schemas.frames import FrameRange
from schemas.job import ShotJob
from schemas.manifest import Plate, Purpose
from schemas.receipts import Receipt, Unit

_OF_CHUNK = (
    Need("composite", optional="where waived"),
    Need("align", optional="where waived"),
    Need("fit", optional="where waived"),
    Need("references", of="people", optional="where waived"),
    Need("cast", of="all", optional="where waived"),
)
"""Stages that a chunk may read besides its plate."""
_OF_SHOT = (Need("align", of="all"), Need("fit"), Need("references", of="people"), Need("cast", of="all"))
"""Stages that the shot may read besides those that it gathers; for align, only the chunks that have it."""


class DeliveredSwap(StageSettings):
    """Who and how, as stated in headers."""

    performer: str
    identity: str
    engine: str


class DeliverSettings(StageSettings):
    """plates: keys of the ingest receipts by unit, as a plate's headers go into deliverables."""

    deliver: tuple[Deliver, ...]
    plate: Plate
    frames: FrameRange
    plates: dict[str, str]
    swaps: tuple[DeliveredSwap, ...]
    waived: FrameRange
    purpose: Purpose

    @field_serializer("plate")
    def _pixels(self, plate: Plate) -> dict[str, Any]:
        """Wherever it lies; its frames are the unit's own."""
        return plate.model_dump(mode="json", exclude={"path", "frames"})

    @model_serializer(mode="wrap")
    def _usual(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        said: dict[str, Any] = handler(self)
        return said if self.purpose != "commercial" else {key: said[key] for key in said if key != "purpose"}


class DeliverStage(Stage[DeliverSettings]):
    name = "deliver"
    version = 6
    scope = "chunks and shot"
    resources = Resources(cpu=1, memory_mib=2048)
    sink = "files"
    may_be_waived = False

    def is_wanted(self, job: ShotJob) -> bool:
        return bool(job.deliver)

    def reads(self, job: ShotJob, unit: Unit) -> tuple[Need, ...]:
        """Align and the like only if a deliverable of the unit reads them, as they are part of the key."""
        wanted = kinds.reads_of(kinds.asked(job, unit))
        if unit.chunk is None:
            gathered = (Need(name, of="all", optional="always") for name in ("ingest", "composite", "measure", "track"))
            return (Need(self.name, of="chunks"), *gathered, *(one for one in _OF_SHOT if one.stage in wanted))
        return (Need("ingest"), *(one for one in _OF_CHUNK if one.stage in {"composite", *wanted}))

    def settings(self, job: ShotJob, unit: Unit) -> DeliverSettings:
        """Without upstream results."""
        return self.settings_after(job, unit, Upstream())

    def settings_after(self, job: ShotJob, unit: Unit, upstream: Upstream) -> DeliverSettings:
        frames = FrameRange(unit.chunk.frames) if unit.chunk else job.shot.plate.frames
        return DeliverSettings(
            deliver=job.deliver,
            plate=job.shot.plate,
            frames=frames,
            plates={one.unit.name: one.key for one in upstream.receipts if one.stage == "ingest"},
            swaps=tuple(
                DeliveredSwap(performer=entry.performer, identity=entry.goes_in, engine=entry.engine)
                for entry in job.shot.replace
            ),
            waived=upstream.waived & frames,
            purpose=job.purpose,
        )

    def run(self, work: Work[DeliverSettings]) -> Result:
        """Raises RightsError, IncompleteError, StoreError, PlateError: see `fsvfx.delivery`."""
        from fsvfx import delivery

        if work.order is None:
            raise MachineError("deliver has no job", hint="Report it: the runner must hand it on")
        job, upstream, store = work.order.job, work.order.upstream, work.order.store
        if work.unit.chunk is None:
            done = delivery.deliver_shot(job, upstream.receipts, upstream.waived, store)
        else:
            done = delivery.deliver_chunk(job, work.unit, upstream.receipts, upstream.waived, store)
        return Result(files=done.files, qc=done.qc, rights=done.rights)

    def is_intact(self, receipt: Receipt) -> bool:
        from fsvfx import delivery

        return delivery.is_intact(receipt)
