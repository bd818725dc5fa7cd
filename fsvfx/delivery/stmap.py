"""ST-maps: where a performer's aligned crop lies in the plate, as Nuke's STMap reads it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

NOWHERE = -1.0
"""On frames without the face: outside of every picture."""


def stmap(matrix: NDArray[np.float64] | None, crop: int, height: int, width: int) -> NDArray[np.float32]:
    """For each plate pixel, where it lies in the crop: (height, width, 2) float32, u to the right, v upwards.

    matrix: (2, 3), plate px -> px of the (crop, crop) square, (0, 0) the centre of the first pixel, y down (as align
    gives it). u and v run from 0 at the crop's left and lower border to 1 at its right and upper one; the centre of the
    lowest left pixel is at (0.5 / crop, 0.5 / crop): the convention of Nuke's STMap, by which it warps the crop onto
    the plate. They go on beyond the crop, below 0 and above 1. Without a matrix all are -1.
    """
    if matrix is None:
        return np.full((height, width, 2), NOWHERE, np.float32)
    x, y = np.arange(width, dtype=np.float64), np.arange(height, dtype=np.float64)[:, None]
    planes = np.empty((2, height, width), np.float32)
    (a, b, c), (d, e, f) = matrix / crop
    np.add(a * x + (c + 0.5 / crop), b * y, out=planes[0], casting="same_kind")
    np.add(1.0 - 0.5 / crop - f - d * x, -e * y, out=planes[1], casting="same_kind")
    return np.moveaxis(planes, 0, -1)
