"""How much landmarks tremble."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fsvfx.faces import topology


def jitter(landmarks: NDArray[np.floating], points: NDArray[np.int64] | None = None) -> float:
    """Standard deviation of the acceleration of landmarks (n, 468, 3) in x and y, in thousandths of the distance
    between the outer corners of the eyes, per frame squared. Needs a face that hardly moves; NaN under 3 frames.
    """
    if len(landmarks) < 3:
        return float("nan")
    flat = np.asarray(landmarks[..., :2], np.float64)
    right, left = flat[:, topology.RIGHT_EYE_CORNERS[0]], flat[:, topology.LEFT_EYE_CORNERS[0]]
    eyes = float(np.median(np.linalg.norm(left - right, axis=1)))
    chosen = flat if points is None else flat[:, points]
    return float(np.sqrt((np.diff(chosen, n=2, axis=0) ** 2).mean()) / eyes * 1000.0)
