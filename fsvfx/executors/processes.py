"""The executor for processes of its own on this machine. A process that dies only costs its task's time: the task is
tried again in another one, and the pool is refilled."""

from __future__ import annotations

import itertools
import logging
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.connection import wait as wait_for

from fsvfx.errors import MachineError, WorkerLost
from fsvfx.executors.contract import Ended, Executor, Task
from fsvfx.executors.seats import Seat, seats
from fsvfx.executors.spawned import PRELOAD, STARTS, UP_SECONDS, Spawned, Template, came_up

log = logging.getLogger(__name__)

_PATIENCE = 5.0
"""Seconds for a process to end."""
LONG_SECONDS = 1800.0
"""A longer task is reported, but not stopped: a 4K chunk may take that long."""


@dataclass(eq=False)
class _Queued:
    task: Task
    number: int
    deaths: int = 0

    def __lt__(self, other: _Queued) -> bool:
        return (-self.task.priority, self.number) < (-other.task.priority, other.number)


class _Worker:
    """A process, and its current task."""

    def __init__(self, seat: Seat, spawned: Spawned) -> None:
        self.seat = seat
        self.held: _Queued | None = None
        self.is_up = False
        self.since = time.monotonic()
        self.is_told_of = False
        self.spawned = spawned

    def give(self, queued: _Queued) -> None:
        self.held = queued
        self.since, self.is_told_of = time.monotonic(), False
        try:
            self.spawned.pipe.send(queued.task)
        except OSError:
            log.debug("worker %s died before it got its task", self.spawned.pid)  # the pipe closing tells the rest


class Processes(Executor):
    """A pool of processes, one task each at a time; each starts with its first task."""

    def __init__(self, workers: int = 0, preload: str = PRELOAD) -> None:
        super().__init__(workers)
        self._free: list[Seat] = []
        self._pool: list[_Worker] = []
        self._waiting: list[_Queued] = []
        self._numbers = itertools.count()
        self._failed_starts = 0
        self._template = Template("fsvfx.executors.worker", preload)

    @property
    def has_gpu(self) -> bool:
        return any(seat.gpu is not None for seat in (*self._free, *(worker.seat for worker in self._pool)))

    def start(self) -> None:
        self._free = seats(self.workers)

    def submit(self, task: Task) -> None:
        self._waiting.append(_Queued(task, next(self._numbers)))

    def wait(self, timeout: float | None = None) -> Ended | None:
        until = None if timeout is None else time.monotonic() + timeout
        while True:
            self._assign()
            busy = {worker.spawned.pipe: worker for worker in self._pool if worker.held}
            left = None if until is None else max(0.0, until - time.monotonic())
            if not busy:
                time.sleep(left or 0)
                return None
            ready = wait_for(list(busy), min(UP_SECONDS, UP_SECONDS if left is None else left))
            for pipe in ready[:1]:
                assert isinstance(pipe, Connection)
                ended = self._hear(busy[pipe])
                if ended is not None:
                    return ended
            if not ready:
                self._watch()
                if until is not None and time.monotonic() >= until:
                    return None

    def cancel(self) -> None:
        self._waiting.clear()
        for worker in [one for one in self._pool if one.held]:
            self._drop(worker)

    def close(self) -> None:
        self._waiting.clear()
        for worker in list(self._pool):
            self._drop(worker)
        self._template.close()

    def _assign(self) -> None:
        """Give waiting tasks to idle workers, and start more while there are free seats."""
        for queued in sorted(self._waiting):
            worker = self._worker_for(queued.task)
            if worker is not None:
                self._waiting.remove(queued)
                worker.give(queued)
                self.began(queued.task)

    def _worker_for(self, task: Task) -> _Worker | None:
        """An idle one, otherwise a new one; with a GPU if the task requests one and there is any."""
        bound = task.gpu and self.has_gpu
        idle = [one for one in self._pool if not one.held and (one.seat.gpu is not None or not bound)]
        if idle:
            return idle[0]
        seat = next((one for one in self._free if one.gpu is not None or not bound), None)
        if seat is None:
            return None
        self._pool.append(_Worker(seat, self._spawn(seat)))
        self._free.remove(seat)
        return self._pool[-1]

    def _spawn(self, seat: Seat) -> Spawned:
        for number in range(1, STARTS + 1):
            try:
                return self._template.spawn(seat)
            except OSError as error:
                if number == STARTS:
                    what = f"Workers did not start, {STARTS} times; the last time {error}"
                    raise MachineError(what, hint="Run fsvfx doctor; fewer workers need less memory") from error
        raise AssertionError

    def _hear(self, worker: _Worker) -> Ended | None:
        """The worker's report on its task; None if it reports startup, or died and the task is tried again."""
        queued = worker.held
        assert queued is not None
        if not worker.is_up:
            worker.is_up = came_up(worker.spawned.pipe)
            if not worker.is_up:
                self._not_up(worker, queued)
            return None
        self._failed_starts = 0
        try:
            value, error = worker.spawned.pipe.recv()
        except (EOFError, OSError):
            return self._died(worker, queued)
        worker.held = None
        return Ended(queued.task, value, error)

    def _not_up(self, worker: _Worker, queued: _Queued) -> None:
        """Its task is not to blame. Raises MachineError."""
        how = self._drop(worker, _PATIENCE)
        self._failed_starts += 1
        self._waiting.append(queued)
        if self._failed_starts == STARTS:
            words = worker.spawned.log.last_words()
            what = f"Workers did not start, {STARTS} times; the last one {how}{'; it said' if words else ''}\n{words}"
            raise MachineError(what.strip(), hint="Run fsvfx doctor; fewer workers need less memory")

    def _died(self, worker: _Worker, queued: _Queued) -> Ended | None:
        how = self._drop(worker, _PATIENCE)
        queued.deaths += 1
        log.warning("%s: its worker, process %s, %s", queued.task.label, worker.spawned.pid, how)
        if queued.deaths < self.TRIES:
            self._waiting.append(queued)
            return None
        what = f"The worker of {queued.task.label} died {queued.deaths} times; the last one {how}"
        return Ended(queued.task, error=WorkerLost(what))

    def _watch(self) -> None:
        """Called after an idle period: end processes that fail to start, report long tasks."""
        for worker in self._pool:
            took = time.monotonic() - worker.since
            if not worker.is_up and took > UP_SECONDS:
                worker.spawned.kill()  # the pipe closing tells the rest
            elif worker.held and took > LONG_SECONDS and not worker.is_told_of:
                worker.is_told_of = True
                log.warning("%s has been at work for %.0f minutes", worker.held.task.label, took / 60)

    def _drop(self, worker: _Worker, patience: float = 0.0) -> str:
        """Frees its seat; returns how it ended."""
        self._pool.remove(worker)
        self._free.append(worker.seat)
        return worker.spawned.end(patience)
