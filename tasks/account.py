"""What is to be seen of a shot's run in Prefect's UI, as far as it is known: grown event by event. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from fsvfx.runner import Plan, Step
from fsvfx.runner.drive import Silent
from schemas.outcome import Outcome

State = Literal["PENDING", "RUNNING", "COMPLETED", "FAILED", "CANCELLED"]
"""As Prefect calls them."""
FINAL = frozenset({"COMPLETED", "FAILED", "CANCELLED"})


@dataclass(frozen=True)
class Told:
    """A state and the words with it."""

    state: State
    message: str = ""


@dataclass(frozen=True)
class Line:
    """A line of the flow run's log."""

    when: datetime
    level: int
    text: str


@dataclass
class Account(Silent):
    """Of one shot. An observer of its drive; ``ended`` tasks that are tried again run once more."""

    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The chunk x stage table by unit: a column per stage."""
    total: int = 1
    done: int = 0
    tasks: dict[str, Told] = field(default_factory=dict)
    """By label, such as ``align..deliver 1001-1024``, in the order in which they began."""
    log: list[Line] = field(default_factory=list)
    end: Told | None = None
    summary: str = ""
    """Markdown."""
    _begun: dict[str, tuple[datetime, tuple[Step, ...]]] = field(default_factory=dict)

    @property
    def share(self) -> float:
        """Per cent of the steps that are done."""
        return round(100.0 * self.done / max(1, self.total), 1)

    def begins(self, plan: Plan) -> None:
        self.rows = _by_unit(plan)
        self.total = len(plan.wanted)
        self.done = self.total - len(plan.todo)

    def began(self, label: str, steps: Sequence[Step]) -> None:
        self._begun[label] = (datetime.now(UTC), tuple(steps))
        self.tasks[label] = Told("RUNNING")
        for step in steps:
            self._mark(step, "running")

    def settled(self, step: Step, error: Exception | None) -> None:
        self.done += error is None
        self._mark(step, "done" if error is None else "failed")
        if error is not None:
            self.log.append(Line(datetime.now(UTC), 40, f"{step}: {type(error).__name__}: {error}"))

    def ended(self, label: str, error: Exception | None) -> None:
        begun, steps = self._begun.pop(label, (datetime.now(UTC), ()))
        for step in steps:
            if self.rows[step.unit.name][step.stage] == "running":
                self._mark(step, "missing")
        took = f"{(datetime.now(UTC) - begun).total_seconds():.1f} s from {begun:%H:%M:%S} UTC"
        self.tasks[label] = Told("FAILED", f"{type(error).__name__}: {error}") if error else Told("COMPLETED", took)

    def ends(self) -> None:
        for label, told in self.tasks.items():
            if told.state == "RUNNING":
                self.tasks[label] = Told("CANCELLED", "The run was stopped")

    def finish(self, after: Plan, outcome: Outcome) -> None:
        """How it ended, by the ledger."""
        self.rows, self.total, self.done = _by_unit(after), outcome.total, outcome.done
        self.summary = summary(outcome)
        said = f"{outcome.done} of {outcome.total} steps are done"
        failed = outcome.state == "partial"
        self.end = Told("FAILED", f"{said}; run {outcome.command}") if failed else Told("COMPLETED", said)

    def break_off(self, why: str, state: State) -> None:
        """It ended without an outcome."""
        self.ends()
        self.log.append(Line(datetime.now(UTC), 40, why))
        self.summary = f"# {why}\n\nFinished work is kept; run the same command again to continue."
        self.end = Told(state, why)

    def _mark(self, step: Step, state: str) -> None:
        self.rows.setdefault(step.unit.name, {"unit": step.unit.name})[step.stage] = state


def _by_unit(plan: Plan) -> dict[str, dict[str, Any]]:
    return {row["unit"]: row for row in plan.rows()}


def summary(outcome: Outcome) -> str:
    """How it ended, and the exact command that goes on, as Markdown."""
    lines = [
        f"# {outcome.shot}: {outcome.state}",
        f"{outcome.done} of {outcome.total} steps are done; this run took {outcome.seconds:.0f} s.",
    ]
    if outcome.command:
        lines += [
            f"Not finished: {', '.join(outcome.unfinished)}",
            "Run again just what is missing:",
            f"```\n{outcome.command}\n```",
        ]
    for failure in outcome.failures:
        frames = f" (frames {failure.frames})" if failure.frames else ""
        lines.append(f"- **{failure.stage} {failure.unit.name}**{frames}: {failure.message}. {failure.hint}")
    if outcome.deliverables:
        lines += ["Delivered:", *(f"- `{path}`" for path in outcome.deliverables)]
    return "\n\n".join(lines)
