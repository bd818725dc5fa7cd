"""DeepFaceLab's and DeepFaceLive's cuts from FaceMesh meshes: faces are placed as their own extractors would.

Both align landmarks with a unit square filled by brows, eyes, nose and mouth, and cut a larger square around its
center. Numbers as in DeepFaceLab's ``facelib/LandmarksProcessor.py``, and in DeepFaceLive's ``FLandmarks2D.py`` and
``FaceAligner.py``.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fsvfx.faces.geometry import Matrix, apply, similarity, turns
from fsvfx.faces.topology import UV
from schemas.network_pictures import DflFace, FaceMeshCut

LANDMARKS: Final = {
    0: 127, 1: 234, 2: 93, 14: 323, 15: 454, 16: 356,
    17: 70, 18: 63, 19: 105, 20: 66, 21: 55, 22: 285, 23: 296, 24: 334, 25: 293, 26: 300,
    27: 168, 28: 197, 29: 5, 30: 4, 31: 240, 32: 97, 33: 2, 34: 326, 35: 460,
    36: 7, 37: 160, 38: 158, 39: 155, 40: 153, 41: 144, 42: 382, 43: 385, 44: 387, 45: 249, 46: 373, 47: 380,
    48: 61, 54: 291,
}  # fmt: skip
"""The 68 landmarks of 300-W that define the cuts, each by the nearest vertex of FaceMesh.

Measured against dlib's 68 on 236 pictures of nine people: corners of a whole_face of 256 px are on average within 1 px
of those by dlib's landmarks, and 2.3 px off for a single face. dlib's own move by .9 px in a mirror image.
"""
_FITTED: Final = (*range(17, 49), 54)
"""Those that expressions move little."""
_SQUARE: Final = np.array([
    (0.000213256, 0.106454), (0.0752622, 0.038915), (0.18113, 0.0187482), (0.29077, 0.0344891), (0.393397, 0.0773906),
    (0.586856, 0.0773906), (0.689483, 0.0344891), (0.799124, 0.0187482), (0.904991, 0.038915), (0.98004, 0.106454),
    (0.490127, 0.203352), (0.490127, 0.307009), (0.490127, 0.409805), (0.490127, 0.515625), (0.36688, 0.587326),
    (0.426036, 0.609345), (0.490127, 0.628106), (0.554217, 0.609345), (0.613373, 0.587326), (0.121737, 0.216423),
    (0.187122, 0.178758), (0.265825, 0.179852), (0.334606, 0.231733), (0.260918, 0.245099), (0.182743, 0.244077),
    (0.645647, 0.231733), (0.714428, 0.179852), (0.793132, 0.178758), (0.858516, 0.216423), (0.79751, 0.244077),
    (0.719335, 0.245099), (0.254149, 0.780233), (0.726104, 0.780233),
])  # fmt: skip
"""Their positions in the unit square: dlib's mean face."""
_PADDING: Final[dict[DflFace, float]] = {"half": 0.0, "mid": 0.0675, "full": 0.2109375, "whole_face": 0.4, "head": 0.7}
_UP: Final[dict[DflFace, float]] = {"whole_face": 0.07, "head": 0.5}
"""How far the center is moved up."""
_SIDES: Final = (((16, 27), (15, 28), (14, 29)), ((27, 0), (28, 1), (29, 2)))
"""Pairs of landmarks: the width of the face on the picture's right, and on its left."""

