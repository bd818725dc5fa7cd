"""Progress of a training: losses as they arrive from the device, speed, and when to stop."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from time import perf_counter

import torch
from torch import Tensor

from fsvfx.errors import InputError
from fsvfx.printable import counted
from fsvfx.training.curves import Point
from schemas.trainer import TrainerSettings

_MEMORY = 0.8
"""Weight of the previous speed in the next value."""
STOPPED = "it was stopped"
"""The reason if no stop rule applies."""


class DivergedError(InputError):
    """A loss or gradient is NaN or infinite."""

    def __init__(self, step: int, term: str, value: float, resume: int | None) -> None:
        kept = f"The checkpoint at iteration {resume} is untouched" if resume else "No checkpoint was made yet"
        super().__init__(
            f"Iteration {step} of training: {term} is {value}",
            hint=f"{kept}. Lower lr, set clip, or use amp: bf16 or off, and start again",
        )
        self.step, self.term = step, term


class Pending:
    """Losses that are still on the device: reading them waits for it, so those of several iterations are read at
    once."""

    def __init__(self) -> None:
        self._rows: list[tuple[int, Mapping[str, Tensor]]] = []

    def add(self, step: int, terms: Mapping[str, Tensor]) -> None:
        """Scalars of the iteration that completed step ``step``."""
        self._rows.append((step, terms))

    def __len__(self) -> int:
        return len(self._rows)

    def read(self, resume: int | None) -> list[tuple[int, dict[str, float]]]:
        """All of them, by step. ``resume``: the last checkpoint's step, for the message. Raises DivergedError."""
        rows, self._rows = self._rows, []
        every = [value.float() for _, terms in rows for value in terms.values()]
        values = iter(torch.stack(every).tolist() if every else ())
        read = [(step, {name: next(values) for name in terms}) for step, terms in rows]
        for step, terms in read:
            for name, value in terms.items():
                if not math.isfinite(value):
                    raise DivergedError(step, name, value, resume)
        return read


class Throughput:
    """A stopwatch: seconds since it was created, plus those of earlier sessions (``before``)."""

    def __init__(self, before: float = 0.0) -> None:
        self._began = self._lapped = perf_counter()
        self._before = before
        self._waited = self._lap_waited = 0.0
        self.speed = 0.0
        """Recent iterations a second."""
        self.waiting = 0.0
        """Share of the last lap spent waiting for data."""

    @property
    def seconds(self) -> float:
        return self._before + perf_counter() - self._began

    @property
    def waiting_in_all(self) -> float:
        """Share of this session's time spent waiting for data."""
        return self._waited / max(perf_counter() - self._began, 1e-9)

    @contextmanager
    def for_data(self) -> Iterator[None]:
        """Time inside counts as waiting."""
        began = perf_counter()
        try:
            yield
        finally:
            spent = perf_counter() - began
            self._waited += spent
            self._lap_waited += spent

    def lap(self, iterations: int) -> None:
        """Number of iterations done since the last lap."""
        now = perf_counter()
        spent = max(now - self._lapped, 1e-9)
        speed = iterations / spent
        self.speed = _MEMORY * self.speed + (1 - _MEMORY) * speed if self.speed else speed
        self.waiting = self._lap_waited / spent
        self._lapped, self._lap_waited = now, 0.0


def reason_to_stop(settings: TrainerSettings, step: int, seconds: float, points: Sequence[Point]) -> str | None:
    """The reason to stop after ``step`` iterations and ``seconds`` of training; None: continue."""
    if settings.iterations is not None and step >= settings.iterations:
        return f"{counted(settings.iterations, 'iteration')} done"
    if settings.minutes is not None and seconds >= 60 * settings.minutes:
        return f"{settings.minutes:g} minutes are up"
    if settings.plateau is not None and is_flat(points, settings.plateau, settings.plateau_gain):
        return f"the loss fell by less than {settings.plateau_gain:g} % in {settings.plateau} iterations"
    return None


def is_flat(points: Sequence[Point], window: int, gain: float) -> bool:
    """Whether the mean loss of the last ``window`` iterations is not ``gain`` percent below that of the ones before."""
    late, rest = _tail(points, window)
    early, _ = _tail(rest, window)
    if early is None or late is None:
        return False
    return late > early * (1 - gain / 100)


def seconds_left(settings: TrainerSettings, step: int, seconds: float, speed: float) -> float | None:
    """Until the limit of iterations or minutes is reached, whichever is first; None if neither is set. speed:
    iterations/s."""
    left = []
    if settings.iterations is not None and speed > 0:
        left.append((settings.iterations - step) / speed)
    if settings.minutes is not None:
        left.append(60 * settings.minutes - seconds)
    return max(0.0, min(left)) if left else None


def _tail(points: Sequence[Point], window: int) -> tuple[float | None, Sequence[Point]]:
    """Mean loss of the last points that make up ``window`` iterations, and the points before; None: too few."""
    total, count, place = 0.0, 0, len(points)
    while count < window and place:
        place -= 1
        total += points[place].loss * points[place].count
        count += points[place].count
    return (total / count if count >= window else None), points[:place]
