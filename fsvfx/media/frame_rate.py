"""Whether a video's frames are evenly spaced, and at which rate. What a rate is: ``schemas.rates``."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from schemas import rates

_USUAL = (
    *(Fraction(1000 * n, 1001) for n in (24, 30, 48, 60, 96, 120)),
    *(Fraction(n) for n in (24, 25, 30, 48, 50, 60, 96, 100, 120)),
)
"""Tried where the container declares none that fits."""
_LOOSE = 0.25
"""Frames may lie this part of a frame off the even grid (cameras' clocks jitter): sound stays in sync to the eye."""


def even_rate(pts: NDArray[np.int64], time_base: Fraction, declared: Iterable[Fraction | None]) -> Fraction | None:
    """The rate whose even grid the frames keep, or None: variable.

    pts: presentation times, ascending. declared: what the container says, most trusted first; what can't be is passed
    over. A rate that fits to the time base's rounding wins over one that fits loosely.
    """
    each = [1 / time_base] if len(pts) > 1 and bool((np.diff(pts) == 1).all()) else []  # libavformat says 120 of 119.88
    said = [rate for rate in (*each, *declared) if rate is not None and rates.known(rate)]
    known = [rates.exact(rate) for rate in said]
    if len(pts) < 2:
        return known[0] if known else None
    candidates = list(dict.fromkeys([*known, *_USUAL, *said]))  # 2398/100 has its own grid, and is 24000/1001
    times = (pts - pts[0]) * float(time_base)
    tick = 1.5 * float(time_base)
    errors = [float(np.abs(times - np.arange(len(pts)) / float(rate)).max()) for rate in candidates]
    strict = [rate for rate, error in zip(candidates, errors) if error <= min(tick, 0.5 / float(rate))]
    loose = [rate for rate, error in zip(candidates, errors) if error <= _LOOSE / float(rate)]
    best = next(iter(strict + loose), None)
    return rates.exact(best) if best else None


def widest_gap(pts: NDArray[np.int64]) -> int:
    """Index of the frame that is followed by the longest wait."""
    return int(np.argmax(np.diff(pts)))
