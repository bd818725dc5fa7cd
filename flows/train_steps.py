"""The steps of a training that are tasks, each on a worker that suits it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import dask
from prefect import Task
from prefect_dask.task_runners import DaskTaskRunner

from flows.cluster import has_gpu_workers
from flows.drive import answer_of
from flows.following import following
from flows.run_through import task_runner
from flows.watch import WATCHER
from fsvfx import packages
from fsvfx.errors import MachineError, WorkerLost
from fsvfx.training.finished import digest_of_training, remember
from fsvfx.training.lines import Ended
from fsvfx.training.process import Seat
from fsvfx.training.report import Notice
from schemas.job import TrainJob
from schemas.receipts import Receipt
from schemas.training import Finished
from tasks import training as tasks

People = Mapping[str, Receipt]
"""The receipts of facesets."""


class Steps:
    """Of one training. ``command``: goes on with it."""

    def __init__(self, job: TrainJob, gpus: int, command: str) -> None:
        self.job, self.gpus, self.command = job, gpus, command

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
        with following(Path(self.job.folder) / tasks.EVENTS):
            ended: Ended = self._on_gpu(tasks.training, self.job, people, self._seat(), self.gpus, self.command)
        return ended

    def finish(self, people: People, ended: Ended) -> Finished:
        """Package it, judge it, and remember that it is done."""
        made = self._on_gpu(tasks.package, self.job, people, ended.device)
        self._on_gpu(tasks.evaluation, self.job, people, made)
        done = Finished(
            digest=digest_of_training(self.job, people),
            package=made,
            sha256=packages.card_of(Path(made)).sha256,
            iterations=ended.step,
            reason=ended.reason,
        )
        remember(Path(self.job.folder), done)
        return done

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
            raise MachineError(str(answer), hint=f"Go on with\n  {self.command}", transient=True)
        if isinstance(answer, BaseException):
            raise answer
        return answer
