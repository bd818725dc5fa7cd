"""Crops of plates of any depth and colour space as engines see them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fsvfx.colour import PlateColour
from fsvfx.faces.geometry import apply, crop, inverse

_MARGIN = 8
"""Plate pixels around a crop that its sampling may touch."""


def display_crop(
    plate: NDArray[np.generic], matrix: NDArray[np.float64], size: int, colour: PlateColour
) -> NDArray[np.float16]:
    """The crop of a plate frame (H, W, 3) as engines see it: (size, size, 3) f16 display [0, 1].

    Only the piece of the plate that shows is converted.
    """
    corners = apply(inverse(matrix), np.array([[0, 0], [size, 0], [0, size], [size, size]], np.float64) - 0.5)
    low = np.clip(np.floor(corners.min(axis=0)).astype(int) - _MARGIN, 0, None)
    high = np.ceil(corners.max(axis=0)).astype(int) + _MARGIN
    if (low >= plate.shape[1::-1]).any() or (high <= 0).any():
        return np.zeros((size, size, 3), np.float16)
    piece = colour.display(plate[low[1] : high[1], low[0] : high[0]])
    moved = matrix.copy()
    moved[:, 2] += matrix[:, :2] @ low
    return np.asarray(np.clip(crop(piece, moved, size), 0.0, 1.0), np.float16)
