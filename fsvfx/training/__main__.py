"""``python -m fsvfx.training ORDER.json``: one training in a process of its own, or in several started by torchrun.

It reports as lines of JSON (``fsvfx.training.events``). On a termination signal, or when the pipe at its standard input
closes, it saves a checkpoint and stops.
"""

from __future__ import annotations

import os
import signal
import stat
import sys
from collections.abc import Callable
from contextlib import nullcontext, suppress
from pathlib import Path
from threading import Event, Thread

from fsvfx.context import device_with, named
from fsvfx.errors import FsvfxError
from fsvfx.facesets import open_faceset, store_of
from fsvfx.training.events import Ended, Message, to_line
from fsvfx.training.folder import alone_in
from fsvfx.training.progress import STOPPED
from fsvfx.training.result import save_result
from fsvfx.training.run import run
from fsvfx.training.world import World
from schemas.training import TrainingOrder


def main(path: Path) -> int:
    """Train as described in the order; returns the exit code."""
    stop = stop_requests()
    try:
        _train(TrainingOrder.model_validate_json(path.read_bytes()), stop.is_set)
    except FsvfxError as error:
        _report(error)
        return error.exit_code
    return 0


def _train(order: TrainingOrder, should_stop: Callable[[], bool]) -> None:
    job, folder, device = order.job, Path(order.job.folder), device_with(order.gpus)
    world = World(device)
    with alone_in(folder, _report) if world.leads else nullcontext():
        store = store_of(job.store, job.production)
        own = {} if job.is_crowd else order.facesets
        facesets = {person: open_faceset(store, receipt) for person, receipt in own.items()}
        trained = run(job, facesets, device=device, report=_report, should_stop=should_stop)
        if world.leads:
            save_result(folder, trained)
            stopped = trained.reason == STOPPED
            _report(Ended(trained.step, named(device, world.size), trained.reason, stopped))


def _report(message: Message) -> None:
    """As a single write: several processes share the pipe. If nobody reads it any more, a checkpoint must still be
    saved."""
    with suppress(BrokenPipeError):
        os.write(sys.stdout.fileno(), to_line(message).encode())


def stop_requests() -> Event:
    """An event that is set on SIGINT, on SIGTERM, and, if standard input is a pipe, when it closes."""
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    handle = sys.stdin.fileno()
    if stat.S_ISFIFO(os.fstat(handle).st_mode):
        Thread(target=_watch, args=(handle, stop), daemon=True).start()
    return stop


def _watch(handle: int, stop: Event) -> None:
    while os.read(handle, 1024):
        pass
    stop.set()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
