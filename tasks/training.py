"""The tasks of a training: facesets, the training itself, its package, its evaluation. The work is in ``fsvfx``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE

from fsvfx.training import steps
from fsvfx.training.events import Ended
from fsvfx.training.process import Seat
from schemas.job import TrainJob
from schemas.package import Figures
from schemas.receipts import Receipt
from tasks.executor import RETRIED
from tasks.training_view import View


@task(name="faceset", task_run_name="faceset {person}", **RETRIED)
def faceset(job: TrainJob, person: str, footage: Mapping[str, Sequence[Receipt]]) -> Receipt:
    """The receipt of a person's faceset. ``footage``: by name, the receipts of its stages."""
    return steps.build_faceset(job, person, footage, get_run_logger().info)


@task(name="training", task_run_name="training", cache_policy=NO_CACHE, persist_result=False)
def training(job: TrainJob, people: steps.People, seat: Seat, gpus: int, resume: str) -> Ended:
    """Train in a process of its own, and show how it goes. ``resume``: the command that continues it."""
    log, view = get_run_logger(), View(job)
    ended: Ended | None = None
    for message in steps.train_apart(job, people, seat, gpus, resume):
        log.info("%s", message)
        view.show(message)
        ended = message if isinstance(message, Ended) else ended
    assert ended is not None, "train_apart raises if it did not end"
    return ended


@task(name="package", task_run_name="package", cache_policy=NO_CACHE, persist_result=False)
def package(job: TrainJob, people: steps.People, device: str) -> str:
    """The folder of the model package."""
    made = steps.make_package(job, people, device)
    get_run_logger().info("%s", made)
    return str(made)


@task(name="evaluation", task_run_name="evaluation", cache_policy=NO_CACHE, persist_result=False)
def evaluation(job: TrainJob, people: steps.People, made: str) -> Figures | None:
    """Evaluate the package on held-out faces, and write the figures into its card."""
    return steps.evaluate_package(job, people, Path(made))
