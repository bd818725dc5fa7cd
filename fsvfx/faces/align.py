"""Aligned crops: the face upright, its mesh (with the forehead) filling about 70 % of the square."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsvfx.faces import topology
from fsvfx.faces.pose import similarity
from fsvfx.faces.sampling import sample

FILL = 0.7


def _template() -> NDArray[np.float64]:
    """The canonical mesh, seen from the front, in a unit square: y down, its height FILL."""
    flat = topology.CANONICAL[:, :2].astype(np.float64) * np.array([1.0, -1.0])
    low, high = flat.min(axis=0), flat.max(axis=0)
    placed: NDArray[np.float64] = (flat - (low + high) / 2) / (high - low).max() * FILL + 0.5
    return placed


_TEMPLATE = _template()


def crop_matrix(landmarks: NDArray[np.floating], size: int) -> NDArray[np.float64]:
    """Landmarks (468, 3) in plate px -> (2, 3) similarity, plate px -> px of the (size, size) crop.

    Fitted in the least squares sense to the points that expression hardly moves.
    """
    target = _TEMPLATE * size - 0.5
    scale, rotation, shift = similarity(landmarks[topology.RIGID, :2], target[topology.RIGID])
    return np.column_stack([scale * rotation, shift])


def crop(rgb: NDArray[Any], matrix: NDArray[np.float64], size: int) -> NDArray[Any]:
    """The (size, size, 3) crop of rgb (H, W, 3), in its dtype; mirrored beyond the picture's edge; no aliasing."""
    return sample(rgb, matrix, size, cubic=True, mirror=True)
