"""Endless batches, each determined by its number, prepared in a thread; and their position, for resuming."""

from __future__ import annotations

import hashlib
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from queue import Empty, Full, Queue
from typing import ClassVar, Generic, Self, TypeVar

from pydantic import JsonValue

from fsvfx.errors import InputError

_DEPTH = 3
"""Number of batches prepared ahead."""
_PATIENCE = 0.1
"""Seconds between checks for a stop request."""
T = TypeVar("T")


class Batches(Iterator[T], ABC):
    """After ``restore`` the same batches follow as without an interruption, on every device."""

    ORIGIN: ClassVar[str]
    """Name, in a checkpoint, of the source of the batches."""
    ANOTHER: ClassVar[tuple[str, str]]
    """The message for a checkpoint made from something else, and the hint."""

    def __init__(self, seed: int, origin: JsonValue) -> None:
        self.seed = seed
        self._origin = origin
        self._done = 0
        self._prefetch: Prefetch[T] | None = None

    @abstractmethod
    def make(self, number: int) -> T:
        """The batch of that number."""

    @property
    def waited(self) -> float:
        """Seconds spent waiting for batches since the start or the last ``restore``."""
        return self._prefetch.waited if self._prefetch else 0.0

    def __next__(self) -> T:
        if self._prefetch is None:
            self._prefetch = Prefetch(self.make, self._done, _DEPTH)
        made = self._prefetch.next()
        self._done += 1
        return made

    def state(self) -> dict[str, JsonValue]:
        """The state that a checkpoint keeps; JSON."""
        return {"done": self._done, "seed": self.seed, self.ORIGIN: self._origin}

    def restore(self, state: Mapping[str, JsonValue]) -> None:
        """Continue after the batches that were taken at the time of ``state``. Raises InputError if its source
        differs."""
        if state[self.ORIGIN] != self._origin:
            what, hint = self.ANOTHER
            raise InputError(what, hint=hint)
        self.close()
        self._done, self.seed = int(str(state["done"])), int(str(state["seed"]))

    def close(self) -> None:
        """Stop preparing batches; ``next`` starts it again."""
        if self._prefetch is not None:
            self._prefetch.close()
            self._prefetch = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()


def seed_of(seed: int, number: int, person: str) -> int:
    """A batch's own seed, for a person or another part of it."""
    return int.from_bytes(hashlib.blake2b(f"{seed}/{number}/{person}".encode(), digest_size=7).digest())


class Prefetch(Generic[T]):
    """``make(number)`` for number = first, first + 1, ..., up to ``depth`` of them ahead of use."""

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
        """The next item. Raises what ``make`` raised."""
        started = time.perf_counter()
        got = self._ready.get()
        self.waited += time.perf_counter() - started
        if isinstance(got, BaseException):
            raise got
        return got

    def close(self) -> None:
        """Stop, and wait until the thread has ended."""
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
