"""``python -m fsvfx.training ORDER.json``: one training in a process of its own, or in several that torchrun starts.

It tells what happens as lines of JSON (``fsvfx.training.lines``). A signal to end, or the end of the pipe that is its
standard input, makes it save a checkpoint and stop.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import nullcontext, suppress
from pathlib import Path

from fsvfx.device import device_with, named
from fsvfx.errors import FsvfxError
from fsvfx.facesets import open_faceset, store_of
from fsvfx.training.alone import alone_in
from fsvfx.training.kept import keep
from fsvfx.training.lines import Ended, Told, line_of
from fsvfx.training.run import run
from fsvfx.training.stopping import stop_when_asked
from fsvfx.training.stops import STOPPED
from fsvfx.training.world import World
from schemas.training import TrainingOrder


def main(path: Path) -> int:
    """Train as the order says; returns the exit code."""
    asked = stop_when_asked()
    try:
        _train(TrainingOrder.model_validate_json(path.read_bytes()), asked.is_set)
    except FsvfxError as error:
        _tell(error)
        return error.exit_code
    return 0


def _train(order: TrainingOrder, should_stop: Callable[[], bool]) -> None:
    job, folder, device = order.job, Path(order.job.folder), device_with(order.gpus)
    world = World(device)
    with alone_in(folder, _tell) if world.leads else nullcontext():
        store = store_of(job.store, job.production)
        facesets = {person: open_faceset(store, receipt) for person, receipt in order.facesets.items()}
        trained = run(job, facesets, device=device, report=_tell, should_stop=should_stop)
        if world.leads:
            keep(folder, trained)
            stopped = trained.reason == STOPPED
            _tell(Ended(trained.step, named(device, world.size), trained.reason, stopped))


def _tell(told: Told) -> None:
    """In one piece: several processes share the pipe. If nobody listens any more, a checkpoint is still to be made."""
    with suppress(BrokenPipeError):
        os.write(sys.stdout.fileno(), line_of(told).encode())


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
