"""Makes what comes next in a thread, while what came last is used."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from queue import Empty, Full, Queue
from typing import Generic, TypeVar

T = TypeVar("T")
_PATIENCE = 0.1
"""Seconds between looks at whether to stop."""


class Ahead(Generic[T]):
    """``make(number)`` for number = first, first + 1, ..., up to ``depth`` of them before they are asked for."""

    def __init__(self, make: Callable[[int], T], first: int, depth: int) -> None:
        self._ready: Queue[T | BaseException] = Queue(depth)
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=_work, args=(make, first, self._ready, self._stop), name="training data", daemon=True
        )
        self._thread.start()
        self.waited = 0.0
        """Seconds that ``next`` has spent waiting."""

    def next(self) -> T:
        """What comes next. Raises what ``make`` raised."""
        started = time.perf_counter()
        got = self._ready.get()
        self.waited += time.perf_counter() - started
        if isinstance(got, BaseException):
            raise got
        return got

    def close(self) -> None:
        """Stop, and wait until it has."""
        self._stop.set()
        self._thread.join()
        while True:
            try:
                self._ready.get_nowait()
            except Empty:
                return


def _work(make: Callable[[int], T], number: int, ready: Queue[T | BaseException], stop: threading.Event) -> None:
    while not stop.is_set():
        made: T | BaseException
        try:
            made = make(number)
        except BaseException as error:
            made = error
        while not stop.is_set():
            try:
                ready.put(made, timeout=_PATIENCE)
                break
            except Full:
                continue
        if isinstance(made, BaseException):
            return
        number += 1
