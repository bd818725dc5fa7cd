"""A worker process of ``fsvfx.executors.dask_cluster``: joins its scheduler, and ends when the process that started it
does."""

from __future__ import annotations

import asyncio
import faulthandler
import os
import signal
import threading
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

from distributed import Worker
from distributed.security import Security

from fsvfx.executors.dask_calm import calm
from fsvfx.executors.spawned import UP

_HEARTBEAT_MS = 10_000


@dataclass(frozen=True)
class Orders:
    """A worker's startup parameters, sent through a pipe: the keys are not on disk and not in the process list."""

    scheduler: str
    name: str
    folder: str
    """Folder for Dask's own files."""
    gpu: bool
    security: Security = field(repr=False)


def main(descriptor: int) -> None:
    """Serve until the pipe with that file descriptor closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the run, which ends its workers
    faulthandler.enable()  # a crash in native code prints its location
    os.set_inheritable(descriptor, False)
    pipe = Connection(descriptor)
    orders: Orders = pipe.recv()
    threading.Thread(target=_end_with, args=(pipe,), daemon=True).start()
    with calm():
        asyncio.run(_serve(orders, pipe))


class _Worker(Worker):
    def start_http_server(self, *given: Any, **more: Any) -> None:
        """None: without the keys nobody may query it."""

    async def heartbeat(self) -> None:
        """Rarely: the scheduler asks for two a second, but detects a lost worker by the connection alone."""
        await super().heartbeat()
        self.periodic_callbacks["heartbeat"].callback_time = _HEARTBEAT_MS


async def _serve(orders: Orders, pipe: Connection) -> None:
    worker = _Worker(
        orders.scheduler,
        name=f"{orders.name}-{os.getpid()}",  # the one that died may still be on the scheduler's list
        nthreads=1,
        resources={"GPU": 1} if orders.gpu else None,
        security=orders.security,
        host="127.0.0.1",
        memory_limit=0,  # its starter monitors that: a worker paused by Dask may stay paused forever
        local_directory=orders.folder,
        dashboard=False,
    )
    async with worker:
        pipe.send(UP)
        await worker.finished()  # type: ignore[no-untyped-call]


def _end_with(pipe: Connection) -> None:
    """The starter of this process is gone, or wants it to end."""
    try:
        pipe.recv()
    except (EOFError, OSError):
        os._exit(1)
