"""Runs the bundles of a shot: each is submitted once all that it waits for is settled, whether done or failed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from queue import SimpleQueue
from typing import Any
from uuid import UUID

import dask
from distributed import CancelledError
from prefect.futures import PrefectFuture
from prefect.task_runners import TaskRunner
from prefect_dask.task_runners import DaskTaskRunner

from flows.cluster import has_gpu_workers
from flows.watch import Watcher
from fsvfx.errors import WorkerLost
from fsvfx.runner import Graph, Step, resources_of
from fsvfx.runner.bundles import Bundle
from fsvfx.runner.dag import stages
from schemas.job import ShotJob
from schemas.receipts import Receipt
from tasks.work import StepsFailed, stage_task


class Drive:
    """One run of a shot's bundles. ``receipts`` grows with what is committed, ``errors`` with what fails."""

    def __init__(
        self,
        job: ShotJob,
        graph: Graph,
        *,
        receipts: dict[Step, Receipt],
        runner: TaskRunner[Any],
        watcher: Watcher,
        advance: Callable[[int], None] = lambda steps: None,
    ) -> None:
        self.job = job
        self.graph = graph
        self.receipts = dict(receipts)
        self.errors: dict[Step, Exception] = {}
        self.blocked: set[Step] = set()
        self.watcher = watcher
        self._advance = advance
        self._runner = runner
        self._has_gpus = isinstance(runner, DaskTaskRunner) and has_gpu_workers(runner.client)
        self._ended: SimpleQueue[tuple[Bundle, tuple[Step, ...], PrefectFuture[Any]]] = SimpleQueue()

    def run(self, bundles: Sequence[Bundle]) -> None:
        """Run them all; errors are kept, not raised."""
        todo = {step for bundle in bundles for step in bundle.steps}
        waiting = {bundle: set(bundle.waits_for & todo) for bundle in bundles}
        readers: dict[Step, list[Bundle]] = {}
        for bundle, sources in waiting.items():
            for source in sources:
                readers.setdefault(source, []).append(bundle)
        ready = [bundle for bundle, sources in waiting.items() if not sources]
        running = 0
        while ready or running:
            while ready:
                settled = self._submit(ready.pop(0))
                running += not settled
                ready += _freed(settled, waiting, readers)
            if running:
                bundle, steps, future = self._ended.get()
                running -= 1
                self._settle(bundle, steps, future)
                ready += _freed(bundle.steps, waiting, readers)

    def _submit(self, bundle: Bundle) -> tuple[Step, ...]:
        """Hand the bundle to the task runner; returns its steps if none of them can run."""
        steps = self._possible(bundle)
        if not steps:
            return bundle.steps
        outside = {source for step in steps for source in self.graph.reads[step]} - set(steps)
        given = [self.receipts[source] for source in outside if source in self.receipts]
        task = stage_task(bundle.stage)
        with self._placed(steps):
            future = task.submit(self.job, bundle.label, list(steps), given)
        future.add_done_callback(lambda ended: self._ended.put((bundle, steps, ended)))
        return ()

    def _possible(self, bundle: Bundle) -> tuple[Step, ...]:
        """The steps whose inputs are there or will be made within the bundle."""
        steps: list[Step] = []
        for step in bundle.steps:
            lacking = self.graph.required[step] - self.receipts.keys() - set(steps)
            if lacking:
                self.blocked.add(step)
            else:
                steps.append(step)
        return tuple(steps)

    def _placed(self, steps: Sequence[Step]) -> AbstractContextManager[Any]:
        """Later stages go first, so that chunks get finished; GPU work goes to workers that offer one."""
        if not isinstance(self._runner, DaskTaskRunner):
            return nullcontext()
        wishes: dict[str, Any] = {"priority": stages().index(steps[-1].stage)}
        if self._has_gpus and any(resources_of(step.stage, self.job).gpu for step in steps):
            wishes["resources"] = {"GPU": 1}
        placed: AbstractContextManager[Any] = dask.annotate(**wishes)  # type: ignore[attr-defined]
        return placed

    def _settle(self, bundle: Bundle, steps: tuple[Step, ...], future: PrefectFuture[Any]) -> None:
        answer = answer_of(future)
        done = answer if isinstance(answer, list) else getattr(answer, "receipts", ())
        self._advance(len(done))
        for receipt in done:
            step = Step(receipt.stage, receipt.unit)
            self.receipts[step] = receipt
            self.watcher.settled(step.stage, str(step), None)
        if isinstance(answer, Exception):
            for step, error in _causes(answer, steps):
                self.errors[step] = error
                self.watcher.settled(step.stage, str(step), str(error))


def _freed(steps: Iterable[Step], waiting: dict[Bundle, set[Step]], readers: dict[Step, list[Bundle]]) -> list[Bundle]:
    """The bundles that wait for nothing more, now that ``steps`` are settled."""
    freed: list[Bundle] = []
    for step in steps:
        for bundle in readers.get(step, ()):
            waiting[bundle].discard(step)
            if not waiting[bundle]:
                freed.append(bundle)
    return freed


def answer_of(future: PrefectFuture[Any]) -> Any:
    """What the task gave, such as receipts; or the exception that ended it: ``WorkerLost`` if its workers died."""
    try:
        return future.result(raise_on_failure=False)
    except (Exception, CancelledError) as error:  # Dask's own: the task run never ended
        _tell_crashed(future.task_run_id, error)
        return WorkerLost(
            f"{type(error).__name__}: its workers died; too little memory, or a crash in native code ({error})"
        )


def _causes(error: Exception, steps: tuple[Step, ...]) -> list[tuple[Step, Exception]]:
    if isinstance(error, StepsFailed):
        return [(Step(*step), cause) for step, cause in error.errors]
    return (
        [(step, error) for step in steps[:1]]
        if not isinstance(error, WorkerLost)
        else [(step, error) for step in steps]
    )


def _tell_crashed(task_run_id: UUID, error: BaseException) -> None:
    """Without this Prefect would show the task run as running for ever."""
    from prefect.client.orchestration import get_client
    from prefect.states import Crashed

    with get_client(sync_client=True) as client:
        client.set_task_run_state(task_run_id, Crashed(message=f"Lost: {error}"), force=True)
