"""Soft masks on the face: where the performer's own mouth and eyes show through."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.faces.measures import face_length, mouth_opening
from fsvfx.faces.raster import Floats, blur
from fsvfx.faces.topology import CANONICAL, LEFT_EYE, LIPS_INNER, LIPS_OUTER, OVAL, RIGHT_EYE

_SUBPIXEL_BITS = 4
_FOLDS = np.array([205, 206, 203, 216, 212, 207, 425, 426, 423, 436, 432, 427, 130, 226, 359, 446])
"""Vertices along the folds from nose to chin and at the crow's feet."""
_FOLD_REACH = 0.7
"""cm on the canonical face."""


def polygon(mesh: Floats, ring: NDArray[np.int64], size: int, *, grow: float, soft: float) -> Floats:
    """(size, size) mask of the closed ``ring``, grown by ``grow`` px, its edge ``soft`` px (sigma) wide."""
    soft = max(soft, 0.3)
    around = grow + 4 * soft + 2  # the blur reaches no further
    low, high = (np.clip(edge, 0, size) for edge in (mesh[ring, :2].min(0) - around, mesh[ring, :2].max(0) + around))
    (left, top), (right, bottom) = low.astype(int), np.ceil(high).astype(int)
    whole = np.zeros((size, size), np.float32)
    mask = whole[top:bottom, left:right]
    if not mask.size:
        return whole
    drawn = np.zeros_like(mask)
    points = np.round((mesh[ring, :2] - [left, top]) * (1 << _SUBPIXEL_BITS)).astype(np.int32)
    cv2.fillPoly(drawn, [points], 1.0, lineType=cv2.LINE_8, shift=_SUBPIXEL_BITS)
    if grow >= 0.5:
        reach = 2 * round(grow) + 1
        drawn = np.asarray(cv2.dilate(drawn, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))), np.float32)
    mask[:] = blur(drawn, soft)
    return whole


def ramp(value: float, low: float, high: float) -> float:
    """0 below ``low``, 1 above ``high``, smooth in between."""
    t = min(max((value - low) / (high - low), 0.0), 1.0)
    return t * t * (3 - 2 * t)


def own_mouth(mesh: Floats, size: int) -> Floats:
    """(size, size): 1 where teeth and tongue show between the lips, 0 with a closed mouth."""
    length = face_length(mesh)
    shown = ramp(mouth_opening(mesh), 0.03, 0.12)
    if shown == 0:
        return np.zeros((size, size), np.float32)
    return shown * polygon(mesh, LIPS_INNER, size, grow=0, soft=0.008 * length)


def own_eyes(mesh: Floats, size: int) -> Floats:
    """(size, size): 1 between the lids, with the lash line: gaze and blinks are the performer's."""
    length = face_length(mesh)
    both = [polygon(mesh, ring, size, grow=0.012 * length, soft=0.014 * length) for ring in (LEFT_EYE, RIGHT_EYE)]
    return np.maximum(both[0], both[1])


@lru_cache(maxsize=1)
def folds() -> Floats:
    """(468, 1): 1 where an expression folds the skin (beside nose and mouth, outside the eyes), 0 elsewhere."""
    flat = CANONICAL[:, :2]
    away = np.linalg.norm(flat[:, None] - flat[_FOLDS], axis=2).min(1)
    weight = np.exp(-((away / _FOLD_REACH) ** 2) / 2)
    weight[LIPS_OUTER] = weight[LIPS_INNER] = 0
    return np.asarray(weight[:, None], np.float32)


@lru_cache(maxsize=1)
def unpainted() -> Floats:
    """(468, 1): 0 on the lips, whose color is no measure of the light, 1 elsewhere."""
    flat = CANONICAL[:, :2].astype(np.float32)
    inside = [cv2.pointPolygonTest(flat[LIPS_OUTER], point.tolist(), measureDist=True) > -0.01 for point in flat]
    return 1 - np.array(inside, np.float32)[:, None]


@lru_cache(maxsize=16)
def rim(width: float) -> Floats:
    """(468, 1): 1 on the face's edge, falling to 0 within ``width`` (a share of the face's size)."""
    flat = CANONICAL[:, :2].astype(np.float64)
    edge = flat[OVAL]
    steps = np.linspace(0, 1, 8, endpoint=False)[:, None, None]
    line = (edge + steps * (np.roll(edge, -1, axis=0) - edge)).reshape(-1, 2)
    depth = np.linalg.norm(flat[:, None] - line, axis=2).min(1)
    depth[OVAL] = 0
    t = np.clip(depth / max(width * np.ptp(flat[:, 1]), 1e-6), 0, 1)
    return np.asarray(1 - t * t * (3 - 2 * t), np.float32)[:, None]
