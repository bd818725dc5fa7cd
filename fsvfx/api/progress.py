"""Shows a running run: one live line in a terminal, plain lines elsewhere, or calls of a function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as ProgressBars

from fsvfx.api.pace import Pace
from fsvfx.runner import Plan, Step
from fsvfx.runner.drive import Observer, Silent

PLAIN_EVERY, PLAIN_GROWTH = 5.0, 1.2
"""Minimum seconds between plain lines; later, the next is due when the elapsed time has grown by this factor."""


@dataclass(frozen=True)
class Progress:
    """The state of a shot's run; passed to a function given as ``progress``."""

    shot: str
    done: int
    total: int
    """Steps; each is one stage of a chunk, of the shot or of a person."""
    step: str = ""
    """The one that has just ended, such as ``swap 1001-1024``; empty when the shot begins."""
    error: Exception | None = None
    """Why it failed."""


def observer_of(progress: Callable[[Progress], object] | bool) -> Observer:
    """True: a live line, or plain lines, on standard error. False: nothing."""
    if callable(progress):
        return Calls(progress)
    if not progress:
        return Silent()
    out = Console(stderr=True, highlight=False, emoji=False)
    return Bars(bars(out)) if out.is_terminal else Lines(out)


def bars(out: Console) -> ProgressBars:
    """The columns of ``Bars``."""
    name, words = (TextColumn(text, markup=False) for text in ("{task.description}", "{task.fields[words]}"))
    return ProgressBars(name, BarColumn(), words, TimeElapsedColumn(), console=out)


class Calls(Silent):
    """Calls a function at the beginning and after each step."""

    def __init__(self, function: Callable[[Progress], object]) -> None:
        self._call = function
        self._shot, self._done, self._total = "", 0, 0

    def begins(self, plan: Plan) -> None:
        self._shot, self._total = plan.job.shot.name, len(plan.wanted)
        self._done = self._total - len(plan.todo)
        self._call(Progress(self._shot, self._done, self._total))

    def settled(self, step: Step, error: Exception | None) -> None:
        self._done += error is None
        self._call(Progress(self._shot, self._done, self._total, str(step), error))


class Bars(Silent):
    """One live line: a bar, chunks and steps done, frames a second, time left."""

    def __init__(self, progress: ProgressBars) -> None:
        self.progress = progress
        self.bar: TaskID | None = None
        self.pace: Pace | None = None

    def begins(self, plan: Plan) -> None:
        self.progress.start()
        self.pace = Pace(plan)
        self.show(self.pace.shot, *self.pace.steps, str(self.pace))

    def settled(self, step: Step, error: Exception | None) -> None:
        assert self.pace is not None
        self.pace.settled(step, error)
        self.show(self.pace.shot, *self.pace.steps, str(self.pace))
        if error is not None:
            self.progress.console.print(f"[red]{escape(str(step))}[/]: {escape(str(error))}", markup=True)

    def ends(self) -> None:
        self.progress.stop()
        self.clear()

    def show(self, name: str, done: float, total: float, words: str = "") -> None:
        """Update the line."""
        if self.bar is None:
            self.bar = self.progress.add_task(name, words=words)
        self.progress.update(self.bar, description=name, completed=done, total=total, words=words)

    def clear(self) -> None:
        """Remove the line."""
        if self.bar is not None:
            self.progress.remove_task(self.bar)
            self.bar = None


class Lines(Silent):
    """Plain lines, at growing intervals."""

    def __init__(self, out: Console) -> None:
        self.out = out
        self.pace: Pace | None = None
        self.due = 0.0

    def begins(self, plan: Plan) -> None:
        self.pace = Pace(plan)
        self._print(self.pace)

    def settled(self, step: Step, error: Exception | None) -> None:
        assert self.pace is not None
        self.pace.settled(step, error)
        if error is not None:
            self.out.print(f"{step} failed: {error}", markup=False, soft_wrap=True)
        elif self.pace.spent > self.due or self.pace.is_over:
            self._print(self.pace)

    def _print(self, pace: Pace) -> None:
        self.out.print(f"{pace.shot}: {pace}", markup=False, soft_wrap=True)
        self.due = max(pace.spent + PLAIN_EVERY, pace.spent * PLAIN_GROWTH)
