"""When a training's own process is asked to stop: by a signal, or because whoever started it is gone."""

from __future__ import annotations

import os
import signal
import stat
import sys
from threading import Event, Thread


def stop_when_asked() -> Event:
    """An event that is set at SIGINT, at SIGTERM, and, if standard input is a pipe, at its end."""
    asked = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: asked.set())
    handle = sys.stdin.fileno()
    if stat.S_ISFIFO(os.fstat(handle).st_mode):
        Thread(target=_watch, args=(handle, asked), daemon=True).start()
    return asked


def _watch(handle: int, asked: Event) -> None:
    while os.read(handle, 1024):
        pass
    asked.set()
