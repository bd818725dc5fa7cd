"""What Prefect's UI shows of a training while it runs: how far it is, previews, loss curves, speed."""

from __future__ import annotations

import time
from pathlib import Path

from PIL import Image
from prefect.artifacts import create_markdown_artifact

from fsvfx import extras
from fsvfx.training import curves
from fsvfx.training.events import Ended, Message, Preview, Progress
from schemas.job import TrainJob
from tasks import artifacts
from tasks.forms import key_of

FIRST, GROWTH = 20.0, 1.1
"""Seconds to the first pictures and summary; the next are due when the time till then has grown by so much."""


class View:
    """One run's view of a training; its keys are the model's."""

    def __init__(self, job: TrainJob) -> None:
        self.job = job
        self._began = time.monotonic()
        self._due = self._began + FIRST
        self._progress: Progress | None = None
        self._preview: Path | None = None
        self._share = artifacts.Progress(self._key("progress"), f"Training of {job.model}")

    def show(self, message: Message) -> None:
        """What is due, as of this message."""
        match message:
            case Progress():
                self._progress = message
                self._share.show(message.share)
            case Preview():
                self._preview = message.path
            case Ended():
                self._share.show(self._progress.share if message.stopped and self._progress else 1.0)
                self._share.close()
                self._show_all(message)
                return
        if time.monotonic() > self._due:
            self._show_all()

    def _show_all(self, ended: Ended | None = None) -> None:
        """Pictures and summary as they are now."""
        spent = time.monotonic() - self._began
        self._due = self._began + max(spent + FIRST, spent * GROWTH)
        if self._preview and self._preview.exists():
            what = f"Held-out faces of {self.job.model}: as they are, and as the model makes them"
            with Image.open(self._preview) as picture:
                artifacts.picture(picture, self._key("preview"), what)
        points = curves.read(Path(self.job.folder) / "curves.jsonl")
        if points and extras.is_installed("matplotlib"):
            artifacts.picture(curves.picture(points), self._key("losses"), f"Losses of {self.job.model}")
        if self._progress:
            text = summary_text(self.job, self._progress, ended)
            create_markdown_artifact(text, key=self._key("training"), description=f"Training of {self.job.model}")

    def _key(self, kind: str) -> str:
        return key_of(self.job.production, self.job.model, kind)


def summary_text(job: TrainJob, progress: Progress, ended: Ended | None) -> str:
    """As Markdown."""
    head = f"ended: {ended.reason}" if ended else "running"
    rows = [f"| {name} | {value:.4f} |" for name, value in progress.losses.items()]
    return "\n".join(
        [
            f"# {job.model} ({job.engine}): {head}",
            "",
            f"{progress.rate_text}. Learned: {', '.join(job.learned)}. Folder: `{job.folder}`",
            "",
            "| loss | mean |",
            "|---|---|",
            *rows,
        ]
    )
