"""Sharpen and blur."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.comp.finish.pictures import gaussian, held, unit_of

F32 = NDArray[np.float32]
Kernel = Literal["gaussian", "box"]

_RADIUS = 1.5
"""Sigma of what the unsharp mask takes off, in px of a 256 px face."""
_GAIN = 1.5
"""How much of it comes back on top, at 100."""
_SOFTEST = 4.0
"""Sigma of the blur at -100, in px of a 256 px face."""


def sharpen(crop: F32, amount: float, kernel: Kernel = "gaussian") -> F32:
    """Sharpen ``crop`` (S, S, 3), display light, by ``amount`` in [-100, 100]; blur it below zero.

    Above zero: an unsharp mask of fixed radius, the stronger the more, held within the crop's own range. Below: a blur,
    the wider the more. A box is as wide as its Gaussian, by standard deviation.
    """
    if amount == 0:
        return crop
    unit = unit_of(crop.shape[0])
    if amount < 0:
        return _soft(crop, -amount / 100 * _SOFTEST * unit, kernel)
    detail = crop - _soft(crop, _RADIUS * unit, kernel)
    return held(crop + np.float32(amount / 100 * _GAIN) * detail, crop)


def _soft(crop: F32, sigma: float, kernel: Kernel) -> F32:
    return gaussian(crop, sigma) if kernel == "gaussian" else _box(crop, sigma)


def _box(crop: F32, sigma: float) -> F32:
    """A box of any width: its ends count in part."""
    half = max((np.sqrt(12 * sigma * sigma + 1) - 1) / 2, 0.0)
    reach = int(np.ceil(half))
    line = np.ones(2 * reach + 1, np.float32)
    line[[0, -1]] = 1 + half - reach
    line /= line.sum()
    return np.asarray(cv2.sepFilter2D(crop, -1, line, line, borderType=cv2.BORDER_REFLECT_101), np.float32)
