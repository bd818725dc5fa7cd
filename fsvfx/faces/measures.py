"""Measures of a face: head pose, expression as ratios of mesh distances (independent of scale, position and roll), and
light."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.faces import topology
from fsvfx.faces.geometry import similarity

Points = NDArray[np.floating]

_RIGHT = ((160, 144), (159, 145), (158, 153))
_LEFT = ((387, 373), (386, 374), (385, 380))
_INNER_LIPS = ((82, 87), (13, 14), (312, 317))
_ACROSS = ((33, 263), (33, 133), (263, 362), (78, 308), (61, 291))
_EXPRESSION = np.array([*_RIGHT, *_LEFT, *_INNER_LIPS, *_ACROSS]).T
"""The pairs of vertices whose distances describe an expression: (2, 14)."""
_BARE = ([50, 101], [280, 330], [9, 151], [200, 18])
"""Where skin is bare: the cheeks, the forehead, the chin."""
UNITS = np.array([10.0, 10.0, 0.15, 0.12, 0.12, 0.12, 0.03, 0.25, 0.25], np.float32)
"""The size of one step in: yaw, pitch (degrees), mouth opening and width, eyes, brows, light."""


def rotation(landmarks: Points) -> NDArray[np.float64]:
    """Rotation of the head, (3, 3): canonical axes (x person's left, y up, z to the camera) in the same axes of the
    camera."""
    points = np.asarray(landmarks[topology.RIGID], np.float64) * np.array([1.0, -1.0, -1.0])
    return similarity(topology.CANONICAL[topology.RIGID], points)[1]


def head_pose(landmarks: Points) -> tuple[float, float, float]:
    """Landmarks (468, 3) -> yaw, pitch, roll in degrees.

    yaw > 0: to the picture's right; pitch > 0: up; roll > 0: clockwise in the picture. Facing the camera: 0, 0, 0.
    """
    turned = rotation(landmarks)
    forward, up = turned[:, 2], turned[:, 1]
    yaw = np.degrees(np.arctan2(forward[0], forward[2]))
    pitch = np.degrees(np.arcsin(np.clip(forward[1], -1.0, 1.0)))
    roll = np.degrees(np.arctan2(-turned[1, 0], up[1]))
    return float(yaw), float(pitch), float(roll)


def face_length(mesh: NDArray[np.floating]) -> float:
    """A face's size in its own px, by the spread of its vertices (468, 3): stable while the mouth moves."""
    plane = mesh[:, :2]
    return float(3.2 * np.sqrt(((plane - plane.mean(0)) ** 2).sum(1).mean()))


@dataclass(frozen=True)
class Expression:
    """eyes: opening over width (about .25-.35 open, under .15 shut); mouth: inner opening over width (0 shut)."""

    right_eye: float
    left_eye: float
    mouth: float
    mouth_width: float
    """Relative to the distance between the outer corners of the eyes."""


def expression(landmarks: Points) -> Expression:
    """From landmarks (468, 3)."""
    right, left, lips, across = np.split(_distances(np.asarray(landmarks, np.float64)), [3, 6, 9])
    eyes, right_eye, left_eye, inner_mouth, mouth = across
    return Expression(
        right_eye=float(right.mean() / right_eye),
        left_eye=float(left.mean() / left_eye),
        mouth=float(lips.mean() / inner_mouth),
        mouth_width=float(mouth / eyes),
    )


def _distances(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distances across lids and lips, and across eyes and mouth: (14,)."""
    one, other = _EXPRESSION
    return np.asarray(np.maximum(np.linalg.norm(points[one] - points[other], axis=1), 1e-6), np.float64)


def eye_opening(landmarks: Points) -> float:
    """Mean of both eyes."""
    found = expression(landmarks)
    return (found.right_eye + found.left_eye) / 2


def mouth_opening(landmarks: Points) -> float:
    """Inner lips' opening over the mouth's width."""
    return expression(landmarks).mouth


def brow_height(landmarks: Points) -> float:
    """Mean height of both brows above the corners of their eyes, relative to the distance between the eyes' outer
    corners."""
    points = np.asarray(landmarks, np.float64)
    sides = (
        (topology.RIGHT_BROW, topology.RIGHT_EYE_CORNERS),
        (topology.LEFT_BROW, topology.LEFT_EYE_CORNERS),
    )
    heights = [np.linalg.norm(points[brow].mean(axis=0) - points[list(eye)].mean(axis=0)) for brow, eye in sides]
    return float(np.mean(heights)) / _distance(points, 33, 263)


def _distance(points: NDArray[np.float64], one: int, other: int) -> float:
    return max(float(np.linalg.norm(points[one] - points[other])), 1e-6)


def appearance(crop: NDArray[np.float32], mesh: NDArray[np.float32]) -> NDArray[np.float32]:
    """(9,) what a face shows, in comparable steps: yaw, pitch, mouth opening and width, lids, brows, light."""
    yaw, pitch, _ = head_pose(mesh)
    face = expression(mesh)
    brows = (_gap(mesh, 105, 159) + _gap(mesh, 334, 386)) / 2 / face_length(mesh)
    known = (yaw, pitch, face.mouth, face.mouth_width, face.right_eye, face.left_eye, brows)
    shown = np.array([*known, *_light(crop, mesh)], np.float32)
    return np.asarray(shown / UNITS, np.float32)


def skin_colour(crop: NDArray[np.float32], mesh: NDArray[np.float32]) -> NDArray[np.float32]:
    """CIE Lab (3,) of bare skin on cheeks, forehead and chin, in a crop (S, S, 3) in [0, 1] with its mesh (468, 3)."""
    reach = max(int(0.06 * face_length(mesh)), 1)
    places = (mesh[where, :2].mean(0) for where in _BARE)
    shown = [_about(crop, place, reach).mean(axis=(0, 1)) for place in places]
    lab = cv2.cvtColor(np.median(shown, axis=0).astype(np.float32).reshape(1, 1, 3), cv2.COLOR_RGB2LAB)
    return np.asarray(lab[0, 0], np.float32)


def _gap(mesh: NDArray[np.float32], a: int, b: int) -> float:
    return float(np.linalg.norm(mesh[a] - mesh[b]))


def _light(crop: NDArray[np.float32], mesh: NDArray[np.float32]) -> tuple[float, float]:
    """Direction of the light: relative luminance difference left-right and forehead-chin, on bare skin."""
    reach = max(int(0.06 * face_length(mesh)), 1)
    left, right, top, low = (_patch(crop, mesh[where, :2].mean(0), reach) for where in _BARE)
    return (left - right) / (left + right + 1e-3), (top - low) / (top + low + 1e-3)


def _patch(crop: NDArray[np.float32], middle: NDArray[np.float32], reach: int) -> float:
    """The mean color within ``reach`` px."""
    return float(_about(crop, middle, reach).mean())


def _about(crop: NDArray[np.float32], middle: NDArray[np.float32], reach: int) -> NDArray[np.float32]:
    """The part of the crop within ``reach`` px."""
    height, width = crop.shape[:2]
    col = int(min(max(middle[0], reach), width - reach - 1))
    row = int(min(max(middle[1], reach), height - reach - 1))
    return crop[row - reach : row + reach + 1, col - reach : col + reach + 1]
