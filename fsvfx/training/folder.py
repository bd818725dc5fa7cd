"""The training's folder: whether a training may use it, and a lock for one process at a time.

A second process would write into the first one's curves and checkpoints.
"""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fsvfx.disk import unwritable
from fsvfx.errors import InputError, MachineError, Where
from fsvfx.training.events import Notice, Report

PATIENCE = 120.0
"""Seconds for a stopping process to finish its iteration and its checkpoint."""
EVENTS, ORDER, LOG, _LOCK = "events.jsonl", "order.json", "training.log", "training.lock"
"""Its messages; its order; its standard error; the lock held while it trains."""


def check_folder(folder: Path) -> None:
    """Whether a training may use the folder: it is new, empty or a training's. Raises InputError."""
    try:
        names = {each.name for each in folder.iterdir()}
    except FileNotFoundError:
        return
    except OSError as error:
        raise unwritable(folder, error) from error
    if names and not names.intersection((ORDER, _LOCK)):
        raise InputError(
            "The training's folder holds files that no training wrote",
            hint="Give the model another name, or set 'training' to another folder in the manifest",
            where=Where(file=str(folder), field="training"),
        )


@contextmanager
def alone_in(folder: Path, report: Report, patience: float = PATIENCE) -> Iterator[None]:
    """Lock the folder, after the current holder has ended. Raises MachineError if that takes too long."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / _LOCK).open("w") as gate:
        until = time.monotonic() + patience
        if not _locked(gate.fileno()):
            report(Notice("Another process is training in this folder: waiting for it to end"))
            while not _locked(gate.fileno()):
                if time.monotonic() > until:
                    raise MachineError(
                        "Another process is training in this folder",
                        hint="Wait until it ends, or stop it; then run this again",
                        where=Where(file=str(folder)),
                        transient=True,
                    )
                time.sleep(0.2)
        yield


def _locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
