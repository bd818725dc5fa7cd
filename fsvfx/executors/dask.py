"""The executor that works on Dask: worker processes of this machine, or the scheduler that the settings name."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from heapq import heappop, heappush
from itertools import count
from queue import Empty, SimpleQueue
from typing import Any, cast

import dask
from distributed import CancelledError, Client, Future, KilledWorker, Nanny, Scheduler, SpecCluster

from fsvfx.errors import MachineError, WorkerLost
from fsvfx.executors.contract import Ended, Executor, Task
from fsvfx.executors.seats import Seat, seats
from fsvfx.settings import machine

PRELOAD = "fsvfx.runner.steps"
_LOOK_SECONDS = 5.0
"""Between looks for workers that have come, while nothing ends."""

_QUIET = {"DASK_LOGGING__DISTRIBUTED": "critical"}
"""Of workers: they print the traceback of every task that fails, and complain at length when a cluster closes."""


class Dask(Executor):
    """``workers``: processes of this machine, unless ``FSVFX_SCHEDULER`` or ``address`` names a scheduler.

    Dask gets no more tasks than it has threads: when a worker dies, Dask blames all that it held, and what a worker
    that dies has done is lost unless it was fetched. So the others wait here, and a thread is free once its task's
    value is here.
    """

    def __init__(self, workers: int = 0, address: str | None = None) -> None:
        super().__init__(workers)
        self._address = address
        self._cluster: AbstractContextManager[str] = nullcontext("")
        self._client: Any = None
        self._waiting: list[tuple[int, int, Task]] = []
        self._futures: dict[Task, Future[Any]] = {}
        self._ended: SimpleQueue[tuple[Task, Future[Any]]] = SimpleQueue()
        self._numbers = count()

    @property
    def has_gpu(self) -> bool:
        return has_gpu_workers(self._client)

    def start(self) -> None:
        self._cluster = nullcontext(self._address) if self._address else scheduler(self.workers)
        client: Any = Client  # which is not typed
        self._client = client(self._cluster.__enter__(), set_as_default=False)

    def submit(self, task: Task) -> None:
        heappush(self._waiting, (-task.priority, next(self._numbers), task))
        self._fill()

    def wait(self, timeout: float | None = None) -> Ended | None:
        until = None if timeout is None else time.monotonic() + timeout
        while until is None or time.monotonic() < until:
            left = _LOOK_SECONDS if until is None else max(0.0, min(_LOOK_SECONDS, until - time.monotonic()))
            try:
                task, future = self._ended.get(timeout=left)
            except Empty:
                self._fill()  # workers may have come
                continue
            if task in self._futures:  # else it was cancelled
                ended = _ended(task, future)
                del self._futures[task]
                self._fill()
                return ended
        return None

    def cancel(self) -> None:
        futures, self._futures = list(self._futures.values()), {}
        self._waiting.clear()
        self._client.cancel(futures, force=True)

    def close(self) -> None:
        self._client.close()
        self._cluster.__exit__(None, None, None)

    def _fill(self) -> None:
        """Hand tasks to the threads that are free; one waits for workers where none is there."""
        if not self._waiting:
            return
        workers = _workers(self._client)
        free = max(1, sum(worker["nthreads"] for worker in workers)) - len(self._futures)
        gpus = sum(_offers_gpu(worker) for worker in workers)
        free_gpus = gpus - sum(task.gpu for task in self._futures)
        kept = []
        while self._waiting and free > 0:
            one = heappop(self._waiting)
            if gpus and one[-1].gpu and free_gpus <= 0:
                kept.append(one)
                continue
            free, free_gpus = free - 1, free_gpus - one[-1].gpu
            self._hand_over(one[-1], on_gpu=bool(gpus) and one[-1].gpu)
        for one in kept:
            heappush(self._waiting, one)

    def _hand_over(self, task: Task, on_gpu: bool) -> None:
        wishes = {"resources": {"GPU": 1}} if on_gpu else {}
        key = f"{task.label}-{next(self._numbers)}"
        future = self._client.submit(Task.run, task, key=key, pure=False, **wishes)
        self._futures[task] = future
        future.add_done_callback(lambda ended: self._ended.put((task, ended)))
        self.began(task)


def _ended(task: Task, future: Any) -> Ended:
    try:
        return Ended(task, future.result())
    except DEATHS as error:
        return Ended(task, error=lost(task.label, error))
    except Exception as error:
        return Ended(task, error=error)


DEATHS: tuple[type[BaseException], ...] = (KilledWorker, CancelledError)
"""What Dask raises for a task that never returned."""


def lost(label: str, error: BaseException) -> WorkerLost:
    """``error``: one of ``DEATHS``."""
    return WorkerLost(f"The workers of {label} died: too little memory, or a crash in native code ({error})")


@contextmanager
def scheduler(workers: int = 0, preload: str = PRELOAD) -> Iterator[str]:
    """Address of a scheduler: the one in ``FSVFX_SCHEDULER``, else a cluster that lives as long as the context."""
    named = machine().scheduler
    if named:
        yield named
        return
    try:
        cluster = local_cluster(workers, preload)
    except (OSError, TimeoutError, RuntimeError) as error:
        hint = "Run fsvfx doctor; fewer workers need less memory"
        raise MachineError(f"The Dask workers did not start: {error}", hint=hint, transient=True) from error
    with cluster:
        yield cluster.scheduler_address


def local_cluster(workers: int = 0, preload: str = PRELOAD) -> SpecCluster:
    """Processes of one thread each on this machine, reachable on loopback only, one for each seat.

    ``preload``: the module that each imports as it starts.
    """
    found = seats(workers)
    nannies = {seat.name: _nanny(seat, preload) for seat in found}
    options = {"host": "127.0.0.1", "port": 0, "dashboard": False, "dashboard_address": "127.0.0.1:0"}
    environment = {name: value for name, value in found[0].environment.items() if name != "CUDA_VISIBLE_DEVICES"}
    environment |= _QUIET
    with dask.config.set({f"distributed.nanny.pre-spawn-environ.{name}": one for name, one in environment.items()}):
        made: Any = SpecCluster  # which is not typed
        spec = {"cls": Scheduler, "options": options}
        return cast(SpecCluster, made(workers=nannies, scheduler=spec, silence_logs=50))


def has_gpu_workers(client: Any) -> bool:
    """Whether any worker of a ``distributed.Client`` offers the resource ``GPU``."""
    return any(map(_offers_gpu, _workers(client)))


def _workers(client: Any) -> list[dict[str, Any]]:
    return list(client.scheduler_info(n_workers=-1)["workers"].values())


def _offers_gpu(worker: Mapping[str, Any]) -> bool:
    return bool(worker.get("resources", {}).get("GPU"))


def _nanny(seat: Seat, preload: str) -> dict[str, Any]:
    shown = {"CUDA_VISIBLE_DEVICES": seat.environment["CUDA_VISIBLE_DEVICES"]}
    options = {
        "host": "127.0.0.1",
        "nthreads": 1,
        "memory_limit": seat.memory,
        "dashboard": False,
        "silence_logs": 40,
        "env": shown,
        "preload": [preload],
    }
    offers = {} if seat.gpu is None else {"resources": {"GPU": 1}}
    return {"cls": Nanny, "options": options | offers}
