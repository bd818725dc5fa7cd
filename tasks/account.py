"""The state of a run for Prefect's UI, built up event by event. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from logging import ERROR, INFO
from typing import Any, Literal

from PIL import Image

from fsvfx.runner import Plan, Step
from fsvfx.runner.drive import Silent
from schemas.outcome import Outcome

State = Literal["PENDING", "RUNNING", "COMPLETED", "FAILED", "CANCELLED"]
"""Prefect's names."""


@dataclass(frozen=True)
class Told:
    """A state with its message."""

    state: State
    message: str = ""


@dataclass(frozen=True)
class Line:
    """A line of the flow run's log. ``level``: as in Python's logging."""

    when: datetime
    level: int
    text: str


@dataclass(frozen=True)
class Shown:
    """An artifact. ``stamp`` changes when its content does; ``make`` returns the content, None if there is none."""

    kind: str
    """The last part of its key."""
    form: Literal["progress", "table", "markdown", "image"]
    description: str
    stamp: object
    make: Callable[[], Any]


@dataclass
class Account:
    """For any run: its tasks, its log, its outcome."""

    name: str
    total: int = 1
    done: float = 0
    tasks: dict[str, Told] = field(default_factory=dict)
    """By label, such as ``align..deliver 1001-1024``, in the order in which they began."""
    log: list[Line] = field(default_factory=list)
    end: Told | None = None
    summary: str = ""
    """Markdown."""
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The chunk x stage table by unit: a column per stage."""
    pictures: dict[str, Shown] = field(default_factory=dict)
    _begun: dict[str, datetime] = field(default_factory=dict)

    def shown(self) -> Iterator[Shown]:
        """The current state of every artifact."""
        share = round(100.0 * self.done / max(1, self.total), 1)
        yield Shown("progress", "progress", f"How much of {self.name} is done", share, lambda: share)
        if self.rows:
            table = json.dumps(list(self.rows.values()))
            yield Shown("chunks", "table", f"Stages of {self.name}", table, lambda: table)
        yield from self.pictures.values()
        if self.summary:
            yield Shown("summary", "markdown", f"How {self.name} ended", self.summary, lambda: self.summary)

    def begin(self, label: str) -> None:
        self._begun[label] = datetime.now(UTC)
        self.tasks[label] = Told("RUNNING")

    def settle(self, label: str, error: Exception | None) -> None:
        begun = self._begun.pop(label, datetime.now(UTC))
        took = f"{(datetime.now(UTC) - begun).total_seconds():.1f} s from {begun:%H:%M:%S} UTC"
        self.tasks[label] = Told("FAILED", _said(error)) if error else Told("COMPLETED", took)

    def note(self, text: str, level: int = INFO) -> None:
        self.log.append(Line(datetime.now(UTC), level, text))

    def show(self, kind: str, description: str, stamp: object, make: Callable[[], Image.Image | None]) -> None:
        """A picture, made when it is sent."""
        self.pictures[kind] = Shown(kind, "image", description, stamp, make)

    def stop(self) -> None:
        """Mark all running tasks as stopped."""
        for label, told in self.tasks.items():
            if told.state == "RUNNING":
                self.tasks[label] = Told("CANCELLED", "The run was stopped")

    def break_off(self, error: BaseException) -> None:
        """It ended without an outcome."""
        stopped = isinstance(error, KeyboardInterrupt)
        why = "Stopped" if stopped else _said(error)
        self.stop()
        self.note(why, ERROR)
        self.summary = f"# {self.name}: {why}\n\nFinished work is kept; run the same command again to continue."
        self.end = Told("CANCELLED" if stopped else "FAILED", why)


@dataclass
class ShotAccount(Account, Silent):
    """For one shot: an observer of its drive."""

    _steps: dict[str, tuple[Step, ...]] = field(default_factory=dict)

    def begins(self, plan: Plan) -> None:
        self.rows = _by_unit(plan)
        self.total = len(plan.wanted)
        self.done = self.total - len(plan.todo)

    def began(self, label: str, steps: Sequence[Step]) -> None:
        self.begin(label)
        self._steps[label] = tuple(steps)
        for step in steps:
            self._mark(step, "running")

    def settled(self, step: Step, error: Exception | None) -> None:
        self.done += error is None
        self._mark(step, "done" if error is None else "failed")
        if error is not None:
            self.note(f"{step}: {_said(error)}", ERROR)

    def ended(self, label: str, error: Exception | None) -> None:
        for step in self._steps.pop(label, ()):
            if self.rows[step.unit.name][step.stage] == "running":
                self._mark(step, "missing")
        self.settle(label, error)

    def ends(self) -> None:
        self.stop()

    def finish(self, after: Plan, outcome: Outcome, sheet: Callable[[], Image.Image | None]) -> None:
        """The outcome, by the ledger."""
        self.rows, self.total, self.done = _by_unit(after), outcome.total, outcome.done
        self.show("sheet", f"Contact sheet of {self.name}", "final", sheet)
        self.summary = summary(outcome)
        said = f"{outcome.done} of {outcome.total} steps are done"
        failed = outcome.state == "partial"
        self.end = Told("FAILED", f"{said}; run {outcome.command}") if failed else Told("COMPLETED", said)

    def _mark(self, step: Step, state: str) -> None:
        self.rows.setdefault(step.unit.name, {"unit": step.unit.name})[step.stage] = state


def _by_unit(plan: Plan) -> dict[str, dict[str, Any]]:
    return {row["unit"]: row for row in plan.rows()}


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


def summary(outcome: Outcome) -> str:
    """The outcome, and the exact command that continues, as Markdown."""
    lines = [
        f"# {outcome.shot}: {outcome.state}",
        f"{outcome.done} of {outcome.total} steps are done; this run took {outcome.seconds:.0f} s.",
    ]
    if outcome.command:
        lines += [
            f"Not finished: {', '.join(outcome.unfinished)}",
            "To run only what is missing:",
            f"```\n{outcome.command}\n```",
        ]
    for failure in outcome.failures:
        frames = f" (frames {failure.frames})" if failure.frames else ""
        lines.append(f"- **{failure.stage} {failure.unit.name}**{frames}: {failure.message}. {failure.hint}")
    if outcome.deliverables:
        lines += ["Delivered:", *(f"- `{path}`" for path in outcome.deliverables)]
    return "\n\n".join(lines)
