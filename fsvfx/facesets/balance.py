"""Pose balance: how often each face is shown, so that rare poses are learned as well as usual ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

DEGREES = 8.0
"""Height and width of a bin of poses, yaw by pitch."""
FEWEST = 8
"""Bins with fewer faces than that count less: one odd frame must not be learned by heart."""


def weights(pose: NDArray[np.floating], held_out: NDArray[np.bool_], *, balanced: bool = True) -> NDArray[np.float64]:
    """pose (m, 2 or more): yaw, pitch in degrees -> (m,) sums to 1; held-out faces have none.

    All bins of poses weigh the same, as long as they have ``FEWEST`` faces.
    """
    counts = np.ones(len(pose))
    shown = ~held_out
    if balanced and shown.any():
        bins = np.floor(np.asarray(pose, np.float64)[shown, :2] / DEGREES + 0.5)
        _, which, number = np.unique(bins, axis=0, return_inverse=True, return_counts=True)
        counts[shown] = np.maximum(number[which.ravel()], FEWEST)
    result: NDArray[np.float64] = np.where(shown, 1 / counts, 0.0)
    result /= max(result.sum(), np.finfo(np.float64).tiny)
    return result
