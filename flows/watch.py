"""Whoever watches a run: a progress bar for each stage in a terminal, plain lines elsewhere, or nobody."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as ProgressBars

from fsvfx.training.events import Message, Progress

TRAINING, WHOLE = "training", 100
PLAIN_EVERY = 5.0
"""Seconds between plain lines."""
TRAINING_EVERY = 15.0
"""Seconds between a training's lines of losses and speed."""


class Watcher(Protocol):
    """Message by a flow in this process how it goes on."""

    def begins(self, shot: str, stages: Mapping[str, tuple[int, int]]) -> None:
        """A shot begins: how many steps of each stage are done already, and how many there are."""

    def settled(self, stage: str, label: str, error: str | None) -> None:
        """A step is done, or has failed."""

    def trains(self, told: Message) -> None:
        """A training tells something."""


class Nobody:
    """Watches nothing."""

    def begins(self, shot: str, stages: Mapping[str, tuple[int, int]]) -> None:
        pass

    def settled(self, stage: str, label: str, error: str | None) -> None:
        pass

    def trains(self, told: Message) -> None:
        pass


WATCHER: ContextVar[Watcher] = ContextVar("watcher", default=Nobody())  # noqa: B039


@contextmanager
def watching(out: Console, wanted: bool = True) -> Iterator[None]:
    """Show on ``out`` what the flows that are called inside do."""
    if not wanted:
        yield
        return
    if not out.is_terminal:
        token = WATCHER.set(Lines(out))
        try:
            yield
        finally:
            WATCHER.reset(token)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with ProgressBars(*columns, console=out) as progress:
        token = WATCHER.set(Bars(progress))
        try:
            yield
        finally:
            WATCHER.reset(token)


class Bars:
    """A progress bar for each stage."""

    def __init__(self, progress: ProgressBars) -> None:
        self.progress = progress
        self.bars: dict[str, TaskID] = {}
        self.trained = -TRAINING_EVERY

    def begins(self, shot: str, stages: Mapping[str, tuple[int, int]]) -> None:
        self.progress.console.print(f"shot {shot}")
        for bar in self.bars.values():
            self.progress.remove_task(bar)
        self.bars = {
            stage: self.progress.add_task(stage, completed=done, total=total) for stage, (done, total) in stages.items()
        }

    def settled(self, stage: str, label: str, error: str | None) -> None:
        if error is None:
            self.progress.advance(self.bars[stage])
        else:
            self.progress.console.print(f"[red]{escape(label)}[/]: {escape(error)}", markup=True)

    def trains(self, told: Message) -> None:
        if isinstance(told, Progress):
            self._begin_training()
            self.progress.update(self.bars[TRAINING], completed=round(WHOLE * told.share))
            if time.monotonic() - self.trained < TRAINING_EVERY:
                return
            self.trained = time.monotonic()
        self.progress.console.print(str(told))

    def _begin_training(self) -> None:
        if TRAINING not in self.bars:
            for bar in self.bars.values():
                self.progress.remove_task(bar)
            self.bars = {TRAINING: self.progress.add_task(TRAINING, total=WHOLE)}


class Lines:
    """Plain lines, not too many."""

    def __init__(self, out: Console) -> None:
        self.out = out
        self.counts: dict[str, list[int]] = {}
        self.last = 0.0
        self.trained = -TRAINING_EVERY

    def begins(self, shot: str, stages: Mapping[str, tuple[int, int]]) -> None:
        self.counts = {stage: [done, total] for stage, (done, total) in stages.items()}
        self.out.print(f"shot {shot}: {self._said()}")
        self.last = time.monotonic()

    def settled(self, stage: str, label: str, error: str | None) -> None:
        if error is not None:
            self.out.print(f"{label} failed: {error}")
            return
        self.counts[stage][0] += 1
        if time.monotonic() - self.last > PLAIN_EVERY or self._finished():
            self.out.print(self._said())
            self.last = time.monotonic()

    def trains(self, told: Message) -> None:
        if isinstance(told, Progress):
            if time.monotonic() - self.trained < TRAINING_EVERY:
                return
            self.trained = time.monotonic()
        self.out.print(str(told))

    def _finished(self) -> bool:
        return all(done == total for done, total in self.counts.values())

    def _said(self) -> str:
        return ", ".join(f"{stage} {done}/{total}" for stage, (done, total) in self.counts.items())
