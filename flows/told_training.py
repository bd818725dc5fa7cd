"""Trains a model by the library's steps, and reports it to Prefect in the background.

    each footage as far as its faces are cut out (a flow run each) -> a faceset of each person
    -> training, in a process of its own -> package -> evaluation

Finished work is not repeated: footage and facesets according to the ledger, a training from its last checkpoint on, and
all of it if ``done.json`` says that it is finished. Nothing of Prefect's is imported here.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from flows.told import Both
from flows.watch import Watcher
from fsvfx import manifests, rights
from fsvfx.errors import MachineError, WorkerLost
from fsvfx.executors import Ended as Done
from fsvfx.executors import Executor, Task
from fsvfx.facesets.lookup import plan_of, told_of
from fsvfx.runner import Plan
from fsvfx.runner.drive import raise_wrong_input, run_plan
from fsvfx.training import result, steps
from fsvfx.training.events import Ended, Message, Notice, followed
from fsvfx.training.folder import EVENTS
from fsvfx.training.outcome import as_built, as_done, as_partial, facesets_command, train_command
from fsvfx.training.process import Seat
from fsvfx.training.steps import People
from schemas.job import FootageJob, TrainJob
from schemas.receipts import Receipt
from schemas.training import TrainingOutcome
from tasks.desk import Run
from tasks.teller import Shot, Teller
from tasks.training import Training


def train_told(
    manifest: str, store: str | None, gpus: int, executor: Executor, teller: Teller, watcher: Watcher, run_id: str = ""
) -> TrainingOutcome:
    """Do the unfinished work of a training manifest. ``run_id``: the flow run to update.

    Raises FsvfxError; no errors of Prefect's.
    """
    begun = time.monotonic()
    job = _cleared(manifest, store, run_id)
    run = Run("train", job.model, job.production, {"manifest": manifest, "store": store, "gpus": gpus}, run_id or None)
    with Training.of(teller, run, job.folder) as told:
        outcome = _Trained(job, gpus, train_command(job, store, gpus), executor, teller, told, watcher).outcome()
        outcome = outcome.model_copy(update={"seconds": round(time.monotonic() - begun, 2)})
        told.finish(outcome)
    return outcome


def facesets_told(
    manifest: str, store: str | None, executor: Executor, teller: Teller, watcher: Watcher
) -> TrainingOutcome:
    """Build the missing facesets of a training manifest, without training.

    Raises FsvfxError; no errors of Prefect's.
    """
    job = _cleared(manifest, store, "")
    run = Run("facesets", job.model, job.production, {"manifest": manifest, "store": store})
    with Training.of(teller, run, job.folder) as told:
        found = _Trained(job, 0, facesets_command(job, store), executor, teller, told, watcher).facesets()
        outcome = found if isinstance(found, TrainingOutcome) else as_built(job)
        told.finish(outcome)
    return outcome


def _cleared(manifest: str, store: str | None, run_id: str) -> TrainJob:
    job = manifests.training_job(Path(manifest), store=store)
    update = {"rights": rights.clear_training(job).digest, "run_id": run_id or str(uuid4())}
    shots = [each.model_copy(update={"shot": each.shot.model_copy(update=update)}) for each in job.footage]
    return job.model_copy(update={**update, "footage": tuple(shots)})


@dataclass(frozen=True)
class _Trained:
    """One training: its steps in order, each on a suitable worker. ``command``: continues it."""

    job: TrainJob
    gpus: int
    command: str
    executor: Executor
    teller: Teller
    told: Training
    watcher: Watcher

    def outcome(self) -> TrainingOutcome:
        people = self.facesets()
        if isinstance(people, TrainingOutcome):
            return people
        if done := result.finished(self.job, people):
            return as_done(self.job, done)
        ended = self._train(people)
        if ended.stopped:
            return as_partial(self.job, self.command, ended.reason)
        package = self._do("package", steps.make_package, self.job, people, ended.device)
        self._do("evaluation", steps.evaluate_package, self.job, people, Path(package))
        return as_done(self.job, result.finish(self.job, people, Path(package), ended.step, ended.reason))

    def facesets(self) -> People | TrainingOutcome:
        """Those of everybody that the model learns, or the outcome that lists what is missing."""
        plans = {each.name: self._cut_out(each) for each in self.job.footage}
        left = {name: after for name, after in plans.items() if after.left}
        if left:
            return as_partial(self.job, self.command, "footage is not done", left)
        return self._gathered({name: _receipts(after) for name, after in plans.items()})

    def _cut_out(self, footage: FootageJob) -> Plan:
        """A piece of footage's plan after everything was tried; finished footage needs no flow run."""
        before = plan_of(footage)
        if not before.todo:
            return before
        with Shot.of(self.teller, Run("footage", footage.name, self.job.production)) as told:
            ran = run_plan(before, self.executor, Both(told, self.watcher))
            raise_wrong_input(ran.errors)
            told.finish(ran.plan, ran.plan.outcome(), lambda: None)
        return ran.plan

    def _gathered(self, given: Mapping[str, Sequence[Receipt]]) -> People:
        """For everybody that the model learns. ``given``: receipts of the stages, by footage. Raises the errors of
        failed tasks."""
        asked = {}
        for person in self.job.learned:
            own = {one.name: given[one.name] for one in self.job.footage if one.person == person}
            asked[person] = Task("faceset", f"faceset {person}", steps.build_faceset, (self.job, person, own))
        for one in self.job.collections:
            asked[one.name] = Task("faceset", f"faceset {one.name}", steps.build_collection, (self.job, one.name))
        made = self._do_all(list(asked.values()))
        people: dict[str, Receipt] = {name: made[task] for name, task in asked.items()}
        for name, receipt in people.items():
            self._say(Notice(f"faceset {name}: {told_of(receipt)}"))
        return people

    def _train(self, people: People) -> Ended:
        """Raises the error that ended it: DivergedError, InputError, MachineError."""
        self._say(Notice(f"training {self.job.model}; previews, curves and its log: {self.job.folder}"))
        with followed(Path(self.job.folder) / EVENTS, self._say):
            ended: Ended = self._do("training", steps.train, self.job, people, self._seat(), self.gpus, self.command)
        return ended

    def _say(self, message: Message) -> None:
        self.told.trains(message)
        self.watcher.trains(message)

    def _seat(self) -> Seat:
        """Workers start with a share of the cores, and a GPU, each: a training gets all of them."""
        threads = int(os.environ.get("OMP_NUM_THREADS") or 0)
        if self.gpus < 2:
            return Seat(threads=threads)
        every = ",".join(map(str, range(self.gpus)))
        return Seat(self.gpus, threads, os.environ.get("CUDA_VISIBLE_DEVICES", every))

    def _do(self, label: str, function: Callable[..., Any], *given: Any) -> Any:
        """One step on a worker, preferably one with a GPU. Raises its error."""
        task = Task(label, label, function, given, gpu=True)
        return self._do_all([task])[task]

    def _do_all(self, tasks: Sequence[Task]) -> Mapping[Task, Any]:
        """The result of each. Raises the error of the first failed one, after all have ended."""
        for task in tasks:
            self.told.began(task.label)
            self.executor.submit(task)
        ended: list[Done] = []
        while len(ended) < len(tasks):
            if one := self.executor.wait():
                self.told.ended(one.task.label, one.error)
                ended.append(one)
        for one in ended:
            if isinstance(one.error, WorkerLost):
                hint = f"Continue with\n  {self.command}"
                raise MachineError(str(one.error), hint=hint, transient=True) from one.error
            if one.error is not None:
                raise one.error
        return {one.task: one.value for one in ended}


def _receipts(after: Plan) -> Sequence[Receipt]:
    return [receipt for step, receipt in after.final.items() if step in after.wanted]
