"""The Dask cluster of this machine: a scheduler in this process, and for each seat a worker process that is restarted
when it dies.

Anybody who can talk to Dask can run code as its user. So its sockets are on loopback and only accept the keys that are
generated for this cluster, in memory; there are no dashboards.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
import threading
from multiprocessing.connection import Connection
from typing import Any, cast

import psutil
from distributed import Scheduler, SpecCluster
from distributed.deploy.spec import ProcessInterface
from distributed.security import Security

from fsvfx.errors import MachineError
from fsvfx.executors.dask_worker import Orders
from fsvfx.executors.seats import Seat, seats
from fsvfx.executors.spawned import STARTS, UP_SECONDS, Spawned, Template, came_up

FIRST_PAUSE = 0.5
"""Seconds before a worker that failed to start is started again; each later pause is twice as long."""
_END_SECONDS = 5.0
"""Between the end of a worker's connection and its own."""
_TOLD_SECONDS = 1.0
"""Maximum delay between a worker's end and its detection."""
_LOOK_SECONDS = 1.0
"""Between checks of a worker's memory."""
_MOST_MEMORY = 0.95
"""The share of its seat's memory at which a worker is killed, before the whole machine runs out."""


def local_cluster(workers: int, template: Template) -> SpecCluster:
    """Single-threaded processes on this machine, one for each seat. They may still be starting when it returns.

    ``template``: the process that they are copies of; it ends with the cluster. Raises MachineError if there is no
    scheduler.
    """
    security: Any = Security.temporary()  # type: ignore[no-untyped-call]
    folder = tempfile.mkdtemp(prefix="fsvfx-dask-")  # only readable by its user
    given = {"folder": folder, "template": template, "security": security}
    found = {seat.name: {"cls": WorkerProcess, "options": {"seat": seat, **given}} for seat in seats(workers)}
    options = {"host": "127.0.0.1", "port": 0, "protocol": "tls", "security": security, "dashboard": False}
    made: Any = _Cluster  # untyped
    try:
        cluster = made(
            template,
            folder,
            workers=found,
            scheduler={"cls": _Scheduler, "options": options},
            security=security,
            silence_logs=50,
        )
    except (OSError, TimeoutError, RuntimeError) as error:
        raise MachineError(f"Dask did not start: {error}", hint="Run fsvfx doctor", transient=True) from error
    return cast(SpecCluster, cluster)


def given_up(cluster: Any) -> list[str]:
    """Why seats of a ``local_cluster`` have no worker and will not get one."""
    return [worker.given_up for worker in list(cluster.workers.values()) if worker.given_up]


def how_it_ended(cluster: Any, name: str) -> str:
    """How a worker process of a ``local_cluster`` ended; for others only that it is gone."""
    if cluster is None:
        return "is gone"
    seat, _, pid = name.rpartition("-")
    worker = cluster.workers.get(seat)
    return worker.death_of(int(pid)) if worker is not None else "is gone"


class _Cluster(SpecCluster):
    def __init__(self, template: Template, folder: str, **given: Any) -> None:
        self._template, self._folder = template, folder
        self.has_gpu = any(worker["options"]["seat"].gpu is not None for worker in given["workers"].values())
        super().__init__(**given)  # type: ignore[no-untyped-call]

    def end_workers(self) -> None:
        """They are replaced by others."""
        for worker in list(self.workers.values()):
            worker.kill()

    def close(self, timeout: float | None = None) -> Any:
        answer = super().close(timeout)
        self._template.close()
        shutil.rmtree(self._folder, ignore_errors=True)
        return answer


class _Scheduler(Scheduler):
    def start_http_server(self, *given: Any, **more: Any) -> None:
        """None: without the keys nobody may query it."""


class WorkerProcess(ProcessInterface):
    """The worker of a seat: a process, replaced by another one when it dies."""

    def __init__(
        self, scheduler: str, name: str, *, seat: Seat, folder: str, template: Template, security: Security
    ) -> None:
        super().__init__(scheduler=scheduler, name=name)  # type: ignore[no-untyped-call]
        self.given_up = ""
        """Why it will not be replaced."""
        self._deaths: dict[int, str] = {}
        self._told = threading.Condition()
        self._orders = Orders(scheduler, name, folder, seat.gpu is not None, security)
        self._seat, self._template = seat, template
        self._process: Spawned | None = None
        self._closing = threading.Event()
        self._gate = threading.Lock()
        self._thread = threading.Thread(target=self._keep, name=f"fsvfx-{name}", daemon=True)

    async def start(self) -> None:
        """Its process starts, and joins the scheduler by itself."""
        self._thread.start()
        await super().start()  # type: ignore[no-untyped-call]

    def kill(self) -> None:
        """Kill its process; another one replaces it."""
        with self._gate:
            if self._process is not None:
                self._process.kill()

    async def close(self) -> None:
        """End the process."""
        self._closing.set()
        self.kill()
        await asyncio.to_thread(self._thread.join, _END_SECONDS)
        await super().close()  # type: ignore[no-untyped-call]

    def death_of(self, pid: int) -> str:
        """How its process with that id ended."""
        with self._told:
            self._told.wait_for(lambda: pid in self._deaths, _TOLD_SECONDS)
            return self._deaths.get(pid, "is gone")

    def _keep(self) -> None:
        """Restarts it until it is closed, or until processes fail to start."""
        failed = 0
        while not self._closing.is_set():
            is_up, how = self._live()
            failed = 0 if is_up else failed + 1
            if failed == STARTS and not self._closing.is_set():
                self.given_up = f"Worker {self._orders.name} did not start, {STARTS} times; the last one {how}"
                return
            if failed:
                self._closing.wait(FIRST_PAUSE * 2 ** (failed - 1))

    def _live(self) -> tuple[bool, str]:
        """Run one process until it ends: whether it started up, and how it ended."""
        try:
            process = self._template.spawn(self._seat)
        except OSError as error:
            return False, f"can't be run: {error}"
        with self._gate:
            self._process = process
            if self._closing.is_set():
                process.kill()
        is_up = self._comes_up(process.pipe)
        said = self._watch(process) if is_up else ""
        how = process.end(_END_SECONDS if is_up else 0)
        with self._told:
            self._deaths[process.pid] = said or how
            self._told.notify_all()
        words = process.log.last_words()
        return is_up, f"{how}; it said\n{words}" if words else how

    def _comes_up(self, pipe: Connection) -> bool:
        try:
            pipe.send(self._orders)
            return pipe.poll(UP_SECONDS) and came_up(pipe)
        except OSError:
            return False

    def _watch(self, process: Spawned) -> str:
        """Until it has ended, which closes the pipe; returns the reason if it had to be killed."""
        said = ""
        while not process.pipe.poll(_LOOK_SECONDS):
            said = said or _too_much(process, self._seat.memory)
        return said


def _too_much(process: Spawned, memory: int) -> str:
    """Kill a process that uses more memory than its seat has."""
    with contextlib.suppress(psutil.Error):
        used = psutil.Process(process.pid).memory_info().rss
        if used > memory * _MOST_MEMORY:
            process.kill()
            return f"took {used / 2**30:.1f} GiB of memory, and its share is {memory / 2**30:.1f}"
    return ""
