"""Watchers of the flows in this process: progress bars in a terminal, plain lines elsewhere, or none."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

from rich.console import Console

from fsvfx.api import progress
from fsvfx.runner.drive import Observer, Silent
from fsvfx.training.events import Message, Progress

TRAINING_EVERY = 15.0
"""Seconds between a training's lines of losses and speed."""


class Watcher(Observer, Protocol):
    """Follows the shots and trainings of this process."""

    def trains(self, told: Message) -> None:
        """Called with a training's report."""


class Nobody(Silent):
    """Watches nothing."""

    def trains(self, told: Message) -> None:
        pass


WATCHER: ContextVar[Watcher] = ContextVar("watcher", default=Nobody())  # noqa: B039


@contextmanager
def watching(out: Console, wanted: bool = True) -> Iterator[Watcher]:
    """Show the work done inside on ``out``."""
    if not wanted:
        yield WATCHER.get()
        return
    watcher: Watcher = Bars(progress.bars(out)) if out.is_terminal else Lines(out)
    token = WATCHER.set(watcher)
    try:
        yield watcher
    finally:
        WATCHER.reset(token)


class Bars(progress.Bars):
    """One live line: a shot's, or a training's."""

    trained = -TRAINING_EVERY

    def trains(self, told: Message) -> None:
        if isinstance(told, Progress):
            self.progress.start()
            self.show("training", told.share, 1.0)
            if time.monotonic() - self.trained < TRAINING_EVERY:
                return
            self.trained = time.monotonic()
        self.progress.console.print(str(told))


class Lines(progress.Lines):
    """Plain lines, limited in number."""

    trained = -TRAINING_EVERY

    def trains(self, told: Message) -> None:
        if isinstance(told, Progress):
            if time.monotonic() - self.trained < TRAINING_EVERY:
                return
            self.trained = time.monotonic()
        self.out.print(str(told))
