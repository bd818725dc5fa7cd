"""The executor that works in processes of its own on this machine. A process that dies costs no more than its task's
time: the task is tried again in another one, and the pool is refilled."""

from __future__ import annotations

import itertools
import json
import logging
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe
from multiprocessing.connection import wait as wait_for

from fsvfx.errors import WorkerLost
from fsvfx.executors.contract import Ended, Executor, Task
from fsvfx.executors.seats import Seat, seats

log = logging.getLogger(__name__)

_START = """
import json, sys
sys.path += [one for one in json.loads(sys.argv[2]) if one not in sys.path]
from fsvfx.executors.worker import main
main(int(sys.argv[1]))
"""
"""Run with ``-P``: what lies in the working folder shadows no module of ours."""
_PATIENCE = 5.0
"""Seconds for a process to end."""


@dataclass(eq=False)
class _Queued:
    task: Task
    number: int
    deaths: int = 0

    def __lt__(self, other: _Queued) -> bool:
        return (-self.task.priority, self.number) < (-other.task.priority, other.number)


class _Worker:
    """A process, the pipe to it, and the task that it works on."""

    def __init__(self, seat: Seat) -> None:
        self.seat = seat
        self.held: _Queued | None = None
        self.pipe, theirs = Pipe()
        paths = json.dumps([one for one in sys.path if one and os.path.isabs(one)])
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", _START, str(theirs.fileno()), paths],
            env={**os.environ, **seat.environment},
            stdin=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
        )
        theirs.close()

    def give(self, queued: _Queued) -> None:
        self.held = queued
        try:
            self.pipe.send(queued.task)
        except OSError:
            log.debug("worker %s died before it had its task", self.process.pid)  # its pipe's end tells the rest

    def end(self, patience: float = 0.0) -> str:
        """Say how it ended. After ``patience`` seconds: end it."""
        self.pipe.close()
        try:
            code = self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"exited with code {code}"


class Processes(Executor):
    """A pool of processes, one task each at a time; each starts with its first task."""

    def __init__(self, workers: int = 0) -> None:
        super().__init__(workers)
        self._free: list[Seat] = []
        self._pool: list[_Worker] = []
        self._waiting: list[_Queued] = []
        self._numbers = itertools.count()

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
            busy = {worker.pipe: worker for worker in self._pool if worker.held}
            left = None if until is None else max(0.0, until - time.monotonic())
            if not busy:
                time.sleep(left or 0)
                return None
            ready = wait_for(list(busy), left)
            if not ready:
                return None
            worker = next(busy[pipe] for pipe in ready if isinstance(pipe, Connection))
            ended = self._ended(worker)
            if ended is not None:
                return ended

    def cancel(self) -> None:
        self._waiting.clear()
        for worker in [one for one in self._pool if one.held]:
            self._drop(worker)

    def close(self) -> None:
        self._waiting.clear()
        for worker in list(self._pool):
            self._drop(worker)

    def _assign(self) -> None:
        """Give what waits to idle workers, and start others while there are free seats."""
        for queued in sorted(self._waiting):
            worker = self._worker_for(queued.task)
            if worker is not None:
                self._waiting.remove(queued)
                worker.give(queued)
                self.began(queued.task)

    def _worker_for(self, task: Task) -> _Worker | None:
        """An idle one, else a new one; with a GPU where the task asks for that and there is any."""
        bound = task.gpu and self.has_gpu
        idle = [one for one in self._pool if not one.held and (one.seat.gpu is not None or not bound)]
        if idle:
            return idle[0]
        seat = next((one for one in self._free if one.gpu is not None or not bound), None)
        if seat is None:
            return None
        self._free.remove(seat)
        self._pool.append(_Worker(seat))
        return self._pool[-1]

    def _ended(self, worker: _Worker) -> Ended | None:
        """What the worker says of its task; None if it died and the task is to be tried again."""
        queued = worker.held
        assert queued is not None
        try:
            value, error = worker.pipe.recv()
        except (EOFError, OSError):
            return self._died(worker, queued)
        worker.held = None
        return Ended(queued.task, value, error)

    def _died(self, worker: _Worker, queued: _Queued) -> Ended | None:
        how = self._drop(worker, _PATIENCE)
        queued.deaths += 1
        log.warning("%s: its worker, process %s, %s", queued.task.label, worker.process.pid, how)
        if queued.deaths < self.TRIES:
            self._waiting.append(queued)
            return None
        what = f"The worker of {queued.task.label} died {queued.deaths} times; the last one {how}"
        return Ended(queued.task, error=WorkerLost(what))

    def _drop(self, worker: _Worker, patience: float = 0.0) -> str:
        """Its seat is free again; says how it ended."""
        self._pool.remove(worker)
        self._free.append(worker.seat)
        return worker.end(patience)
