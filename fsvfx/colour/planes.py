"""Pictures in formats for fast computation: a row per channel, and half float through OpenCV."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Number = TypeVar("Number", bound=np.number[Any])
Planes = NDArray[np.floating]
"""(C, N)."""

_BLOCK = 16384
"""Pixels per block, so that the working set stays in the processor's cache."""


def mixed(planes: NDArray[Number], matrix: NDArray[np.floating]) -> NDArray[Number]:
    """``matrix`` (D, C) times the colors (C, N), in their own precision; without BLAS, whose sums differ between
    machines."""
    factors = matrix.astype(planes.dtype)
    out = np.empty((len(factors), planes.shape[1]), planes.dtype)
    part = np.empty(planes.shape[1], planes.dtype)
    for row, shares in zip(out, factors, strict=True):
        np.multiply(planes[0], shares[0], out=row)
        for plane, share in zip(planes[1:], shares[1:], strict=True):
            row += np.multiply(plane, share, out=part)
    return out


def by_blocks(
    rgb: NDArray[np.floating],
    within: type[np.floating],
    change: Callable[[Planes], NDArray[Number]],
    *,
    out: type[Number],
) -> NDArray[Number]:
    """Apply ``change`` to every pixel of ``rgb`` (..., 3), in blocks, as planes (3, N) with the precision
    ``within``."""
    pixels = rgb.reshape(-1, 3)
    result = np.empty(pixels.shape, out)
    for start in range(0, len(pixels), _BLOCK):
        block = pixels[start : start + _BLOCK]
        planes = from_half(block.T) if block.dtype == np.float16 else block.T
        for channel, plane in enumerate(change(np.ascontiguousarray(planes, dtype=within))):
            result[start : start + _BLOCK, channel] = plane
    return result.reshape(rgb.shape)


HALF_MAX = 65504.0
_ZERO = np.zeros(1)
"""Subtracted, as OpenCV only converts in calculations; -0 stays -0."""


def to_half(rgb: NDArray[np.floating]) -> NDArray[np.float16]:
    """Round to half; finite values beyond its range are clipped."""
    if rgb.dtype == np.float16:
        return rgb.astype(np.float16, copy=False)
    return half_of(np.clip(rgb, -HALF_MAX, HALF_MAX).astype(np.float32, copy=False))


def half_of(values: NDArray[np.float32]) -> NDArray[np.float16]:
    """float32 to the nearest half (ties to even), infinities beyond its range: like ``astype``."""
    import cv2

    if not values.size:
        return values.astype(np.float16)
    flat = np.ascontiguousarray(values).reshape(1, -1)
    return np.asarray(cv2.subtract(flat, _ZERO, dtype=cv2.CV_16F), np.float16).reshape(values.shape)


def from_half(values: NDArray[np.float16]) -> NDArray[np.float32]:
    """Half to float32, like ``astype``."""
    import cv2

    if not values.size:
        return values.astype(np.float32)
    flat = np.ascontiguousarray(values).reshape(1, -1)
    return np.asarray(cv2.subtract(flat, _ZERO, dtype=cv2.CV_32F), np.float32).reshape(values.shape)