_STILL: Final = np.array([
    1, 2, 3, 4, 5, 6, 19, 20, 36, 44, 45, 47, 48, 49, 50, 51, 59, 60, 64, 75, 79, 92, 93, 94, 97, 98, 99, 100, 101, 102,
    114, 115, 116, 119, 120, 121, 122, 123, 125, 126, 127, 128, 129, 131, 134, 137, 141, 142, 147, 164, 165, 166, 167,
    174, 186, 187, 188, 195, 196, 197, 198, 203, 205, 206, 207, 209, 216, 217, 218, 219, 220, 227, 234, 235, 236, 237,
    238, 239, 240, 241, 242, 248, 250, 266, 274, 275, 277, 278, 279, 280, 281, 289, 290, 294, 305, 309, 322, 323, 326,
    327, 328, 329, 330, 331, 343, 344, 345, 348, 349, 350, 351, 352, 354, 355, 356, 357, 358, 360, 363, 366, 370, 371,
    376, 391, 392, 393, 399, 410, 411, 412, 419, 420, 423, 425, 426, 427, 429, 436, 437, 438, 439, 440, 447, 454, 455,
    456, 457, 458, 459, 460, 461, 462,
])  # fmt: skip
"""DeepFaceLive's vertices: all except the parts that move."""
_LAYOUT: Final = (1.7721, 0.1, (-0.3973642, -0.4414188))
"""Scale, degrees counterclockwise and shift by which DeepFaceLive places MediaPipe's flat layout on the same unit
square."""


def dfl_matrix(landmarks: NDArray[np.floating], face: DflFace, size: int) -> Matrix:
    """Landmarks (468, 3) px of a picture -> (2, 3), picture px -> px of DeepFaceLab's (size, size) cut of that type."""
    square = _square(landmarks)
    across = _yaw(landmarks, square) if face == "head" else 0.0
    side = 2 * (_PADDING[face] * math.sqrt(2) + 0.5)
    return _about(square, (0.5 + across, 0.5 - _UP.get(face, 0.0)), side, size)


def facemesh_matrix(landmarks: NDArray[np.floating], cut: FaceMeshCut, size: int) -> Matrix:
    """The same for DeepFaceLive's cut, for upright faces, not heads."""
    scale, degrees, shift = _LAYOUT
    flat = (UV[_STILL].astype(np.float64) * (1, -1) + (0, 1)) @ turns(np.radians(-degrees)).T * scale + shift
    square = _matrix(landmarks[_STILL, :2], flat)
    return _about(square, (0.5, 0.5 - cut.up), cut.coverage, size)


def coverage_of(matrix: Matrix, landmarks: NDArray[np.floating], size: int) -> tuple[float, float, float]:
    """The DeepFaceLive cut that is nearest to a matrix (picture px -> px of a (size, size) crop), for this face.

    Its coverage, and the offset of its center to the right and down from that of ``FaceMeshCut``; in unit squares.
    """
    usual = facemesh_matrix(landmarks, FaceMeshCut(coverage=1.0), 1)
    corners = np.array([(0, 0), (size, 0), (size, size), (0, size)], np.float64)
    picture = np.linalg.solve(matrix[:, :2], (corners - matrix[:, 2]).T).T
    scale, _, _ = similarity(corners, apply(usual, picture))
    right, down = apply(usual, picture).mean(axis=0) - 0.5
    return scale * size, float(right), float(down)


def _square(landmarks: NDArray[np.floating]) -> Matrix:
    """Picture px -> the unit square of brows, eyes, nose and mouth."""
    return _matrix(landmarks[[LANDMARKS[point] for point in _FITTED], :2], _SQUARE)


def _matrix(points: NDArray[np.floating], target: NDArray[np.float64]) -> Matrix:
    scale, rotation, shift = similarity(points, target)
    return np.column_stack([scale * rotation, shift])


def _about(square: Matrix, middle: tuple[float, float], side: float, size: int) -> Matrix:
    """The cut with that side around a point of the unit square."""
    moved = square.copy()
    moved[:, 2] += side / 2 - np.array(middle)
    return moved * (size / side)


def _yaw(landmarks: NDArray[np.floating], square: Matrix) -> float:
    """How far a head's cut extends toward its back: DeepFaceLab's estimate of yaw, damped near 0, and halved."""
    x = {point: float(apply(square, landmarks[vertex, :2])[0]) for point, vertex in LANDMARKS.items()}
    right, left = (sum(x[a] - x[b] for a, b in pairs) / 3 for pairs in _SIDES)
    return (right - left) * abs(math.tanh(2 * (right - left))) / 2
