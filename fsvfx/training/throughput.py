"""How fast training goes, and how much of its time it waits for data."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

_MEMORY = 0.8
"""How much of the speed till now stays in the next figure."""


class Throughput:
    """A stopwatch. Counts training's own time: from its making, and ``before`` it in earlier sessions."""

    def __init__(self, before: float = 0.0) -> None:
        self._began = self._lapped = perf_counter()
        self._before = before
        self._waited = self._lap_waited = 0.0
        self.speed = 0.0
        """Iterations a second, lately."""
        self.waiting = 0.0
        """Share of the last lap that went by waiting for data."""

    @property
    def seconds(self) -> float:
        return self._before + perf_counter() - self._began

    @property
    def waiting_in_all(self) -> float:
        """Share of this session's time that went by waiting for data."""
        return self._waited / max(perf_counter() - self._began, 1e-9)

    @contextmanager
    def for_data(self) -> Iterator[None]:
        """What is done in here is waiting."""
        began = perf_counter()
        try:
            yield
        finally:
            spent = perf_counter() - began
            self._waited += spent
            self._lap_waited += spent

    def lap(self, iterations: int) -> None:
        """So many were done since the last lap."""
        now = perf_counter()
        spent = max(now - self._lapped, 1e-9)
        speed = iterations / spent
        self.speed = _MEMORY * self.speed + (1 - _MEMORY) * speed if self.speed else speed
        self.waiting = self._lap_waited / spent
        self._lapped, self._lap_waited = now, 0.0
