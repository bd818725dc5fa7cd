"""A video's frame rate as an exact fraction, and whether its frames are evenly spaced at all."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

STANDARD = (
    *(Fraction(1000 * n, 1001) for n in (24, 30, 48, 60, 120)),
    *(Fraction(n) for n in (24, 25, 30, 48, 50, 60, 100, 120)),
)
_LOOSE = 0.25
"""Frames may lie this part of a frame off the even grid (cameras' clocks jitter): sound stays in sync to the eye."""


def parse_rate(text: str) -> Fraction:
    """``24``, ``23.976`` or ``24000/1001``; decimals near a standard rate mean that rate."""
    return snap(Fraction(text), within=5e-5)


def snap(rate: Fraction, within: float = 1e-5) -> Fraction:
    """The standard rate nearest to ``rate`` if that is no more than ``within`` (relative) away, else ``rate``."""
    best = min(STANDARD, key=lambda known: abs(known - rate))
    return best if abs(best / rate - 1) <= within else rate


def even_rate(pts: NDArray[np.int64], time_base: Fraction, declared: Iterable[Fraction | None]) -> Fraction | None:
    """The rate whose even grid the frames keep, or None: variable.

    pts: presentation times, ascending. declared: what the container says, most trusted first.
    A rate that fits to the time base's rounding wins over one that fits loosely.
    """
    known = [snap(rate) for rate in declared if rate]
    if len(pts) < 2:
        return known[0] if known else None
    candidates = list(dict.fromkeys([*known, *STANDARD]))
    times = (pts - pts[0]) * float(time_base)
    tick = 1.5 * float(time_base)
    errors = [float(np.abs(times - np.arange(len(pts)) / float(rate)).max()) for rate in candidates]
    strict = [rate for rate, error in zip(candidates, errors) if error <= min(tick, 0.5 / float(rate))]
    loose = [rate for rate, error in zip(candidates, errors) if error <= _LOOSE / float(rate)]
    return next(iter(strict + loose), None)


def widest_gap(pts: NDArray[np.int64]) -> int:
    """Index of the frame that is followed by the longest wait."""
    return int(np.argmax(np.diff(pts)))
