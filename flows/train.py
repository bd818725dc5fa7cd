"""The flow ``train``: from footage to a model package.

    clear rights -> each footage as far as its faces are cut out (a flow run each) -> a faceset of each person
    -> training, in a process of its own -> package -> evaluation

What is done is not done again: footage and facesets as the ledger says, a training from its last checkpoint on, and all
of it where ``done.json`` says that it is finished.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed, Failed
from prefect_dask.task_runners import DaskTaskRunner

from flows.facesets import standing_of
from flows.run_through import raise_wrong_input, run_through, task_runner
from flows.shot import TO_LOCAL_CLUSTER
from flows.train_outcome import as_done, as_partial, summary, train_command
from flows.train_steps import Steps
from fsvfx import manifests, rights
from fsvfx.runner import Plan
from fsvfx.training.finished import finished
from schemas.job import FootageJob, TrainJob
from schemas.receipts import Receipt
from schemas.training import TrainingOutcome


@flow(flow_run_name="{manifest}", task_runner=TO_LOCAL_CLUSTER, persist_result=False)
def train(manifest: str, store: str | None = None, gpus: int = 0) -> State[TrainingOutcome]:
    """Train the model of a training manifest: what is not done.

    Args:
        manifest: its path, as the machine that runs the flow sees it.
        store: another store than the manifest's: a folder or s3://bucket/prefix.
        gpus: that many train together, a process on each; 0: one process, on a GPU if there is one.
    """
    begun = time.monotonic()
    job = _cleared(manifest, store)
    outcome = _run(job, Steps(job, gpus, train_command(job, store, gpus)))
    outcome = outcome.model_copy(update={"seconds": round(time.monotonic() - begun, 2)})
    summary(outcome)
    if outcome.state == "partial":
        return Failed(data=outcome, message=f"{outcome.reason}; run {outcome.command}")
    return Completed(data=outcome, message=outcome.package)


@flow(flow_run_name="{name}", task_runner=TO_LOCAL_CLUSTER, persist_result=False)
def footage(name: str, job: FootageJob) -> State[Plan]:
    """Run what is not done of a piece of footage, as far as its faces are cut out; how it stands then."""
    drive, after = run_through(standing_of(job))
    raise_wrong_input(drive)
    return Failed(data=after, message=f"{name} is not done") if after.left else Completed(data=after)


def on(scheduler: str, which: Any = train) -> Any:
    """The flow ``train`` (or ``which``) on a running Dask scheduler."""
    runner: Any = DaskTaskRunner(address=scheduler)
    return which.with_options(task_runner=runner)


def _cleared(manifest: str, store: str | None) -> TrainJob:
    job = manifests.training_job(Path(manifest), store=store)
    update = {"rights": rights.clear_training(job).digest, "run_id": str(flow_run.id)}
    shots = [each.model_copy(update={"shot": each.shot.model_copy(update=update)}) for each in job.footage]
    return job.model_copy(update={**update, "footage": tuple(shots)})


def _run(job: TrainJob, steps: Steps) -> TrainingOutcome:
    stood = {each.name: _cut_out(each) for each in job.footage}
    left = {name: standing for name, standing in stood.items() if standing.left}
    if left:
        return as_partial(job, steps.command, "footage is not done", left)
    people = steps.facesets({name: _receipts(standing) for name, standing in stood.items()})
    if done := finished(job, people):
        return as_done(job, done)
    ended = steps.train(people)
    if ended.stopped:
        return as_partial(job, steps.command, ended.reason)
    return as_done(job, steps.finish(people, ended))


def _cut_out(job: FootageJob) -> Plan:
    """How a piece of footage stands once all was tried; what is done already needs no flow run."""
    standing = standing_of(job)
    if not standing.todo:
        return standing
    runner = task_runner()
    here = on(runner.client.scheduler_info()["address"], footage) if isinstance(runner, DaskTaskRunner) else footage
    answer = here(job.name, job, return_state=True).result(raise_on_failure=False)
    if isinstance(answer, BaseException):
        raise answer
    assert isinstance(answer, Plan)
    return answer


def _receipts(standing: Plan) -> Sequence[Receipt]:
    return [receipt for step, receipt in standing.final.items() if step in standing.wanted]
