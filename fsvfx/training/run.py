"""Runs one training as a job describes it: its networks, its data and the trainer, in the job's folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from pathlib import Path

from fsvfx.facesets import Faceset
from fsvfx.training.data import Sampler, held_out
from fsvfx.training.events import Report
from fsvfx.training.monitor import on_board
from fsvfx.training.result import Trained
from fsvfx.training.trainer import train
from fsvfx.training.weights import first_model
from fsvfx.training.world import World
from schemas.job import TrainJob


def run(
    job: TrainJob,
    facesets: Mapping[str, Faceset],
    *,
    device: str = "cpu",
    report: Report = print,
    should_stop: Callable[[], bool] = lambda: False,
) -> Trained:
    """Train the job's model on ``facesets``, by person, until its stop rule or ``should_stop``; or go on with it.

    device: ``cpu`` or ``cuda``; of several processes (torchrun) each takes its own GPU. Raises InputError (nothing to
    train on, nothing held out, a start that does not fit, the folder is of another training), DivergedError,
    StoreError, MachineError.
    """
    folder, settings, world = Path(job.folder), job.trainer, World(device)
    model = first_model(job, resumes=any((folder / "checkpoints").glob("step-*")))
    people = {person: facesets[person] for person in job.learned}
    seen = held_out(people, model.resolution, settings.preview_rows, "cpu")
    feed = Sampler(
        people,
        model.resolution,
        settings.batch,
        job.augmentation,
        world.device,
        settings.seed + world.rank,
        random_warp=settings.random_warp,
    )
    board = on_board(folder / "tensorboard", report) if world.leads else nullcontext(report)
    with feed, board as both:
        return train(model, feed, settings, folder, device=device, held_out=seen, report=both, should_stop=should_stop)
