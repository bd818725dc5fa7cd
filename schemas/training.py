"""What a training is ordered with, and how a run of it ended."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from schemas.base import StrictModel
from schemas.job import TrainJob
from schemas.outcome import Outcome
from schemas.package import Figures
from schemas.receipts import Receipt


class TrainingOrder(StrictModel):
    """What a training's own process is handed, as ``order.json`` in the training's folder."""

    job: TrainJob
    facesets: dict[str, Receipt]
    """By person, or by collection."""
    gpus: int = 0
    """That many are needed, a process on each; 0: one process, on a GPU if there is one."""


class Finished(StrictModel):
    """A training that needs nothing more: ``done.json`` in the training's folder."""

    digest: str
    """Of all that the training depends on."""
    package: str
    """Folder of the model package."""
    sha256: str
    iterations: int
    reason: str
    """Why it ended."""


class TrainingOutcome(StrictModel):
    """What ``fsvfx train`` and the flow ``train`` give back."""

    production: str
    model: str
    engine: str
    state: Literal["done", "built", "partial"]
    """built: its facesets, as far as was asked."""
    reason: str = ""
    """Why training ended; or why it is not done."""
    package: str = ""
    sha256: str = ""
    iterations: int = 0
    seconds: float = 0.0
    """Of this run; 0: there was nothing to do."""
    figures: Figures | None = None
    """Of the evaluation."""
    folder: str
    """Where checkpoints, curves and previews are."""
    footage: tuple[Outcome, ...] = Field(())
    """Footage that is not done."""
    command: str = ""
    """Goes on with what is missing."""
