"""Where a shot stands, as the ledger says: what is wanted, what is done, and how to go on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from flows.schedule import Graph
from fsvfx import commands, runner
from fsvfx.errors import InputError, Where
from fsvfx.runner import Plan
from fsvfx.runner.dag import stages as stage_names
from fsvfx.runner.plan import Entry
from fsvfx.store.address import UNKEYED
from schemas.frames import FrameRange
from schemas.job import ShotJob
from schemas.outcome import Outcome
from schemas.receipts import ChunkState, Failure, Receipt, Unit
from tasks.step import Step


@dataclass(frozen=True)
class Standing:
    """A shot's plan. ``wanted``: what this run is about, with all that it needs."""

    job: ShotJob
    graph: Graph
    plan: Plan
    wanted: frozenset[Step]

    @classmethod
    def of(
        cls, job: ShotJob, frames: FrameRange | None = None, stages: Sequence[str] = (), until: str | None = None
    ) -> Standing:
        """Ask the ledger. ``frames``, ``stages``, ``until`` limit what is wanted. Raises StoreError, InputError."""
        found = runner.plan(job)
        graph = Graph.of(job, found.waived)
        return cls(job, graph, found, wanted(job, graph, frames, stages, until))

    def again(self) -> Standing:
        """The same question, asked now."""
        return replace(self, plan=runner.plan(self.job))

    @cached_property
    def entries(self) -> dict[Step, Entry]:
        return {Step(entry.stage, entry.unit): entry for entry in self.plan.entries}

    @cached_property
    def todo(self) -> list[Step]:
        """What is wanted and not there for good, in DAG order."""
        return [step for step in self.graph if step in self.wanted and _is_open(self.entries[step])]

    @cached_property
    def left(self) -> list[Step]:
        """What is wanted and neither done nor waived."""
        return [step for step in self.graph if step in self.wanted and not self.entries[step].is_settled]

    @property
    def receipts(self) -> dict[Step, Receipt]:
        """Of what is done for good."""
        return {step: entry.receipt for step, entry in self.entries.items() if entry.receipt and not _is_open(entry)}

    @property
    def failures(self) -> list[Failure]:
        """The causes, in DAG order; what only waits for those is not among them."""
        failed = [step for step in self.left if self.entries[step].state is ChunkState.FAILED]
        return [_failure(self.job, self.entries[step]) for step in failed]

    def counts(self) -> dict[str, tuple[int, int]]:
        """Of each stage: how many steps are done, and how many are wanted."""
        todo = Counter(step.stage for step in self.todo)
        every = Counter(step.stage for step in self.wanted)
        return {name: (every[name] - todo[name], every[name]) for name in stage_names() if name in every}

    def rows(self) -> list[dict[str, Any]]:
        """The chunk x stage table: one row per unit; a state, or seconds and worker where it is done."""
        units = dict.fromkeys(step.unit for step in self.graph)
        names = list(dict.fromkeys(step.stage for step in self.graph))
        return [{"unit": unit.name, **{name: self._cell(name, unit) for name in names}} for unit in units]

    def _cell(self, stage: str, unit: Unit) -> str:
        entry = self.entries.get(Step(stage, unit))
        if entry is None:
            return ""
        return f"done {entry.receipt.seconds:.1f} s" if entry.receipt else entry.state.value

    @property
    def notes(self) -> list[str]:
        """What a person should know of the ledger."""
        what = "can't be read and counts as none; a run does its work again"
        return [
            f"{self.job.store}/{self.job.production}/{self.job.shot.name}/{each} {what}" for each in self.plan.damaged
        ]

    @property
    def _command(self) -> str:
        """Runs what is left; where stored data is damaged, makes that anew, too."""
        failures = self.failures
        redo = [stage for stage in stage_names() if stage in {each.redo for each in failures}]
        if not redo:
            return commands.retry(self.job, frames=self._frames_to_retry())
        broken = FrameRange(number for each in failures if each.redo for number in each.frames or ())
        tried = (broken, broken | (self._frames_to_retry() or broken))
        enough = (each for each in tried if each and self._covers_left(each, redo))
        return commands.retry(self.job, frames=next(enough, None), stages=redo)

    def _covers_left(self, frames: FrameRange, redo: Sequence[str] = ()) -> bool:
        return wanted(self.job, self.graph, frames, redo).issuperset(self.left)

    def outcome(self, seconds: float = 0.0) -> Outcome:
        """How it stands now."""
        command = self._command if self.left else ""
        units = list(dict.fromkeys(step.unit for step in self.left))
        return Outcome(
            production=self.job.production,
            shot=self.job.shot.name,
            state="partial" if self.left else "done",
            total=len(self.wanted),
            done=len(self.wanted) - len(self.left),
            failures=tuple(_with_command(command, each) for each in self.failures),
            unfinished=tuple(unit.name for unit in units),
            frames=_frames(units) or None,
            command=command,
            deliverables=() if self.left else tuple(each.path for each in self.job.deliver),
            seconds=round(seconds, 2),
        )

    def _frames_to_retry(self) -> FrameRange | None:
        """The frames of the failed chunks, if running those and what hangs on them leaves nothing undone."""
        failed = {step.unit for step in self.left if self.entries[step].state is ChunkState.FAILED}
        frames = _frames(failed)
        if not frames or not all(unit.chunk for unit in failed):
            return None
        return frames if self._covers_left(frames) else None


