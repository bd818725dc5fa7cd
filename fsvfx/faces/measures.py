"""Expression measures: ratios of mesh distances, free of scale, place and roll."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fsvfx.faces import topology

_RIGHT = ((160, 144), (159, 145), (158, 153))
_LEFT = ((387, 373), (386, 374), (385, 380))
_INNER_LIPS = ((82, 87), (13, 14), (312, 317))


@dataclass(frozen=True)
class Expression:
    """eyes: opening over width (about .25-.35 open, under .15 shut); mouth: inner opening over width (0 shut)."""

    right_eye: float
    left_eye: float
    mouth: float
    mouth_width: float
    """Over the distance between the outer corners of the eyes."""


def expression(landmarks: NDArray[np.floating]) -> Expression:
    """Of landmarks (468, 3)."""
    points = np.asarray(landmarks, np.float64)
    eyes = _distance(points, 33, 263)
    return Expression(
        right_eye=_opening(points, _RIGHT) / _distance(points, 33, 133),
        left_eye=_opening(points, _LEFT) / _distance(points, 263, 362),
        mouth=_opening(points, _INNER_LIPS) / _distance(points, 78, 308),
        mouth_width=_distance(points, 61, 291) / eyes,
    )


def eye_opening(landmarks: NDArray[np.floating]) -> float:
    """Mean of both eyes."""
    found = expression(landmarks)
    return (found.right_eye + found.left_eye) / 2


def mouth_opening(landmarks: NDArray[np.floating]) -> float:
    """Inner lips' opening over the mouth's width."""
    return expression(landmarks).mouth


def brow_height(landmarks: NDArray[np.floating]) -> float:
    """Mean height of both brows above the corners of their eyes, over the distance between the eyes' outer corners."""
    points = np.asarray(landmarks, np.float64)
    sides = (
        (topology.RIGHT_BROW, topology.RIGHT_EYE_CORNERS),
        (topology.LEFT_BROW, topology.LEFT_EYE_CORNERS),
    )
    heights = [np.linalg.norm(points[brow].mean(axis=0) - points[list(eye)].mean(axis=0)) for brow, eye in sides]
    return float(np.mean(heights)) / _distance(points, 33, 263)


def _opening(points: NDArray[np.float64], pairs: tuple[tuple[int, int], ...]) -> float:
    return float(np.mean([_distance(points, *pair) for pair in pairs]))


def _distance(points: NDArray[np.float64], one: int, other: int) -> float:
    return max(float(np.linalg.norm(points[one] - points[other])), 1e-6)
