"""Learned masks as mattes: without haze, and only near the face."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.comp.matte import hull
from fsvfx.faces.geometry import FILL

HAZE = 0.04
"""Networks hardly ever return exactly 0 or 1: below this counts as 0, above one minus this as 1 (faceswap's
default)."""
_NEAR, _FAR = 0.12, 0.24
"""Distance around the face's mesh up to which a mask is trusted fully, and at all, as shares of the face's height."""

_EDGE = 0.05
"""Share of a crop, at each side, over which masks that continue beyond it fade."""


def around(points: NDArray[np.floating], size: int) -> NDArray[np.float32]:
    """(size, size): 1 within and near the mesh (468, 2 or more) px, falling to 0 far from it."""
    outside = (hull(points, size) < 0.5).astype(np.uint8)
    away = np.asarray(cv2.distanceTransform(outside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)) / (FILL * size)
    return np.asarray(np.clip((_FAR - away) / (_FAR - _NEAR), 0, 1), np.float32)


def clear(mask: NDArray[np.float32]) -> NDArray[np.float32]:
    """A mask (...) without haze."""
    return np.asarray(np.clip((mask - HAZE) / (1 - 2 * HAZE), 0, 1), np.float32)


def inside(size: int) -> NDArray[np.float32]:
    """(size, size): 1, falling to 0 at the edges of a crop, for masks that continue beyond it."""
    ramp = np.clip((np.minimum(np.arange(size), np.arange(size)[::-1]) + 0.5) / (_EDGE * size), 0, 1)
    return np.minimum.outer(ramp, ramp).astype(np.float32)
