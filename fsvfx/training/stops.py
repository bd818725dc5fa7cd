"""When training ends."""

from __future__ import annotations

from collections.abc import Sequence

from fsvfx.training.curves import Point
from schemas.trainer import TrainerSettings

STOPPED = "it was stopped"
"""The reason where no stop rule is one."""


def reason_to_stop(settings: TrainerSettings, step: int, seconds: float, points: Sequence[Point]) -> str | None:
    """Why to stop after ``step`` iterations and ``seconds`` of training; None: go on."""
    if settings.iterations is not None and step >= settings.iterations:
        return f"{settings.iterations} iterations are done"
    if settings.minutes is not None and seconds >= 60 * settings.minutes:
        return f"{settings.minutes:g} minutes are over"
    if settings.plateau is not None and is_flat(points, settings.plateau, settings.plateau_gain):
        return f"the loss fell by less than {settings.plateau_gain:g} % in {settings.plateau} iterations"
    return None


def is_flat(points: Sequence[Point], window: int, gain: float) -> bool:
    """Whether the mean loss of the last ``window`` iterations is not ``gain`` percent below that of those before."""
    late, rest = _tail(points, window)
    early, _ = _tail(rest, window)
    if early is None or late is None:
        return False
    return late > early * (1 - gain / 100)


def seconds_left(settings: TrainerSettings, step: int, seconds: float, speed: float) -> float | None:
    """Until iterations or minutes are reached, whichever is first; None if neither is set. speed: iterations/s."""
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
