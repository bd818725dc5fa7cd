"""How a run is shown while it goes on: a bar for each stage in a terminal, lines elsewhere, or calls of a function."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as ProgressBars

from fsvfx.runner import Plan, Step
from fsvfx.runner.drive import Observer, Silent

PLAIN_EVERY = 5.0
"""Seconds between plain lines."""


@dataclass(frozen=True)
class Progress:
    """Where a shot's run is; what a function that is given as ``progress`` gets."""

    shot: str
    done: int
    total: int
    """Steps; each is one stage of a chunk, of the shot or of a person."""
    step: str = ""
    """The one that has just ended, such as ``swap 1001-1024``; empty when the shot begins."""
    error: Exception | None = None
    """Why it failed."""


def observer_of(progress: Callable[[Progress], object] | bool) -> Observer:
    """True: bars or lines on standard error. False: nothing is shown."""
    if callable(progress):
        return Calls(progress)
    if not progress:
        return Silent()
    out = Console(stderr=True, highlight=False)
    return Bars(bars(out)) if out.is_terminal else Lines(out)


def bars(out: Console) -> ProgressBars:
    """The columns of ``Bars``."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return ProgressBars(*columns, console=out)


class Calls(Silent):
    """Calls a function at the beginning and whenever a step has ended."""

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
    """A progress bar for each stage."""

    def __init__(self, progress: ProgressBars) -> None:
        self.progress = progress
        self.bars: dict[str, TaskID] = {}

    def begins(self, plan: Plan) -> None:
        self.progress.start()
        self.progress.console.print(f"shot {plan.job.shot.name}", markup=False)
        self.clear()
        self.bars = {
            stage: self.progress.add_task(stage, completed=done, total=total)
            for stage, (done, total) in plan.counts().items()
        }

    def settled(self, step: Step, error: Exception | None) -> None:
        if error is None:
            self.progress.advance(self.bars[step.stage])
        else:
            self.progress.console.print(f"[red]{escape(str(step))}[/]: {escape(str(error))}", markup=True)

    def ends(self) -> None:
        self.progress.stop()

    def clear(self) -> None:
        """Remove the bars."""
        for bar in self.bars.values():
            self.progress.remove_task(bar)
        self.bars = {}


class Lines(Silent):
    """Plain lines, not too many."""

    def __init__(self, out: Console) -> None:
        self.out = out
        self.counts: dict[str, list[int]] = {}
        self.last = 0.0

    def begins(self, plan: Plan) -> None:
        self.counts = {stage: [done, total] for stage, (done, total) in plan.counts().items()}
        self._print(f"shot {plan.job.shot.name}: {self._said()}")

    def settled(self, step: Step, error: Exception | None) -> None:
        if error is not None:
            self.out.print(f"{step} failed: {error}", markup=False)
            return
        self.counts[step.stage][0] += 1
        finished = all(done == total for done, total in self.counts.values())
        if time.monotonic() - self.last > PLAIN_EVERY or finished:
            self._print(self._said())

    def _print(self, text: str) -> None:
        self.out.print(text, markup=False, soft_wrap=True)
        self.last = time.monotonic()

    def _said(self) -> str:
        return ", ".join(f"{stage} {done}/{total}" for stage, (done, total) in self.counts.items())
