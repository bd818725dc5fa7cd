"""A plan: the state of every step of a shot by the ledger, what a run would do and cost, and how to continue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from fsvfx import commands
from fsvfx.delivery import kinds
from fsvfx.runner.causes import unplanned
from fsvfx.runner.dag import stages as stage_names
from fsvfx.runner.graph import Graph, Step, frames_of
from schemas.frames import FrameRange
from schemas.job import ShotJob
from schemas.outcome import Outcome
from schemas.receipts import ChunkState, Failure, Receipt, Unit

SETTLED = frozenset({ChunkState.DONE, ChunkState.WAIVED})


@dataclass(frozen=True)
class Entry:
    """One step: a stage of a unit."""

    stage: str
    unit: Unit
    state: ChunkState
    key: str | None = None
    """None: unknown until its inputs have run."""
    receipt: Receipt | None = None
    failure: Failure | None = None
    reason: str = ""
    """Why it is not done, in words."""
    may_change: bool = False
    """Done without failed inputs, or depends on such a step; runs again if what failed upstream succeeds later."""
    is_blocked: bool = False
    """Missing because a required input has failed."""

    @property
    def step(self) -> Step:
        return Step(self.stage, self.unit)

    @property
    def is_settled(self) -> bool:
        """Done or waived; perhaps not for good, see ``may_change``."""
        return self.state in SETTLED

    @property
    def is_open(self) -> bool:
        """Whether a run has to check it. If it may change but does not, that costs one ledger lookup."""
        return not self.is_settled or self.may_change

    def __str__(self) -> str:
        return f"{self.stage} {self.unit.name}"


@dataclass(frozen=True)
class Estimate:
    """What the remaining entries would cost, estimated from similar ones in the past."""

    seconds: dict[str, float] = field(default_factory=dict)
    """Per stage, of one worker's time; stages that never ran are left out."""
    bytes: dict[str, int] = field(default_factory=dict)
    """Per stage, in the store."""
    unknown: tuple[str, ...] = ()
    """Stages without a receipt to estimate from."""

    @property
    def total_seconds(self) -> float:
        return sum(self.seconds.values())

    @property
    def total_bytes(self) -> int:
        return sum(self.bytes.values())


@dataclass(frozen=True)
class Plan:
    """All steps of a shot, in the order of the DAG, and which of them are wanted."""

    job: ShotJob
    graph: Graph
    steps: dict[Step, Entry]
    wanted: frozenset[Step]
    """The steps that a run wants, with everything that they need."""
    waived: FrameRange
    estimate: Estimate
    damaged: tuple[str, ...] = ()
    """Ledger records that can't be read: each counts as missing, and its work is done again."""

    @property
    def entries(self) -> tuple[Entry, ...]:
        return tuple(self.steps.values())

    @cached_property
    def todo(self) -> tuple[Step, ...]:
        """Wanted, and not settled for good."""
        return tuple(step for step in self.graph if step in self.wanted and self.steps[step].is_open)

    @cached_property
    def left(self) -> tuple[Step, ...]:
        """Wanted, and neither done nor waived."""
        return tuple(step for step in self.graph if step in self.wanted and not self.steps[step].is_settled)

    @property
    def failed(self) -> tuple[Entry, ...]:
        """The failed steps, without those that only wait for them."""
        return tuple(self.steps[step] for step in self.left if self.steps[step].state is ChunkState.FAILED)

    @property
    def is_complete(self) -> bool:
        """Whether everything wanted is done or waived."""
        return not self.left

    @property
    def receipts(self) -> dict[Step, Receipt]:
        """Receipts of everything that is done."""
        return {step: entry.receipt for step, entry in self.steps.items() if entry.receipt}

    @property
    def final(self) -> dict[Step, Receipt]:
        """Receipts of what is finally done."""
        return {step: receipt for step, receipt in self.receipts.items() if not self.steps[step].is_open}

    def entry(self, stage: str, unit: str) -> Entry:
        """The entry of that stage and unit, by name. KeyError if there is none."""
        return {(one.stage, one.unit.name): one for one in self.entries}[stage, unit]

    @property
    def failures(self) -> list[Failure]:
        """For each failed step the last recorded failure, or the plan's own finding if nothing has run yet."""
        return [one.failure or unplanned(self.job, one.stage, one.unit, one.key, one.reason) for one in self.failed]

    def counts(self) -> dict[str, tuple[int, int]]:
        """For each stage: how many steps are done, and how many are wanted."""
        todo = Counter(step.stage for step in self.todo)
        every = Counter(step.stage for step in self.wanted)
        return {name: (every[name] - todo[name], every[name]) for name in stage_names() if name in every}

    def rows(self) -> list[dict[str, Any]]:
        """The chunk x stage table: one row per unit; a state, or seconds if it is done."""
        units = dict.fromkeys(step.unit for step in self.graph)
        names = list(dict.fromkeys(step.stage for step in self.graph))
        return [{"unit": unit.name, **{name: self._cell(name, unit) for name in names}} for unit in units]

    def _cell(self, stage: str, unit: Unit) -> str:
        entry = self.steps.get(Step(stage, unit))
        if entry is None:
            return ""
        return f"done {entry.receipt.seconds:.1f} s" if entry.receipt else entry.state.value

    @property
    def notes(self) -> list[str]:
        """Remarks about the ledger for people."""
        what = "can't be read and is ignored; the next run does its work again"
        folder = f"{self.job.store}/{self.job.production}/{self.job.shot.name}"
        return [f"{folder}/{each} {what}" for each in self.damaged]

    def outcome(self, seconds: float = 0.0) -> Outcome:
        """The current state. ``seconds``: duration of the run."""
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
            frames=frames_of(units) or None,
            command=command,
            deliverables=() if self.left else self._delivered,
            seconds=round(seconds, 2),
        )

    @property
    def _delivered(self) -> tuple[str, ...]:
        """The paths of what the wanted steps deliver, in the manifest's order."""
        units = [step.unit for step in self.wanted if step.stage == "deliver"]
        written = {one.path for unit in units for one in kinds.asked(self.job, unit)}
        return tuple(each.path for each in self.job.deliver if each.path in written)

    @property
    def _command(self) -> str:
        """The command that runs what is left, and recreates damaged stored data."""
        failures = self.failures
        redo = [stage for stage in stage_names() if stage in {each.redo for each in failures}]
        if not redo:
            return commands.retry(self.job, frames=self._frames_to_retry())
        broken = FrameRange(number for each in failures if each.redo for number in each.frames or ())
        tried = (broken, broken | (self._frames_to_retry() or broken))
        enough = (each for each in tried if each and self._covers_left(each, redo))
        return commands.retry(self.job, frames=next(enough, None), stages=redo)

    def _frames_to_retry(self) -> FrameRange | None:
        """The frames of the failed chunks, if running those leaves nothing undone."""
        failed = {one.unit for one in self.failed}
        frames = frames_of(failed)
        if not frames or not all(unit.chunk for unit in failed):
            return None
        return frames if self._covers_left(frames) else None

    def _covers_left(self, frames: FrameRange, redo: Sequence[str] = ()) -> bool:
        """Also what is done, if it may change by what is left."""
        left = {one.step for one in self.entries if one.step in self.wanted and one.is_open}
        return self.graph.wanted(frames, redo).issuperset(left)


def _with_command(command: str, failure: Failure) -> Failure:
    """With one command for all, not one each."""
    return failure.model_copy(update={"hint": f"Do it again: {command}"}) if failure.redo else failure
