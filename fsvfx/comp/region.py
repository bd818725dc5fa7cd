"""Where a swap lies in the plate, and how its crop gets there."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.faces.sampling import apply, inverse, scale_of

F32 = NDArray[np.float32]
Matrix = NDArray[np.float64]
Size = tuple[int, int]

_MARGIN = 3
"""Plate pixels around the matte that the region holds."""
_STEP = 16
"""Regions are multiples of this high and wide, where the plate is large enough: the solver's grids halve evenly."""


def box(matte: F32, matrix: Matrix) -> tuple[float, float, float, float] | None:
    """Top, left, bottom, right in plate pixels of what a crop's matte (S, S) covers; None for an empty one.

    matrix: (2, 3), plate px -> crop px.
    """
    rows = np.flatnonzero((matte > 0).any(axis=1))
    if not len(rows):
        return None
    covered = matte[rows] > 0
    left, right = covered.argmax(axis=1), matte.shape[1] - 1 - covered[:, ::-1].argmax(axis=1)
    ends = np.concatenate([np.column_stack([left - 1, rows]), np.column_stack([right + 1, rows])])
    reach = np.array([[0.0, -1.0], [0.0, 1.0]])
    points = apply(inverse(matrix), (ends[:, None] + reach).reshape(-1, 2))
    return points[:, 1].min(), points[:, 0].min(), points[:, 1].max(), points[:, 0].max()


def regions(boxes: Sequence[tuple[float, float, float, float] | None], plate: Size) -> tuple[NDArray[np.int32], Size]:
    """Each frame's origin (n, 2) y, x, and one size (h, w) for all, so that the regions lie in the plate (H, W)."""
    found = [each for each in boxes if each is not None]
    size = tuple(
        min(limit, _round_up(max((each[axis + 2] - each[axis] for each in found), default=0.0) + 2 * _MARGIN + 1))
        for axis, limit in enumerate(plate)
    )
    origins = np.zeros((len(boxes), 2), np.int32)
    for row, each in enumerate(boxes):
        if each is not None:
            middle = [(each[axis] + each[axis + 2]) / 2 - (size[axis] - 1) / 2 for axis in (0, 1)]
            origins[row] = [int(np.clip(round(middle[axis]), 0, plate[axis] - size[axis])) for axis in (0, 1)]
    return origins, (size[0], size[1])


def to_plate(crop: F32, matrix: Matrix, origin: NDArray[np.int32], size: Size, *, sharp: bool) -> F32:
    """Sample a crop (S, S[, C]) at the plate pixels of a region: (h, w[, C]) float32.

    Shrinking averages; otherwise Lanczos (``sharp``) or linear, never beyond the crop's own range. Beyond the crop: its
    border's values.
    """
    times = max(1, int(np.ceil(scale_of(matrix) - 0.25)))
    back = inverse(matrix)
    back[:, 2] -= origin[::-1]
    back *= times
    back[:, 2] += 0.5 * times - 0.5
    flags = cv2.INTER_LANCZOS4 if sharp and times == 1 else cv2.INTER_LINEAR
    wide = (size[1] * times, size[0] * times)
    there = cv2.warpAffine(crop, back, wide, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    if times > 1:
        there = cv2.resize(there, (size[1], size[0]), interpolation=cv2.INTER_AREA)
    return np.clip(there, crop.min(), crop.max()) if flags == cv2.INTER_LANCZOS4 else np.asarray(there, np.float32)


def _round_up(length: float) -> int:
    return int(np.ceil(max(length, 1.0) / _STEP)) * _STEP
