"""Runs a plan on an executor: each bundle of steps is submitted once everything that it waits for is settled, done or
failed.

Transient errors are retried here, after a pause, the same way on every executor. Other errors are kept, and stop only
what requires the step. The ledger is the source of truth.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import random
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from fsvfx.errors import InputError, MachineError, RightsError, WorkerLost
from fsvfx.executors.contract import Ended, Executor, Task
from fsvfx.runner.bundles import Bundle, bundles_of
from fsvfx.runner.causes import lost
from fsvfx.runner.dag import resources_of, stage, stages
from fsvfx.runner.graph import Step
from fsvfx.runner.plan import Plan
from fsvfx.runner.planning import plan_again
from fsvfx.runner.steps import StepsFailed, is_transient, run_steps
from fsvfx.store import Ledger, open_store
from schemas.receipts import Receipt

log = logging.getLogger(__name__)

RETRIES = 4
FIRST_PAUSE = 2.0
"""Seconds before the first retry; each later one waits twice as long, and up to half as long again: half a minute in
all."""


class Observer(Protocol):
    """Follows a run, in its process."""

    def begins(self, plan: Plan) -> None:
        """A shot begins: ``plan.todo`` is going to run."""

    def began(self, label: str, steps: Sequence[Step]) -> None:
        """A worker has begun a task, which does these steps in turn; again, if the worker before it died."""

    def settled(self, step: Step, error: Exception | None) -> None:
        """A step is done, or has finally failed."""

    def ended(self, label: str, error: Exception | None) -> None:
        """The task has ended. Those of its steps that have not settled begin again, in their own task or in another."""

    def ends(self) -> None:
        """Nothing of the shot is running any more."""


class Silent:
    """Follows nothing."""

    def begins(self, plan: Plan) -> None:
        pass

    def began(self, label: str, steps: Sequence[Step]) -> None:
        pass

    def settled(self, step: Step, error: Exception | None) -> None:
        pass

    def ended(self, label: str, error: Exception | None) -> None:
        pass

    def ends(self) -> None:
        pass


@dataclass(frozen=True)
class Ran:
    """A plan that was run. ``plan``: its current state; ``errors``: the exceptions of failed steps."""

    plan: Plan
    errors: Mapping[Step, Exception]


def run_plan(plan: Plan, executor: Executor, observer: Observer) -> Ran:
    """Run what is missing in ``plan``. Failures are kept, and recorded in the ledger.

    Raises RightsError: it is refused to every step alike; StoreError. On KeyboardInterrupt what runs is cancelled.
    """
    observer.begins(plan)
    drive = _Drive(plan, executor, observer)
    unheard, executor.began = executor.began, drive.began
    try:
        drive.run()
    except BaseException:
        executor.cancel()
        raise
    finally:
        executor.began = unheard
        observer.ends()
    refused = [error for error in drive.errors.values() if isinstance(error, RightsError)]
    if refused:
        raise refused[0]
    return Ran(plan_again(plan), drive.errors)


def raise_wrong_input(errors: Mapping[Step, Exception]) -> None:
    """Raise input errors of the whole shot (whose face is it?): they are no chunk's failure, and a retry would not
    help."""
    for step, error in errors.items():
        if isinstance(error, InputError) and step.unit.chunk is None:
            raise error


@dataclass(frozen=True, eq=False)
class _Try:
    """Some steps of a bundle, tried for the ``number``-th time (from 0)."""

    bundle: Bundle
    steps: tuple[Step, ...]
    number: int = 0


class _Drive:
    """One run of a plan. ``receipts`` grows with what is committed, ``errors`` with what fails."""

    def __init__(self, plan: Plan, executor: Executor, observer: Observer) -> None:
        self.plan, self.executor, self.observer = plan, executor, observer
        self.receipts: dict[Step, Receipt] = plan.final
        self.errors: dict[Step, Exception] = {}
        self._begun = datetime.now(UTC)
        self._order = {name: place for place, name in enumerate(stages())}
        self._running: dict[Task, _Try] = {}
        self._ready: deque[_Try] = deque()
        self._paused: list[tuple[float, int, _Try]] = []
        self._numbers = itertools.count()
        self._waiting: dict[Bundle, set[Step]] = {}
        self._readers: dict[Step, list[Bundle]] = {}

    def run(self) -> None:
        """Run it all; errors are kept, not raised."""
        self._begin(bundles_of(self.plan.graph, self.plan.todo, self._gpu_stages()))
        while self._ready or self._running or self._paused:
            while self._ready:
                self._submit(self._ready.popleft())
            if ended := self._wait():
                self._settle(self._running.pop(ended.task), ended)

    def began(self, task: Task) -> None:
        """Its executor has begun it."""
        self.observer.began(task.label, self._running[task].steps)

    def _gpu_stages(self) -> set[str]:
        """Stages that go to workers with a GPU, if there are such workers."""
        names = {step.stage for step in self.plan.todo} if self.executor.has_gpu else set()
        return {name for name in names if resources_of(name, self.plan.job).gpu}

    def _begin(self, bundles: Sequence[Bundle]) -> None:
        todo = {step for bundle in bundles for step in bundle.steps}
        self._waiting = {bundle: set(bundle.waits_for & todo) for bundle in bundles}
        for bundle, sources in self._waiting.items():
            for source in sources:
                self._readers.setdefault(source, []).append(bundle)
        self._ready.extend(_Try(bundle, bundle.steps) for bundle, sources in self._waiting.items() if not sources)

    def _wait(self) -> Ended | None:
        """What ends next; None once a pause is over."""
        if not self._paused:
            return self.executor.wait() if self._running else None
        ended = self.executor.wait(max(0.0, self._paused[0][0] - time.monotonic()))
        if ended is None and self._paused[0][0] <= time.monotonic():
            self._ready.append(heapq.heappop(self._paused)[2])
        return ended

    def _submit(self, one: _Try) -> None:
        """Submit those of its steps that can run to the executor."""
        steps = self._possible(one.steps)
        if not steps:
            self._release(one.bundle)
            return
        task = Task(
            kind=one.bundle.stage,
            label=one.bundle.label,
            function=run_steps,
            arguments=(self.plan.job, steps, self._given(steps), self._passed_on(steps)),
            priority=self._priority(steps[-1]),
            gpu=any(resources_of(step.stage, self.plan.job).gpu for step in steps),
        )
        self._running[task] = _Try(one.bundle, steps, one.number)
        self.executor.submit(task)

    def _priority(self, last: Step) -> int:
        """Later stages go first, so that chunks get finished; but before all that each chunk waits for, and that one
        worker does alone."""
        return len(self._order) if last.unit.kind == "person" else self._order[last.stage]

    def _given(self, steps: Sequence[Step]) -> list[Receipt]:
        """Receipts of what the steps read; where arrays were not kept, of all that it takes to compute them again."""
        found: dict[Step, Receipt] = {}
        waiting = [source for step in steps for source in self.plan.graph.reads[step]]
        while waiting:
            source = waiting.pop()
            receipt = self.receipts.get(source)
            if receipt is None or source in found or source in steps:
                continue
            found[source] = receipt
            if not receipt.kept:
                waiting.extend(self.plan.graph.reads[source])
        return list(found.values())

    def _passed_on(self, steps: Sequence[Step]) -> tuple[Step, ...]:
        """Steps whose arrays need not be kept: all their readers are among the steps."""
        if self.plan.job.keep == "all":
            return ()
        readers = {step: self.plan.graph.read_by.get(step) for step in steps if stage(step.stage).intermediate}
        return tuple(step for step, own in readers.items() if own and own <= set(steps))

    def _possible(self, wanted: Sequence[Step]) -> tuple[Step, ...]:
        """The steps whose required inputs are there, or are made by steps before them; of what takes those that there
        are (a shot's tracks, of its chunks) at least one."""
        graph, steps = self.plan.graph, dict.fromkeys(wanted, False)
        for step in steps:
            there = {one for one in graph.reads[step] if one in self.receipts or steps.get(one)}
            chunks = {one for one in graph.reads[step] if one.unit.chunk}
            steps[step] = graph.required[step] <= there and bool(chunks & there or not chunks)
        return tuple(step for step, possible in steps.items() if possible)

    def _settle(self, one: _Try, ended: Ended) -> None:
        if isinstance(ended.error, WorkerLost):
            self._settle_lost(one, ended.error)
        else:
            self._settle_ended(one, ended)
        self.observer.ended(ended.task.label, ended.error)

    def _settle_ended(self, one: _Try, ended: Ended) -> None:
        for receipt in ended.value if ended.error is None else getattr(ended.error, "receipts", ()):
            self._done(receipt)
        causes = {} if ended.error is None else _causes(ended.error, one.steps)
        passing = {step for step, error in causes.items() if is_transient(error) and one.number < RETRIES}
        for step, error in causes.items():
            if step not in passing:
                self._failed(step, error)
        if passing:
            self._pause(one, self._left(one))
        else:
            self._release(one.bundle)

    def _settle_lost(self, one: _Try, error: WorkerLost) -> None:
        """Of a task that killed its workers, again and again, the first step that could run and has no receipt is to
        blame: those before it are committed, those after it have not begun. What can do without it runs on."""
        now = plan_again(self.plan)
        for step in one.steps:
            entry = now.steps[step]
            if entry.receipt is not None:
                self._done(entry.receipt)
            elif entry.failure is not None and entry.failure.at >= self._begun:  # it failed before another one killed
                self._failed(step, MachineError(entry.failure.message, hint=entry.failure.hint))
        culprit = next(iter(self._possible(self._left(one))), None)
        if culprit is not None:
            job, key = self.plan.job, now.steps[culprit].key
            Ledger(open_store(job)).fail(lost(job, culprit.stage, culprit.unit, key, error))
            self._failed(culprit, error)
        self._ready.append(_Try(one.bundle, self._left(one), one.number))

    def _done(self, receipt: Receipt) -> None:
        step = Step(receipt.stage, receipt.unit)
        self.receipts[step] = receipt
        self.observer.settled(step, None)

    def _failed(self, step: Step, error: Exception) -> None:
        self.errors[step] = error
        self.observer.settled(step, error)

    def _left(self, one: _Try) -> tuple[Step, ...]:
        """The steps that have not settled."""
        return tuple(step for step in one.steps if step not in self.receipts and step not in self.errors)

    def _pause(self, one: _Try, steps: tuple[Step, ...]) -> None:
        seconds = FIRST_PAUSE * 2**one.number * random.uniform(1.0, 1.5)
        log.info("%s: retrying in %.0f s", one.bundle.label, seconds)
        again = _Try(one.bundle, steps, one.number + 1)
        heapq.heappush(self._paused, (time.monotonic() + seconds, next(self._numbers), again))

    def _release(self, settled: Bundle) -> None:
        """Bundles that waited only for this one are ready."""
        for step in settled.steps:
            for bundle in self._readers.get(step, ()):
                self._waiting[bundle].discard(step)
                if not self._waiting[bundle]:
                    self._ready.append(_Try(bundle, bundle.steps))


def _causes(error: Exception, steps: Sequence[Step]) -> dict[Step, Exception]:
    if isinstance(error, StepsFailed):
        return {Step(*step): cause for step, cause in error.errors}
    return dict.fromkeys(steps[:1], error)
