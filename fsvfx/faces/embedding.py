"""Identity embeddings: dlib's 128-d face recognition network (dlib.net, King 2017; CC0 weights)."""

from __future__ import annotations

import threading
from typing import Any

import dlib
import numpy as np
from numpy.typing import NDArray

from fsvfx import models

SIZE = 128
SAME_PERSON = 0.6
"""Usual threshold of the distance; measured: one person .3 to .45, different people .49 to over 1."""
_CHIP = 150
_PADDING = 0.25
_FIVE = (263, 362, 33, 133, 2)
"""dlib's five points (corners of the eyes, base of the nose) among the 468."""
_cache = threading.local()


def _network() -> Any:
    if not hasattr(_cache, "network"):
        _cache.network = dlib.face_recognition_model_v1(str(models.path("dlib_embedding")))
    return _cache.network


def embeddings(rgb: NDArray[np.uint8], landmarks: NDArray[np.floating]) -> NDArray[np.float32]:
    """Of faces with landmarks (k, 468, 3) px in rgb (H, W, 3) u8: (k, 128) f32. Raises ModelError."""
    if not len(landmarks):
        return np.zeros((0, SIZE), np.float32)
    chips = [np.asarray(chip(rgb, each)) for each in landmarks]
    return np.array(_network().compute_face_descriptor(chips), np.float32).reshape(-1, SIZE)


def chip(rgb: NDArray[np.uint8], landmarks: NDArray[np.floating]) -> NDArray[np.uint8]:
    """The aligned picture (150, 150, 3) u8 that the network looks at."""
    points = dlib.points([dlib.point(round(float(x)), round(float(y))) for x, y in landmarks[list(_FIVE), :2]])
    low, high = landmarks[:, :2].min(axis=0), landmarks[:, :2].max(axis=0)
    box = dlib.rectangle(*(round(float(value)) for value in (*low, *high)))
    shape = dlib.full_object_detection(box, points)
    cut: NDArray[np.uint8] = dlib.get_face_chip(np.ascontiguousarray(rgb), shape, size=_CHIP, padding=_PADDING)
    return cut


def distance(one: NDArray[np.floating], other: NDArray[np.floating]) -> NDArray[np.float64]:
    """Euclidean, over the last axis; NaN where either was not taken."""
    apart: NDArray[np.float64] = np.linalg.norm(np.asarray(one, np.float64) - np.asarray(other, np.float64), axis=-1)
    return apart
