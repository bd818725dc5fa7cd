"""Figures of a comp against its plate: seam, flicker, identity. Measured on display-referred luminance, as eyes see
it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.faces.geometry import scale_of

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]

_EDGE = 0.95
"""The matte's soft edge is where it is between 0 and this."""
_EDGE_BITS = int(np.array(_EDGE, np.float16).view(np.int16))
_ROUND = 4
"""Pixels around the edge that its gradient is computed from."""
_SMALLEST = 2 / 255
"""Gradients below this, in display units per pixel, count as none."""
_CELLS = 32
"""Cells across the aligned crop in which flicker is measured."""


def luminance(picture: U8) -> F32:
    """sRGB (h, w, 3) uint8 -> (h, w) float32 in [0, 1]."""
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.float32) / np.float32(255)


def seam(plate: F32, comp: F32, matte: NDArray[np.floating]) -> float:
    """How much larger the comp's gradient is than the plate's along the matte's soft edge: 1 is no seam. NaN: no edge.

    plate, comp: luminance (h, w). Both are blurred by a pixel, so that texture has less weight than steps.
    """
    bits = matte.astype(np.float16, copy=False).view(np.int16)  # sorted like the values, and faster to compare
    edge = cv2.dilate(((bits > 0) & (bits < _EDGE_BITS)).view(np.uint8), np.ones((3, 3), np.uint8))
    left, top, width, height = cv2.boundingRect(edge)
    if not width:
        return float("nan")
    about = (slice(max(0, top - _ROUND), top + height + _ROUND), slice(max(0, left - _ROUND), left + width + _ROUND))
    before, after = (cv2.mean(steepness(picture[about]), edge[about])[0] for picture in (plate, comp))
    return float((after + _SMALLEST) / (before + _SMALLEST))


def cells(picture: F32, matrix: NDArray[np.float64], size: int) -> F32:
    """Luminance or matte (h, w), averaged into (32, 32) cells of the aligned crop, ``size`` wide, of ``matrix``."""
    coarse = matrix * (_CELLS / size)
    coarse[:, 2] += 0.5 * _CELLS / size - 0.5
    wide = max(1, round(1 / max(scale_of(coarse), 1e-6)))
    smooth = picture
    for _ in range(2):  # wide enough for one sample per cell
        smooth = np.asarray(cv2.blur(smooth, (wide, wide), borderType=cv2.BORDER_REPLICATE), np.float32)
    return np.asarray(cv2.warpAffine(smooth, coarse, (_CELLS, _CELLS), borderMode=cv2.BORDER_REFLECT_101), np.float32)


def flicker(before: tuple[F32, F32], now: tuple[F32, F32], matte: F32) -> float:
    """Changes from frame to frame in the comp that are not in the plate: the mean over the matte, in display units.

    before, now: (plate, comp) as ``cells``; matte: ``cells`` of this frame's. NaN for an empty matte.
    """
    total = float(matte.sum())
    if total <= 0:
        return float("nan")
    plate, comp = (now[index] - before[index] for index in (0, 1))
    return float((np.abs(comp - plate) * matte).sum() / total)


def nearest(embedding: F32, references: F32) -> float:
    """Distance of an embedding (128,) to the nearest of ``references`` (m, 128); NaN if there is none."""
    known = references[np.isfinite(references).all(axis=1)]
    if not len(known):
        return float("nan")
    return float(np.linalg.norm(known.astype(np.float64) - embedding.astype(np.float64), axis=1).min())


def steepness(picture: F32) -> F32:
    """Length of the gradient (h, w), per px, of luminance (h, w) blurred by a pixel."""
    smooth = cv2.GaussianBlur(picture, (5, 5), 1.0)
    across, down = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, scale=0.125), cv2.Sobel(smooth, cv2.CV_32F, 0, 1, scale=0.125)
    return np.asarray(cv2.magnitude(across, down), np.float32)
