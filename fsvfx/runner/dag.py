"""The DAG of stages: the stages, their units of work, and what each unit reads. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib import import_module
from typing import Any, NamedTuple, TypeGuard

from fsvfx.errors import MachineError
from fsvfx.plugins import Plugins
from fsvfx.stages.contract import Need, Resources, Scope, Stage
from schemas.frames import Chunk, FrameRange, chunks_of
from schemas.job import ShotJob
from schemas.receipts import Unit

AnyStage = Stage[Any]
"""A stage with any settings."""

PATHS: dict[str, str] = {
    name: f"fsvfx.stages.{name}:{name.capitalize()}Stage"
    for name in (
        "references",
        "ingest",
        "roto",
        "detect",
        "track",
        "cast",
        "align",
        "fit",
        "driver",
        "swap",
        "occlude",
        "composite",
        "measure",
        "deliver",
    )
}
"""The class of each built-in stage, in order; imported on first use. Tests put their own here."""

REGISTERED = Plugins("fsvfx.stages", "stage")
"""Stages that installed packages add."""

NO_FRAMES = FrameRange(())


class Input(NamedTuple):
    """One unit of an upstream stage that a unit reads.

    ``required``: without it the unit can't run. Neighbor chunks of a halo, and single chunks gathered by a shot-wide
    stage, are left out if they have failed; the key then says so, and the unit runs again once they are done.
    """

    stage: str
    unit: Unit
    required: bool


def stages() -> tuple[str, ...]:
    """The names of all stages, in order: each stage of a package comes right after what it needs."""
    order = list(PATHS)
    waiting = {name: _needed(name) for name in REGISTERED.names() if name not in PATHS}
    while waiting:
        ready = [name for name, needed in waiting.items() if needed <= set(order)]
        if not ready:
            raise _unplaced(waiting, order)
        for name in ready:
            last = max((order.index(one) for one in waiting.pop(name)), default=-1)
            order.insert(last + 1, name)
    return tuple(order)


def stage(name: str) -> AnyStage:
    """The stage of that name. Raises InputError if there is none, MachineError if a package's can't be loaded."""
    if name not in PATHS:
        return REGISTERED.load(name, _is_stage, "subclass of fsvfx.stages.contract.Stage")()
    return _loaded(PATHS[name])


@lru_cache
def _loaded(path: str) -> AnyStage:
    """Stages are stateless: one of each will do."""
    module, _, kind = path.partition(":")
    found: AnyStage = getattr(import_module(module), kind)()
    return found


def resources_of(name: str, job: ShotJob) -> Resources:
    """What one run of the stage needs of a worker."""
    return stage(name).resources_for(job)


def units_of(stage_name: str, job: ShotJob) -> list[Unit]:
    """The units of a stage: chunks, the shot, both in this order, or the people that the shot names.

    None of a stage that the shot has no use for.
    """
    one = stage(stage_name)
    return _units_of_scope(one.scope, job) if one.is_wanted(job) else []


def inputs_of(stage_name: str, unit: Unit, job: ShotJob) -> list[tuple[str, Unit]]:
    """The upstream stages and units that ``unit`` reads, including neighbors of a halo."""
    return [(source.stage, source.unit) for source in sources_of(stage_name, unit, job)]


def sources_of(stage_name: str, unit: Unit, job: ShotJob, waived: FrameRange = NO_FRAMES) -> list[Input]:
    """As `inputs_of`, with whether each is required: fewer are if the whole chunk is ``waived``."""
    return Wiring(job, waived).sources(stage_name, unit)


class Wiring:
    """What the units of a shot read, with the units of each stage worked out once."""

    def __init__(self, job: ShotJob, waived: FrameRange = NO_FRAMES) -> None:
        self.job = job
        self.waived = waived
        self._units: dict[str, list[Unit]] = {}

    def units(self, stage_name: str) -> list[Unit]:
        if stage_name not in self._units:
            self._units[stage_name] = units_of(stage_name, self.job)
        return self._units[stage_name]

    def sources(self, stage_name: str, unit: Unit) -> list[Input]:
        """As `sources_of`."""
        plain = is_waived(unit, self.waived)
        needs = needs_of(stage_name, unit, self.job)
        return [one for need in needs for one in _sources(need, unit, self.units(need.stage), plain)]


def is_waived(unit: Unit, waived: FrameRange) -> bool:
    """Whether every frame of the chunk is waived."""
    return unit.chunk is not None and bool(waived) and all(number in waived for number in unit.chunk.frames)


def needs_of(stage_name: str, unit: Unit, job: ShotJob) -> tuple[Need, ...]:
    """What a unit of the stage reads."""
    return stage(stage_name).reads(job, unit)


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


def _units_of_scope(scope: Scope, job: ShotJob) -> list[Unit]:
    if scope == "person":
        return [Unit.of_person(person) for person in job.shown]
    chunks = _chunks(job.shot.plate.frames, job.shot.chunk_size, job.shot.plate.first_frame)
    return [*(chunks if scope != "shot" else ()), *([Unit.of_shot()] if scope != "chunk" else ())]


def _sources(need: Need, unit: Unit, upstream: list[Unit], plain: bool) -> list[Input]:
    found = [Input(need.stage, one, required) for one, required in _read(need, unit, upstream)]
    if need.optional == "always" or (need.optional == "where waived" and plain):
        return [one._replace(required=False) for one in found]
    return found


def _read(need: Need, unit: Unit, upstream: list[Unit]) -> list[tuple[Unit, bool]]:
    """The units of ``upstream`` that are read, and whether each is required."""
    if need.of == "people":
        return [(one, True) for one in upstream]
    if need.of == "all":
        return [(one, one.kind != "chunk") for one in upstream]
    if need.of == "chunks":
        return [(one, True) for one in upstream if one.chunk]
    if unit.chunk is None:
        return [(one, True) for one in upstream if one == unit]
    if upstream and upstream[0].chunk:
        upstream = _near(upstream, unit.chunk, need.halo)
    return [(one, one == unit or one.kind == "shot") for one in upstream]


def _near(units: list[Unit], chunk: Chunk, halo: int) -> list[Unit]:
    """Of a stage's chunks, in order, those that ``chunk`` and its halo touch; found without looking at the others."""
    begin = bisect_left(units, chunk.first - halo, key=lambda one: one.chunk.last if one.chunk else 0)
    end = bisect_right(units, chunk.last + halo, key=lambda one: one.chunk.first if one.chunk else 0)
    return units[begin:end]


def _needed(name: str) -> set[str]:
    return {need.stage for need in stage(name).needs}


def _unplaced(waiting: Mapping[str, set[str]], order: Sequence[str]) -> MachineError:
    name, needed = next(iter(waiting.items()))
    absent = sorted(needed - {*order, *waiting})
    why = f"needs {absent[0]}, which no package provides" if absent else "and others need each other in a circle"
    return MachineError(f"Stage '{name}' {why}", hint="Fix or uninstall the package that provides it")


def _is_stage(loaded: object) -> TypeGuard[type[AnyStage]]:
    return isinstance(loaded, type) and issubclass(loaded, Stage)
