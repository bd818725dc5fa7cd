"""Soft masks on the face: where the performer's own mouth and eyes show through."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.engines.mesh.raster import Floats, blur
from fsvfx.faces.measures import mouth_opening
from fsvfx.faces.topology import LEFT_EYE, LIPS_INNER, RIGHT_EYE

_SUBPIXEL_BITS = 4


def face_length(mesh: Floats) -> float:
    """A face's size in its own px: robust, and steady while the mouth moves. The spread of its vertices."""
    plane = mesh[:, :2]
    return float(3.2 * np.sqrt(((plane - plane.mean(0)) ** 2).sum(1).mean()))


def polygon(mesh: Floats, ring: NDArray[np.int64], size: int, *, grow: float, soft: float) -> Floats:
    """(size, size) mask of the closed ``ring``, grown by ``grow`` px, its edge ``soft`` px (sigma) wide."""
    mask = np.zeros((size, size), np.float32)
    points = np.round(mesh[ring, :2] * (1 << _SUBPIXEL_BITS)).astype(np.int32)
    cv2.fillPoly(mask, [points], 1.0, lineType=cv2.LINE_8, shift=_SUBPIXEL_BITS)
    if grow >= 0.5:
        reach = 2 * round(grow) + 1
        mask = np.asarray(cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))), np.float32)
    return blur(mask, max(soft, 0.3))


def ramp(value: float, low: float, high: float) -> float:
    """0 below ``low``, 1 above ``high``, smooth between."""
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
