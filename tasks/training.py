"""The state of a training for Prefect's UI: its steps, progress, previews, loss curves, speed. Pure."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from fsvfx import extras
from fsvfx.training import curves
from fsvfx.training.events import Ended, Message, Preview, Progress
from fsvfx.training.outcome import lines_of
from schemas.training import TrainingOutcome
from tasks.account import Account, Shown, Told
from tasks.desk import Run
from tasks.teller import Followed, Teller

FIRST, GROWTH = 20.0, 1.1
"""Seconds until the first pictures and summary; the next are due when the elapsed time has grown by this factor."""


@dataclass
class TrainingAccount(Account):
    """For one training. ``folder``: where its curves are."""

    folder: str = ""
    _began: float = field(default_factory=time.monotonic)
    _due: float = 0.0
    _progress: Progress | None = None
    _preview: Path | None = None

    def hear(self, message: Message) -> None:
        """A message from the training."""
        self.note(str(message))
        match message:
            case Progress():
                self._progress, self.done = message, message.share
            case Preview():
                self._preview = message.path
            case Ended():
                self.done = self.done if message.stopped else self.total
        self._due = self._due or time.monotonic() + FIRST
        if time.monotonic() > self._due or isinstance(message, Ended):
            self._renew(message if isinstance(message, Ended) else None)

    def finish(self, outcome: TrainingOutcome) -> None:
        self.summary = "```\n" + "\n".join(lines_of(outcome)) + "\n```"
        failed = Told("FAILED", f"{outcome.reason}; run {outcome.command}")
        self.end = failed if outcome.state == "partial" else Told("COMPLETED", outcome.package or outcome.reason)

    def _renew(self, ended: Ended | None) -> None:
        """The current pictures and summary."""
        spent = time.monotonic() - self._began
        self._due = self._began + max(spent + FIRST, spent * GROWTH)
        preview, folder, stamp = self._preview, Path(self.folder), spent
        what = f"Held-out faces of {self.name}: the originals, and the model's output"
        self.show("preview", what, preview, lambda: _opened(preview))
        if extras.is_installed("matplotlib"):
            self.show("losses", f"Losses of {self.name}", stamp, lambda: _curves(folder))
        if self._progress:
            text = state_text(self.name, self._progress, ended)
            self.pictures["training"] = Shown("training", "markdown", f"Training of {self.name}", text, lambda: text)


class Training(Followed[TrainingAccount]):
    """Follows one training."""

    @classmethod
    def of(cls, teller: Teller, run: Run, folder: str) -> Training:
        """``folder``: the training's."""
        return cls(teller, run, TrainingAccount(run.name, folder=folder))

    def began(self, label: str) -> None:
        self.put(lambda: self.account.begin(label))

    def ended(self, label: str, error: Exception | None) -> None:
        self.put(lambda: self.account.settle(label, error))

    def trains(self, told: Message) -> None:
        """Called with its report."""
        self.put(lambda: self.account.hear(told))

    def finish(self, outcome: TrainingOutcome) -> None:
        self.put(lambda: self.account.finish(outcome))


def state_text(model: str, progress: Progress, ended: Ended | None) -> str:
    """As Markdown."""
    head = f"ended: {ended.reason}" if ended else "running"
    rows = [f"| {name} | {value:.4f} |" for name, value in progress.losses.items()]
    return "\n".join([f"# {model}: {head}", "", progress.rate_text, "", "| loss | mean |", "|---|---|", *rows])


def _opened(path: Path | None) -> Image.Image | None:
    return Image.open(path) if path and path.exists() else None


def _curves(folder: Path) -> Image.Image | None:
    points = curves.read(folder / "curves.jsonl")
    return curves.picture(points) if points else None
