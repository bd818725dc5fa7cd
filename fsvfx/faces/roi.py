"""The turned squares that FaceMesh looks at: (x, y, side, angle), angle in radians, clockwise in the picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fsvfx.faces import topology

_MARGIN = 1.5
"""Side over the face's longer side, as FaceMesh was trained (arXiv 1907.06724)."""


def from_keypoints(boxes: NDArray[np.float32], keypoints: NDArray[np.float32]) -> NDArray[np.float64]:
    """From boxes (k, 4) and key points (k, p, 2) whose first two are the eyes: (k, 4)."""
    across = keypoints[:, 1] - keypoints[:, 0]
    sides = (boxes[:, 2:] - boxes[:, :2]).max(axis=1) * _MARGIN
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2
    return np.column_stack([centres, sides, np.arctan2(across[:, 1], across[:, 0])]).astype(np.float64)


def from_landmarks(landmarks: NDArray[np.floating]) -> NDArray[np.float64]:
    """From landmarks (k, 468, 3): upright by the outer corners of the eyes. (k, 4)."""
    eyes = landmarks[:, topology.LEFT_EYE_CORNERS[0], :2] - landmarks[:, topology.RIGHT_EYE_CORNERS[0], :2]
    angles = np.arctan2(eyes[:, 1], eyes[:, 0])
    turned = np.einsum("kij,knj->kni", _turn(-angles), landmarks[..., :2])
    low, high = turned.min(axis=1), turned.max(axis=1)
    centres = np.einsum("kij,kj->ki", _turn(angles), (low + high) / 2)
    return np.column_stack([centres, (high - low).max(axis=1) * _MARGIN, angles])


def matrix(roi: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """(4,) -> (2, 3): picture px -> px of the (size, size) crop."""
    x, y, side, angle = roi
    scale = size / side
    linear = _turn(np.array([-angle]))[0] * scale
    return np.column_stack([linear, np.full(2, (size - 1) / 2) - linear @ np.array([x, y])])


def shaken(roi: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """``count`` squares about one (4,): itself, then fixed small shifts, scales and turns in opposite pairs."""
    strengths = np.array([0.03, 0.03, 0.05, np.radians(4.0)])
    draws = np.random.default_rng(468).uniform(-1, 1, (max(count - 1, 0) // 2 + 1, 4)) * strengths
    paired = np.stack([draws, -draws], axis=1).reshape(-1, 4)[: max(count - 1, 0)]
    moves = np.concatenate([np.zeros((1, 4)), paired])
    side = roi[2]
    return np.column_stack([roi[:2] + moves[:, :2] * side, side * (1 + moves[:, 2]), roi[3] + moves[:, 3]])


def _turn(angles: NDArray[np.floating]) -> NDArray[np.float64]:
    cos, sin = np.cos(angles), np.sin(angles)
    return np.stack([np.stack([cos, -sin], axis=-1), np.stack([sin, cos], axis=-1)], axis=-2).astype(np.float64)
