"""Noise out, edges kept."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.comp.finish.pictures import held, unit_of

F32 = NDArray[np.float32]

_RADIUS = 3.0
"""Of the window, in px of a 256 px face."""
_FLAT = 0.06
"""At 100, what varies by less than this display light is taken for noise."""


def denoise(crop: F32, amount: float) -> F32:
    """Smooth ``crop`` (S, S, 3), display light, by ``amount`` percent.

    A guided filter (He, Sun, Tang: "Guided Image Filtering", 2013), with the mean of the channels as the guide: in each
    window every channel becomes a linear function of it, the flatter the less it varies. Float throughout; noise close
    to strong edges stays, and so do the edges.
    """
    if amount == 0:
        return crop
    radius = max(1, round(_RADIUS * unit_of(crop.shape[0])))
    noise = np.float32((amount / 100 * _FLAT) ** 2)
    guide = crop.mean(axis=2)
    mean_guide, mean = _mean(guide, radius), _mean(crop, radius)
    variance = _mean(guide * guide, radius) - mean_guide * mean_guide
    covariance = _mean(crop * guide[..., None], radius) - mean * mean_guide[..., None]
    slope = covariance / (np.maximum(variance, 0) + noise)[..., None]
    rest = mean - slope * mean_guide[..., None]
    return held(_mean(slope, radius) * guide[..., None] + _mean(rest, radius), crop)


def _mean(picture: F32, radius: int) -> F32:
    side = (2 * radius + 1, 2 * radius + 1)
    return np.asarray(cv2.blur(picture, side, borderType=cv2.BORDER_REFLECT_101), np.float32)
