"""The tasks of a training: facesets, the training itself, its package, its evaluation. The work is in ``fsvfx``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE

from fsvfx import facesets, packages, rights
from fsvfx.disk import place_file
from fsvfx.facesets import Faceset
from fsvfx.store import open_store
from fsvfx.training.alone import check_folder
from fsvfx.training.lines import Ended, line_of
from fsvfx.training.process import Seat, trained_apart
from schemas.job import TrainJob
from schemas.package import Figures
from schemas.receipts import Receipt
from schemas.training import TrainingOrder
from tasks.training_view import View
from tasks.work import RETRIED

EVENTS = "events.jsonl"
"""In the training's folder: all that it told."""


@task(name="faceset", task_run_name="faceset {person}", **RETRIED)
def faceset(job: TrainJob, person: str, given: Mapping[str, Sequence[Receipt]]) -> Receipt:
    """The receipt of a person's faceset. ``given``: by footage, the receipts of its stages."""
    own = [
        facesets.footage_of(each.name, each.shot, open_store(each.shot), given[each.name], each.entry)
        for each in job.footage
        if each.person == person
    ]
    store = facesets.store_of(job.store, job.production)
    return facesets.build(person, own, job.faceset, store, rights=job.rights, report=get_run_logger().info)


@task(name="training", task_run_name="training", cache_policy=NO_CACHE, persist_result=False)
def training(job: TrainJob, people: Mapping[str, Receipt], seat: Seat, gpus: int, resume: str) -> Ended:
    """Train in a process of its own, telling all that it tells. ``resume``: the command that goes on with it."""
    log, folder, view = get_run_logger(), Path(job.folder), View(job)
    check_folder(folder)
    order = folder / "order.json"
    wanted = TrainingOrder(job=job, facesets=dict(people), gpus=gpus)
    place_file(order, wanted.model_dump_json().encode())
    ended: Ended | None = None
    with (folder / EVENTS).open("a", encoding="utf-8") as told_so_far:
        for told in trained_apart(order, seat, resume):
            log.info("%s", told)
            told_so_far.write(line_of(told))
            told_so_far.flush()
            view.tell(told)
            ended = told if isinstance(told, Ended) else ended
    assert ended is not None, "trained_apart holds it"
    return ended


@task(name="package", task_run_name="package", cache_policy=NO_CACHE, persist_result=False)
def package(job: TrainJob, people: Mapping[str, Receipt], device: str) -> str:
    """The folder of the model package. The gate is asked once more: consent may have been revoked meanwhile."""
    from fsvfx.training.kept import drop, kept
    from fsvfx.training.package import make

    decision = rights.clear_training(job)
    cleared = job.model_copy(update={"rights": decision.digest})
    made = make(cleared, _opened(job, people), kept(Path(job.folder)), decision.by_person, device)
    drop(Path(job.folder))
    get_run_logger().info("%s", made)
    return str(made)


@task(name="evaluation", task_run_name="evaluation", cache_policy=NO_CACHE, persist_result=False)
def evaluation(job: TrainJob, people: Mapping[str, Receipt], made: str) -> Figures | None:
    """Judge the package on held-out faces, and write it into its card."""
    from fsvfx.device import device_with
    from fsvfx.evaluation.of_package import evaluate_package, recorded

    folder = Path(made)
    recorded(folder, evaluate_package(folder, _opened(job, people), device=device_with()))
    return packages.card_of(folder).figures


def _opened(job: TrainJob, people: Mapping[str, Receipt]) -> dict[str, Faceset]:
    store = facesets.store_of(job.store, job.production)
    return {person: facesets.open_faceset(store, receipt) for person, receipt in people.items()}
