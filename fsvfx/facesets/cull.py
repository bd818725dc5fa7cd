"""Culling: which faces are not worth training on. Pure functions on columns with one entry per face."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
F32 = NDArray[np.float32]

_LOOK = 0.005
"""Root mean square difference of thumbnails, of the display range,"""
_SHAPE = 0.0012
"""and of landmarks, of the crop's side, that the eye hardly sees."""


class Reason(IntEnum):
    """Why a frame is not in a faceset."""

    EXCLUDED = 1
    MISSING = 2
    INTERPOLATED = 3
    GAP = 4
    BLURRED = 5
    DUPLICATE = 6


def blurred(sharpness: F32, share: float) -> Bools:
    """(m,) -> (m,): less than ``share`` of the median sharpness, which is the person's own."""
    if not len(sharpness):
        return np.zeros(0, np.bool_)
    return np.asarray(sharpness < share * np.median(sharpness), np.bool_)


def duplicates(thumbnails: F32, landmarks: F32, sharpness: F32, unlike: float) -> Bools:
    """Faces that are less than ``unlike`` from a sharper one that is kept; the kept ones are that far from each other.

    thumbnails (m, ...) in [0, 1]; landmarks (m, points, 2) in shares of the crop's side.
    """
    look, shape = _flat(thumbnails) / _LOOK, _flat(landmarks) / _SHAPE
    kept: list[int] = []
    dropped = np.zeros(len(sharpness), np.bool_)
    for face in np.argsort(-sharpness, kind="stable"):
        if unlike and kept and (_unlike(look, shape, int(face), kept) < unlike).any():
            dropped[face] = True
        else:
            kept.append(int(face))
    return dropped


def _flat(values: F32) -> F32:
    """(m, k), so scaled that distances of rows are root mean squares."""
    rows = values.reshape(len(values), int(np.prod(values.shape[1:])))
    return np.asarray(rows / np.sqrt(max(rows.shape[1], 1)), np.float32)


def _unlike(look: F32, shape: F32, face: int, others: list[int]) -> F32:
    """By what they differ most: the light, or the shape."""
    apart = [np.linalg.norm(each[others] - each[face], axis=1) for each in (look, shape)]
    return np.asarray(np.maximum(*apart), np.float32)
