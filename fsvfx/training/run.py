"""Runs a training as described by a job: its networks, its data and the trainer, in the job's folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from torch import Generator

from fsvfx.engines.portraits import SeesPortraits
from fsvfx.engines.priors import KeepsPrior
from fsvfx.engines.retouching import RetouchModel
from fsvfx.engines.trainable import KeepsPhotos, Model
from fsvfx.facesets import Faceset
from fsvfx.facesets.crowd import Crowd, open_crowd
from fsvfx.facesets.lookup import crowd_folder, fits_folder, swaps_folder
from fsvfx.morphable import ict
from fsvfx.reach import reach_of
from fsvfx.training.architecture import supervision_of
from fsvfx.training.data import (
    CoveredSampler,
    PairSampler,
    Portraits,
    PortrayedSampler,
    RetouchSampler,
    Sampler,
    Shown,
    SupervisedSampler,
    held_out,
    occluders_of,
    open_exchanged,
    open_fits,
    open_swaps,
    photos_of,
    unseen_pairs,
    unseen_portrayed,
    unseen_retouches,
)
from fsvfx.training.data.ahead import Batches
from fsvfx.training.events import Report
from fsvfx.training.monitor import on_board
from fsvfx.training.result import Trained
from fsvfx.training.trainer import train
from fsvfx.training.weights import first_model
from fsvfx.training.world import World
from schemas.augmentation import Augmentation
from schemas.job import TrainJob


def run(
    job: TrainJob,
    facesets: Mapping[str, Faceset],
    *,
    device: str = "cpu",
    report: Report = print,
    should_stop: Callable[[], bool] = lambda: False,
) -> Trained:
    """Train the job's model until its stop rule or ``should_stop`` applies; or continue it.

    facesets: by person; a crowd's are those that ``crowd_of`` has put into the job's folder. device: ``cpu`` or
    ``cuda``; with several processes (torchrun) each uses its own GPU. Raises InputError (nothing to train on, nothing
    held out, incompatible start, the folder belongs to another training), DivergedError, StoreError, MachineError.
    """
    folder, settings, world = Path(job.folder), job.trainer, World(device)
    model = first_model(job, resumes=any((folder / "checkpoints").glob("step-*")))
    if isinstance(model, RetouchModel):
        feed, seen = _of_swaps(job, model, world)
    elif job.is_crowd:
        feed, seen = _of_crowd(job, model, world)
    else:
        feed, seen = _of_people(job, facesets, model, world)
    board = on_board(folder / "tensorboard", report) if world.leads else nullcontext(report)
    with feed, board as both:
        return train(model, feed, settings, folder, device=device, held_out=seen, report=both, should_stop=should_stop)


Fed = tuple[Batches[Any], Any]
"""Endless batches, and held-out data."""


def _of_people(job: TrainJob, facesets: Mapping[str, Faceset], model: Model[Any], world: World) -> Fed:
    """Batches of each person, and everybody's held-out faces. Some models also use photographs of the identity."""
    settings, people = job.trainer, {person: facesets[person] for person in job.learned}
    if isinstance(model, KeepsPhotos):
        model.keep(photos_of(people[job.learned[0]], model.resolution, model.most_photos))
    feed = Sampler(
        people,
        model.resolution,
        settings.batch,
        job.augmentation,
        world.device,
        settings.seed + world.rank,
        random_warp=settings.random_warp,
    )
    return feed, held_out(people, model.resolution, settings.preview_rows, "cpu")


def _of_crowd(job: TrainJob, model: Model[Any], world: World) -> Fed:
    """Pairs of a crowd's people, and some held-out ones. The files are mapped: no faceset is read."""
    assert job.held_out is not None, "a crowd says who is held out"
    crowd, settings = open_crowd(crowd_folder(job), job.held_out), job.trainer
    common = (crowd, model.resolution, settings.batch, job.augmentation, world.device, settings.seed + world.rank)
    if isinstance(model, SeesPortraits):
        return _of_portraits(job, model, *common)
    parts = supervision_of(job)
    shown = None if parts.prior == "none" else Shown(crowd, parts.prior)
    if shown and shown.prior and isinstance(model, KeepsPrior):
        model.know(shown.prior)
    unseen = unseen_pairs(crowd, model.resolution, settings.preview_rows, "cpu", shown)
    if job.occluders:
        pasted, others = occluders_of(job.occluders, reach_of(job))
        return CoveredSampler(*common, pasted), others.over(unseen, Generator().manual_seed(settings.seed))
    if parts.swaps:
        return SupervisedSampler(*common, shown, open_exchanged(swaps_folder(job)), parts.supervised), unseen
    return PairSampler(*common, shown), unseen


def _of_portraits(
    job: TrainJob,
    model: SeesPortraits,
    crowd: Crowd,
    resolution: int,
    batch: int,
    augmentation: Augmentation,
    device: str,
    seed: int,
) -> Fed:
    """Pairs with faces rendered by a morphable model, fitted ahead of time."""
    portraits = Portraits(crowd, open_fits(fits_folder(job)), ict())
    common = (crowd, resolution, batch, augmentation, device, seed)
    feed = PortrayedSampler(*common, portraits, model.strangers, model.moving)
    return feed, unseen_portrayed(portraits, resolution, job.trainer.preview_rows, "cpu")


def _of_swaps(job: TrainJob, model: RetouchModel, world: World) -> Fed:
    """Swaps made ahead of time, and some of held-out people. The model gets their prior."""
    swaps, settings = open_swaps(swaps_folder(job)), job.trainer
    model.know(swaps.prior)
    seed = settings.seed + world.rank
    feed = RetouchSampler(swaps, model.resolution, settings.batch, job.augmentation, world.device, seed)
    return feed, unseen_retouches(swaps, model.resolution, settings.preview_rows, "cpu")
