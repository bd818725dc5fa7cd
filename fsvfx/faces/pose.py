"""Head pose: the similarity that lays the canonical mesh over a face's landmarks (Procrustes; Umeyama 1991)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fsvfx.faces import topology

Points = NDArray[np.floating]


def similarity(source: Points, target: Points) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
    """Scale, rotation (d, d) and shift (d,) with ``target ~ scale * rotation @ source + shift``; least squares."""
    middle_s, middle_t = source.mean(axis=0, dtype=np.float64), target.mean(axis=0, dtype=np.float64)
    s, t = source - middle_s, target - middle_t
    u, values, vt = np.linalg.svd(t.T @ s)
    signs = np.ones(len(values))
    signs[-1] = np.sign(np.linalg.det(u @ vt)) or 1.0
    rotation = u @ np.diag(signs) @ vt
    scale = float((values * signs).sum() / (s**2).sum())
    return scale, rotation, middle_t - scale * rotation @ middle_s


def rotation(landmarks: Points) -> NDArray[np.float64]:
    """Of the head, (3, 3): canonical axes (x person's left, y up, z to the camera) in the same axes of the camera."""
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
