"""The flow ``train``: from footage to a model package.

    clear rights -> each footage as far as its faces are cut out (a flow run each) -> a faceset of each person
    -> training, in a process of its own -> package -> evaluation

What is done is not done again: footage and facesets as the ledger says, a training from its last checkpoint on, and all
of it where ``done.json`` says that it is finished. The steps are the library's (``fsvfx.training.steps``).
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dask
from prefect import Task, flow
from prefect.artifacts import create_markdown_artifact
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed, Failed
from prefect_dask.task_runners import DaskTaskRunner

from flows.watch import WATCHER
from fsvfx import manifests, rights
from fsvfx.errors import MachineError, WorkerLost
from fsvfx.executors.dask import Dask, has_gpu_workers, local_cluster
from fsvfx.facesets.lookup import plan_of
from fsvfx.runner import Plan
from fsvfx.runner.drive import raise_wrong_input, run_plan
from fsvfx.training import result
from fsvfx.training.events import Ended, Notice, followed
from fsvfx.training.folder import EVENTS
from fsvfx.training.outcome import as_done, as_partial, lines_of, train_command
from fsvfx.training.process import Seat
from fsvfx.training.steps import People
from schemas.job import FootageJob, TrainJob
from schemas.receipts import Receipt
from schemas.training import Finished, TrainingOutcome
from tasks import training as tasks
from tasks.executor import answer_of, task_runner
from tasks.forms import key_of

TO_LOCAL_CLUSTER: Any = DaskTaskRunner(cluster_class=local_cluster)


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
    outcome = _run(job, _Steps(job, gpus, train_command(job, store, gpus)))
    outcome = outcome.model_copy(update={"seconds": round(time.monotonic() - begun, 2)})
    _show(outcome)
    if outcome.state == "partial":
        return Failed(data=outcome, message=f"{outcome.reason}; run {outcome.command}")
    return Completed(data=outcome, message=outcome.package)


def on(scheduler: str) -> Any:
    """The flow ``train`` on a running Dask scheduler."""
    runner: Any = DaskTaskRunner(address=scheduler)
    return train.with_options(task_runner=runner)


def _cleared(manifest: str, store: str | None) -> TrainJob:
    job = manifests.training_job(Path(manifest), store=store)
    update = {"rights": rights.clear_training(job).digest, "run_id": str(flow_run.id)}
    shots = [each.model_copy(update={"shot": each.shot.model_copy(update=update)}) for each in job.footage]
    return job.model_copy(update={**update, "footage": tuple(shots)})


def _run(job: TrainJob, steps: _Steps) -> TrainingOutcome:
    plans = {each.name: _cut_out(each) for each in job.footage}
    left = {name: after for name, after in plans.items() if after.left}
    if left:
        return as_partial(job, steps.command, "footage is not done", left)
    people = steps.facesets({name: _receipts(after) for name, after in plans.items()})
    if done := result.finished(job, people):
        return as_done(job, done)
    ended = steps.train(people)
    if ended.stopped:
        return as_partial(job, steps.command, ended.reason)
    return as_done(job, steps.finish(people, ended))


def _cut_out(job: FootageJob) -> Plan:
    """A piece of footage's plan once everything was tried."""
    before = plan_of(job)
    if not before.todo:
        return before
    runner = task_runner()
    assert isinstance(runner, DaskTaskRunner)
    with Dask(address=runner.client.scheduler_info()["address"]) as executor:
        ran = run_plan(before, executor, WATCHER.get())
    raise_wrong_input(ran.errors)
    return ran.plan


def _receipts(after: Plan) -> Sequence[Receipt]:
    return [receipt for step, receipt in after.final.items() if step in after.wanted]


@dataclass(frozen=True)
class _Steps:
    """The steps of one training, each on a worker that suits it. ``command``: continues it."""

    job: TrainJob
    gpus: int
    command: str

    def facesets(self, given: Mapping[str, Sequence[Receipt]]) -> People:
        """Of everybody whom the model learns. ``given``: receipts of the stages, by footage. Raises what failed."""
        job = self.job
        own = {person: {one.name for one in job.footage if one.person == person} for person in job.learned}
        begun = [
            tasks.faceset.submit(job, person, {name: given[name] for name in own[person]}) for person in job.learned
        ]
        made: dict[str, Receipt] = {}
        for person, future in zip(job.learned, begun, strict=True):
            made[person] = self._answer(future)
            kept, held_out = made[person].qc["kept"], made[person].qc["held_out"]
            WATCHER.get().trains(Notice(f"faceset {person}: {kept} faces, {held_out} of them held out"))
        return made

    def train(self, people: People) -> Ended:
        """Raises what ended it: DivergedError, InputError, MachineError."""
        WATCHER.get().trains(Notice(f"training {self.job.model}; previews, curves and its log: {self.job.folder}"))
        with followed(Path(self.job.folder) / EVENTS, WATCHER.get().trains):
            ended: Ended = self._on_gpu(tasks.training, self.job, people, self._seat(), self.gpus, self.command)
        return ended

    def finish(self, people: People, ended: Ended) -> Finished:
        """Package it, evaluate the package, and remember that it is done."""
        package = self._on_gpu(tasks.package, self.job, people, ended.device)
        self._on_gpu(tasks.evaluation, self.job, people, package)
        return result.finish(self.job, people, Path(package), ended.step, ended.reason)

    def _seat(self) -> Seat:
        """Workers are started with a share of the cores, and a GPU, each: a training has all of them."""
        threads = int(os.environ.get("OMP_NUM_THREADS") or 0)
        if self.gpus < 2:
            return Seat(threads=threads)
        every = ",".join(map(str, range(self.gpus)))
        return Seat(self.gpus, threads, os.environ.get("CUDA_VISIBLE_DEVICES", every))

    def _on_gpu(self, task: Task[..., Any], *given: Any) -> Any:
        """Run on a worker that offers a GPU, if one does."""
        runner = task_runner()
        place: AbstractContextManager[Any] = nullcontext()
        if isinstance(runner, DaskTaskRunner) and has_gpu_workers(runner.client):
            place = dask.annotate(resources={"GPU": 1})  # type: ignore[attr-defined]
        with place:
            future = task.submit(*given)
        return self._answer(future)

    def _answer(self, future: Any) -> Any:
        answer = answer_of(future)
        if isinstance(answer, WorkerLost):
            raise MachineError(str(answer), hint=f"Continue with\n  {self.command}", transient=True)
        if isinstance(answer, BaseException):
            raise answer
        return answer


def _show(outcome: TrainingOutcome) -> None:
    """In Prefect's UI."""
    text = "```\n" + "\n".join(lines_of(outcome)) + "\n```"
    key = key_of(outcome.production, outcome.model, "summary")
    create_markdown_artifact(text, key=key, description=f"How the training of {outcome.model} ended")
