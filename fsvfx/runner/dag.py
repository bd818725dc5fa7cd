"""The DAG of stages: which there are, their units of work, and what each unit reads. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from typing import Literal

from fsvfx.stages.contract import Need, Resources, Stage
from schemas.deliver import DeliverExr
from schemas.frames import Chunk, FrameRange, chunks_of
from schemas.job import ShotJob
from schemas.receipts import Unit

PATHS: dict[str, str] = {
    name: f"fsvfx.stages.{name}:{name.capitalize()}Stage"
    for name in ("references", "ingest", "roto", "detect", "track", "align", "swap", "occlude", "composite", "measure")
}
"""Where each stage's class is; imported when first asked for. Tests put their own here."""

DELIVER = "deliver"
STAGE_ORDER: tuple[str, ...] = (*PATHS, DELIVER)
DELIVER_VERSION = 3
"""Raise it when the same inputs would give other files."""
DELIVER_RESOURCES = Resources(cpu=1, memory_mib=2048)

NO_FRAMES = FrameRange(())
_DELIVER_CHUNK = (Need("ingest"), Need("composite"))
_DELIVER_SHOT = tuple(Need(name, of="all") for name in (DELIVER, "ingest", "composite", "measure", "track"))


@dataclass(frozen=True)
class Input:
    """One unit of an upstream stage that a unit reads.

    ``required``: without it the unit can't run. Neighbour chunks of a halo, and single chunks of what a shot-wide stage
    gathers, are left out where they have failed; the key then says so, and the unit runs again once they are there.
    """

    stage: str
    unit: Unit
    required: bool


def stages() -> tuple[str, ...]:
    """The names of all stages, in order."""
    return (*PATHS, DELIVER)


def stage(name: str) -> Stage:
    """The stage of that name (not ``deliver``, which puts out files and is no Stage)."""
    module, _, kind = PATHS[name].partition(":")
    made: Stage = getattr(import_module(module), kind)()
    return made


def resources_of(name: str, job: ShotJob) -> Resources:
    """What one run of the stage asks of a worker."""
    return DELIVER_RESOURCES if name == DELIVER else stage(name).resources_for(job)


def units_of(stage_name: str, job: ShotJob) -> list[Unit]:
    """The units of a stage: chunks, the shot, or the people whom the shot names. deliver: chunks, then the shot.

    None of a stage that the shot has no use for.
    """
    chunks = list(_chunks(job.shot.plate.frames, job.shot.chunk_size, job.shot.plate.first_frame))
    if stage_name == DELIVER:
        return [*chunks, Unit.of_shot()] if job.deliver else []
    one = stage(stage_name)
    return _units_of_scope(one.scope, job, chunks) if one.is_wanted(job) else []


def inputs_of(stage_name: str, unit: Unit, job: ShotJob) -> list[tuple[str, Unit]]:
    """The upstream stages and units that ``unit`` reads, neighbours of a halo among them."""
    return [(source.stage, source.unit) for source in sources_of(stage_name, unit, job)]


def sources_of(stage_name: str, unit: Unit, job: ShotJob, waived: FrameRange = NO_FRAMES) -> list[Input]:
    """As `inputs_of`, with what can't be done without. A chunk that is ``waived`` whole is delivered as the plate."""
    found = [source for need in needs_of(stage_name, unit, job) for source in _sources(need, unit, job)]
    if stage_name != DELIVER:
        return found
    if unit.chunk is None:
        return [
            Input(one.stage, one.unit, required=one.stage == DELIVER)
            for one in found
            if one.stage != DELIVER or one.unit.chunk
        ]
    plain = is_waived(unit, waived)
    return [Input(one.stage, one.unit, required=one.stage == "ingest" or not plain) for one in found]


def is_waived(unit: Unit, waived: FrameRange) -> bool:
    """Whether every frame of the chunk is waived."""
    return unit.chunk is not None and all(number in waived for number in unit.chunk.frames)


def needs_of(stage_name: str, unit: Unit, job: ShotJob) -> tuple[Need, ...]:
    """What a unit of the stage reads."""
    if stage_name == DELIVER:
        return _delivery_needs(unit, job)
    return stage(stage_name).reads(job, unit)


def _delivery_needs(unit: Unit, job: ShotJob) -> tuple[Need, ...]:
    """Alignment only where an ST-map is wanted: it would stand in the key."""
    if unit.chunk is None:
        return _DELIVER_SHOT
    stmap = any("stmap" in wish.layers for wish in job.deliver if isinstance(wish, DeliverExr))
    return (*_DELIVER_CHUNK, Need("align")) if stmap else _DELIVER_CHUNK


def halo_of(need: Need, unit: Unit, job: ShotJob) -> tuple[int, ...] | None:
    """The frame numbers that ``need`` reads for ``unit``: its chunk and the halo, within the shot. None: everything."""
    if unit.chunk is None or need.of != "same":
        return None
    wanted = range(unit.chunk.first - need.halo, unit.chunk.last + need.halo + 1)
    return tuple(number for number in wanted if number in job.shot.plate.frames)


@lru_cache
def _chunks(frames: FrameRange, size: int, anchor: int) -> tuple[Unit, ...]:
    """Kept, as every unit of a stage asks for all of them."""
    return tuple(Unit.of_chunk(chunk) for chunk in chunks_of(frames, size=size, anchor=anchor))


def _units_of_scope(scope: Literal["chunk", "shot", "person"], job: ShotJob, chunks: list[Unit]) -> list[Unit]:
    if scope == "chunk":
        return chunks
    return [Unit.of_shot()] if scope == "shot" else [Unit.of_person(person) for person in job.shown]


def _sources(need: Need, unit: Unit, job: ShotJob) -> list[Input]:
    upstream = units_of(need.stage, job)
    if need.of == "people":
        return [Input(need.stage, one, required=True) for one in upstream]
    if need.of == "all":
        return [Input(need.stage, one, required=one.kind != "chunk") for one in upstream]
    if unit.chunk is None or need.stage == DELIVER:
        return [Input(need.stage, one, required=True) for one in upstream if one == unit]
    if upstream and upstream[0].chunk:
        upstream = _near(upstream, unit.chunk, need.halo)
    return [Input(need.stage, one, required=one == unit or one.kind == "shot") for one in upstream]


def _near(units: list[Unit], chunk: Chunk, halo: int) -> list[Unit]:
    """Of a stage's chunks, in order, those that ``chunk`` and its halo touch; found without looking at the others."""
    begin = bisect_left(units, chunk.first - halo, key=lambda one: one.chunk.last if one.chunk else 0)
    end = bisect_right(units, chunk.last + halo, key=lambda one: one.chunk.first if one.chunk else 0)
    return units[begin:end]
