"""Pixel boost: runs a network with a small picture size on a larger picture, in interleaved parts.

Every k-th pixel in both directions forms a picture of the network's own size; k * k of them are run, and interleaved
again. No part sees its neighbors, so each may be slightly lighter or darker: a pattern of k pixels. It is measured, and
its smooth part is removed (``calm``): detail stays.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]

_SMOOTH = 0.06
"""Sigma of the smoothing, as a share of a part's side."""


def parted(pictures: F32, times: int) -> F32:
    """(n, k N, k N, C) -> (n k k, N, N, C): the parts of each picture one after the other."""
    count, side, _, channels = pictures.shape
    small = side // times
    grid = pictures.reshape(count, small, times, small, times, channels).transpose(0, 2, 4, 1, 3, 5)
    return np.ascontiguousarray(grid).reshape(count * times * times, small, small, channels)


def woven(parts: F32, times: int) -> F32:
    """The inverse of ``parted``."""
    whole, small, _, channels = parts.shape
    count = whole // (times * times)
    grid = parts.reshape(count, times, times, small, small, channels).transpose(0, 3, 1, 4, 2, 5)
    return np.ascontiguousarray(grid).reshape(count, small * times, small * times, channels)


def pattern(picture: F32, times: int) -> float:
    """The strength of the pattern of ``times`` pixels in (k N, k N, C): rms over the parts of their smoothed difference
    from the whole at their pixels, in display values. 0 without boost."""
    return float(np.sqrt(np.mean(np.square(_off(picture, times))))) if times > 1 else 0.0


def calm(picture: F32, times: int) -> F32:
    """(k N, k N, C) without the smooth part of the pattern of ``times`` pixels."""
    return picture - woven(_off(picture, times), times)[0] if times > 1 else picture


def _off(picture: F32, times: int) -> F32:
    """(k k, N, N, C): how much lighter each part is than the picture, smoothed."""
    sigma = _SMOOTH * picture.shape[0]
    own = parted(picture[None], times)
    meant = parted(_blurred(picture, sigma)[None], times)
    smooth = np.stack([_blurred(part, sigma / times) for part in own])
    return np.asarray(smooth - meant, np.float32)


def _blurred(picture: F32, sigma: float) -> F32:
    taps = 2 * int(np.ceil(3 * sigma)) + 1
    blurred = cv2.GaussianBlur(picture, (taps, taps), sigma, borderType=cv2.BORDER_REFLECT)
    return np.asarray(blurred, np.float32).reshape(picture.shape)
