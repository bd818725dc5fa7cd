"""The trainer of every engine that learns: from a model and its data to weights, resumable at any moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from fsvfx.engines.trainable import Batch, Model
from fsvfx.training.feed import Feed
from fsvfx.training.report import Report
from fsvfx.training.session import Session
from fsvfx.training.world import World
from schemas.trainer import TrainerSettings


@dataclass(frozen=True)
class Trained:
    """What came of it.

    step: iterations done; seconds: of training, both with earlier sessions. reason: why it ended. losses: the last
    means by term. weights: the model's, on the CPU; the running mean if ``ema`` was set. waiting: share of this
    session's time that went by waiting for data.
    """

    step: int
    seconds: float
    reason: str
    losses: Mapping[str, float]
    weights: dict[str, Tensor]
    waiting: float
    checkpoint: Path
    preview: Path | None


def train(
    model: Model,
    feed: Feed,
    settings: TrainerSettings,
    folder: Path,
    *,
    device: str = "cpu",
    held_out: Batch | None = None,
    report: Report = print,
    should_stop: Callable[[], bool] = lambda: False,
) -> Trained:
    """Train ``model`` until a stop rule or ``should_stop`` says so; take up where ``folder`` left off, if it did.

    ``folder`` gets ``checkpoints/``, ``curves.jsonl``, ``preview.png`` and ``timelapse/``; the last two only of
    ``held_out`` pictures. For a repeatable start call ``rng.seed`` before building the model. Started by torchrun, all
    processes share ``folder``, and each has a feed of its own.

    Raises DivergedError (a NaN; the last checkpoint stays), InputError (the folder's training is of another model or
    optimiser), MachineError (the disk refuses, or every checkpoint is broken).
    """
    world = World(device)
    with world.joined():
        session = Session(model, feed, settings, folder, world, report, held_out)
        session.begin()
        while (reason := session.reason_to_stop(should_stop)) is None:
            session.iterate()
        checkpoint = session.save()
    return Trained(
        step=session.step,
        seconds=session.clock.seconds,
        reason=reason,
        losses=session.curves.last(),
        weights=session.weights(),
        waiting=session.clock.waiting_in_all,
        checkpoint=checkpoint,
        preview=preview if (preview := folder / "preview.png").exists() else None,
    )
