"""The graph of a shot's steps: what each reads, and which steps given frames, stages and a last stage select. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from fsvfx.errors import InputError, Where
from fsvfx.runner.dag import Input, Wiring, stages
from schemas.frames import FrameRange
from schemas.job import ShotJob
from schemas.receipts import Unit


class Step(NamedTuple):
    """One stage of one unit. Equal to the plain tuples that ``runner.inputs_of`` gives."""

    stage: str
    unit: Unit

    def __str__(self) -> str:
        return f"{self.stage} {self.unit.name}"


@dataclass(frozen=True)
class Graph:
    """Every step of a shot in DAG order, with the steps that it reads, and those of them that it requires."""

    reads: Mapping[Step, frozenset[Step]]
    required: Mapping[Step, frozenset[Step]]

    @classmethod
    def of(cls, job: ShotJob) -> Graph:
        """The graph of ``job``."""
        return cls.from_sources(all_sources(Wiring(job)))

    @classmethod
    def from_sources(cls, sources: Mapping[Step, Sequence[Input]]) -> Graph:
        """``sources``: of `all_sources`."""
        return cls(
            reads={step: frozenset(Step(one.stage, one.unit) for one in found) for step, found in sources.items()},
            required={
                step: frozenset(Step(one.stage, one.unit) for one in found if one.required)
                for step, found in sources.items()
            },
        )

    @cached_property
    def read_by(self) -> Mapping[Step, frozenset[Step]]:
        """The steps that read each step."""
        found: dict[Step, set[Step]] = {}
        for step, sources in self.reads.items():
            for source in sources:
                found.setdefault(source, set()).add(step)
        return {step: frozenset(readers) for step, readers in found.items()}

    def __iter__(self) -> Iterator[Step]:
        return iter(self.reads)

    def named(self, frames: FrameRange | None = None, stages: Sequence[str] = ()) -> set[Step]:
        """The steps of the chunks that ``frames`` touch, and of ``stages``; those of the shot and of people only where
        their stage is named."""
        return {
            step
            for step in self
            if (not stages or step.stage in stages)
            and (bool(stages) if step.unit.chunk is None else _touches(step, frames))
        }

    def wanted(
        self, frames: FrameRange | None = None, stages: Sequence[str] = (), until: str | None = None
    ) -> frozenset[Step]:
        """The steps of a run, up to the stage ``until``, with all that they need: all; the chunks of ``frames``; or
        those of ``stages`` (of ``frames``, if given), which are done again, with their dependents. Raises InputError
        for an unknown stage."""
        chosen = set(self)
        if stages:
            chosen = self.with_downstream(self.named(frames, stages))
        elif frames is not None:
            chosen = self.named(frames)
        if until is not None:
            chosen = {step for step in chosen if _place(step.stage) <= _place(stage_name(until))}
        return frozenset(self.with_upstream(chosen))

    def with_upstream(self, steps: Iterable[Step]) -> set[Step]:
        """``steps`` and everything that they read, directly or indirectly."""
        found: set[Step] = set()
        waiting = list(steps)
        while waiting:
            step = waiting.pop()
            if step not in found:
                found.add(step)
                waiting.extend(self.reads[step])
        return found

    def with_downstream(self, steps: Iterable[Step]) -> set[Step]:
        """``steps`` and everything that depends on them."""
        found = set(steps)
        for step, sources in self.reads.items():
            if sources & found:
                found.add(step)
        return found


def all_sources(wiring: Wiring) -> dict[Step, list[Input]]:
    """What every step of the shot reads, in DAG order."""
    steps = [Step(stage, unit) for stage in stages() for unit in wiring.units(stage)]
    steps.sort(key=lambda step: step.unit.kind != "person")  # people's steps read no others: they may go first
    return {step: wiring.sources(step.stage, step.unit) for step in steps}


def stage_name(name: str) -> str:
    """``name``, if it is a stage. Raises InputError."""
    if name not in stages():
        raise InputError(f"No stage named '{name}'", hint=f"Available: {', '.join(stages())}")
    return name


def jobs_with(jobs: Sequence[ShotJob], frames: FrameRange | None, stages: Sequence[str] = ()) -> list[ShotJob]:
    """The shots that contain some of ``frames``. Raises InputError if none does, or for an unknown stage."""
    for name in stages:
        stage_name(name)
    if frames is None:
        return list(jobs)
    found = [job for job in jobs if frames & job.shot.plate.frames]
    if not found:
        has = "; ".join(f"{job.shot.name} has {job.shot.plate.frames}" for job in jobs)
        raise InputError(f"No shot has any of the frames {frames}", hint=has, where=Where(field="--frames"))
    return found


def frames_of(units: Iterable[Unit]) -> FrameRange:
    """The frames of those units that are chunks."""
    return FrameRange(number for unit in units if unit.chunk for number in unit.chunk.frames)


def _place(stage: str) -> int:
    return stages().index(stage)


def _touches(step: Step, frames: FrameRange | None) -> bool:
    chunk = step.unit.chunk
    return frames is None or (chunk is not None and bool(frames & FrameRange.span(chunk.first, chunk.last)))