def _with_command(command: str, failure: Failure) -> Failure:
    """With one command told, not two."""
    return failure.model_copy(update={"hint": f"Make it again: {command}"}) if failure.redo else failure


def refused(job: ShotJob, error: InputError) -> Outcome:
    """Of a shot whose input is so wrong that not even its standing can be told: the other shots go on."""
    failure = Failure(
        shot=job.shot.name,
        stage=error.where.stage or "ingest",
        unit=Unit.of_shot(),
        key=UNKEYED,
        attempt="plan",
        transient=False,
        error=type(error).__name__,
        message=error.what,
        hint=error.hint,
        frames=error.where.frames,
        at=datetime.now(UTC),
        worker="plan",
    )
    return Outcome(
        production=job.production,
        shot=job.shot.name,
        state="partial",
        total=0,
        done=0,
        failures=(failure,),
        unfinished=("shot",),
        command=commands.retry(job),
    )


def wanted(
    job: ShotJob,
    graph: Graph,
    frames: FrameRange | None = None,
    stages: Sequence[str] = (),
    until: str | None = None,
) -> frozenset[Step]:
    """What a run is about: all, or the steps that are named and what hangs on them, up to the stage ``until``."""
    chosen = set(graph)
    if frames is not None or stages:
        chosen = graph.with_downstream(_named(graph, frames, stages))
    if until is not None:
        last = stage_names().index(stage_name(until))
        chosen = {step for step in chosen if stage_names().index(step.stage) <= last}
    return frozenset(graph.with_upstream(chosen))


def concerned(jobs: Sequence[ShotJob], frames: FrameRange | None, stages: Sequence[str] = ()) -> list[ShotJob]:
    """The shots that have some of ``frames``. Raises InputError if none has, or for a stage that there is not."""
    for name in stages:
        stage_name(name)
    if frames is None:
        return list(jobs)
    found = [job for job in jobs if frames & job.shot.plate.frames]
    if not found:
        has = "; ".join(f"{job.shot.name} has {job.shot.plate.frames}" for job in jobs)
        raise InputError(f"No shot here has any of the frames {frames}", hint=f"{has}", where=Where(field="--frames"))
    return found


def _named(graph: Graph, frames: FrameRange | None, stages: Sequence[str]) -> set[Step]:
    return {
        step
        for step in graph
        if (not stages or step.stage in stages)
        and (bool(stages) if step.unit.chunk is None else _touches(step, frames))
    }


def _touches(step: Step, frames: FrameRange | None) -> bool:
    chunk = step.unit.chunk
    return frames is None or (chunk is not None and any(number in frames for number in chunk.frames))


def _frames(units: Iterable[Unit]) -> FrameRange:
    return FrameRange(number for unit in units if unit.chunk for number in unit.chunk.frames)


def _is_open(entry: Entry) -> bool:
    return not entry.is_settled or entry.may_change


def _failure(job: ShotJob, entry: Entry) -> Failure:
    """The last recorded one; or one from the plan's own reading, where nothing has run yet."""
    return entry.failure or Failure(
        shot=job.shot.name,
        stage=entry.stage,
        unit=entry.unit,
        key=entry.key or UNKEYED,
        attempt="plan",
        transient=False,
        error="PlateError",
        message=entry.reason,
        hint="Fix it and run the command below",
        frames=_frames([entry.unit]) or None,
        at=datetime.now(UTC),
        worker="plan",
    )


def stage_name(name: str) -> str:
    """``name`` if there is such a stage; InputError, with those that there are, if not."""
    if name not in stage_names():
        raise InputError(f"There is no stage '{name}'", hint=f"One of: {', '.join(stage_names())}")
    return name
