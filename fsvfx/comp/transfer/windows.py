"""Which frames' colours count for a frame: those near it in time, on its side of a cut."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


def reach(steady: float) -> int:
    """Frames on each side that are looked at: three standard deviations."""
    return math.ceil(3 * steady)


def windows(known: NDArray[np.bool_], starts: NDArray[np.bool_], steady: float, wanted: slice) -> NDArray[np.float64]:
    """(m, n): how much each of the n frames counts for each of the m ``wanted``. Rows sum to 1.

    A Gaussian with a standard deviation of ``steady`` frames, not over ``starts`` (n,) of a segment; frames that are
    not ``known`` (n,) count nothing, and a row without any is zero.
    """
    places = np.arange(len(known))
    segment = np.cumsum(starts)
    apart = places[wanted, None] - places
    weights = np.exp(-0.5 * (apart / max(steady, 1e-3)) ** 2)
    weights *= (np.abs(apart) <= reach(steady)) & (segment[wanted, None] == segment) & known
    total = weights.sum(axis=1, keepdims=True)
    result: NDArray[np.float64] = weights / np.where(total > 0, total, 1.0)
    return result


def nearest(windows: NDArray[np.float64]) -> NDArray[np.intp]:
    """(m,) the frame that counts most for each: itself, or the nearest that is known."""
    return np.asarray(windows.argmax(axis=1), np.intp)


def alike(windows: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same frames, each counting as much as the others: what is noisy is averaged over as many as there are."""
    counts = np.asarray(windows > 0, np.float64)
    result: NDArray[np.float64] = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return result
