"""The fine detail of a swap: sharpening or blurring, and denoising."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.comp.finish.pictures import gaussian, grey_of, held, unit_of

F32 = NDArray[np.float32]
Kernel = Literal["gaussian", "box"]

_UNSHARP = 1.5
"""Sigma of the unsharp mask, in px of a 256 px face."""
_GAIN = 1.5
"""Gain of the unsharp mask at 100."""
_SOFTEST = 4.0
"""Sigma of the blur at -100, in px of a 256 px face."""
_WINDOW = 2.5
"""Radius of the denoising window, in px of a 256 px face."""
_LEAST = 1e-4
"""The least variance that counts as noise, so that nothing is divided by zero."""
_LARGE = 4
"""Radius in px above which half the size is enough."""
_FLAT = 0.03
"""At 100, variations smaller than this in display light count as noise."""


def sharpen(crop: F32, amount: float, kernel: Kernel = "gaussian") -> F32:
    """Sharpen ``crop`` (S, S, 3), display light, by ``amount`` in [-100, 100]; negative amounts blur it.

    Positive: an unsharp mask of fixed radius whose strength grows with the amount, held within the crop's own range.
    Negative: a blur whose width grows with it. A box has the same standard deviation as its Gaussian.
    """
    if amount == 0:
        return crop
    unit = unit_of(crop.shape[0])
    if amount < 0:
        return _soft(crop, -amount / 100 * _SOFTEST * unit, kernel)
    detail = crop - _soft(crop, _UNSHARP * unit, kernel)
    return held(crop + np.float32(amount / 100 * _GAIN) * detail, crop)


def _soft(crop: F32, sigma: float, kernel: Kernel) -> F32:
    return gaussian(crop, sigma) if kernel == "gaussian" else _box(crop, sigma)


def _box(crop: F32, sigma: float) -> F32:
    """A box of any width: its end pixels have partial weight."""
    half = max((np.sqrt(12 * sigma * sigma + 1) - 1) / 2, 0.0)
    reach = int(np.ceil(half))
    line = np.ones(2 * reach + 1, np.float32)
    line[[0, -1]] = 1 + half - reach
    line /= line.sum()
    return np.asarray(cv2.sepFilter2D(crop, -1, line, line, borderType=cv2.BORDER_REFLECT_101), np.float32)


def denoise(crop: F32, amount: float) -> F32:
    """Smooth ``crop`` (S, S, 3), display light, by ``amount`` percent.

    A guided filter (He, Sun, Tang: "Guided Image Filtering", 2013), with the mean of the channels as the guide: in each
    window every channel becomes a linear function of it, flatter where the guide varies less. Float throughout; noise
    close to strong edges stays, and so do the edges.
    """
    if amount == 0:
        return crop
    radius = max(1, round(_WINDOW * unit_of(crop.shape[0])))
    noise = np.float32(max(amount / 100 * _FLAT, _LEAST) ** 2)
    slope, rest = _lines(crop, radius, noise)
    return held(slope * grey_of(crop)[..., None] + rest, crop)


def _lines(crop: F32, radius: int, noise: np.float32) -> tuple[F32, F32]:
    """Slope and offset (S, S, 3) of each channel as a linear function of the guide.

    In large windows they are smooth enough to compute at half the size (He and Sun: "Fast Guided Filter", 2015).
    """
    size = crop.shape[0]
    if radius >= _LARGE:
        half = np.asarray(cv2.resize(crop, (size // 2, size // 2), interpolation=cv2.INTER_AREA), np.float32)
        slope, rest = _lines(half, (radius + 1) // 2, noise)
        return _grown(slope, size), _grown(rest, size)
    guide = grey_of(crop)
    mean_guide, mean = _mean(guide, radius), _mean(crop, radius)
    variance = _mean(guide * guide, radius) - mean_guide * mean_guide
    covariance: F32 = _mean(crop * guide[..., None], radius) - mean * mean_guide[..., None]
    lines: F32 = covariance / (np.maximum(variance, 0) + noise)[..., None]
    return _mean(lines, radius), _mean(mean - lines * mean_guide[..., None], radius)


def _grown(picture: F32, size: int) -> F32:
    return np.asarray(cv2.resize(picture, (size, size), interpolation=cv2.INTER_LINEAR), np.float32)


def _mean(picture: F32, radius: int) -> F32:
    side = (2 * radius + 1, 2 * radius + 1)
    return np.asarray(cv2.blur(picture, side, borderType=cv2.BORDER_REFLECT_101), np.float32)
