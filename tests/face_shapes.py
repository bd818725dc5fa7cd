"""Faces made of the canonical mesh, for tests that need no pictures."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from fsvfx.faces import topology
from fsvfx.faces.tracks import Finds


def face(
    x: float = 200.0,
    y: float = 150.0,
    *,
    height: float = 120.0,
    yaw: float = 0.0,
    pitch: float = 0.0,
    roll: float = 0.0,
) -> np.ndarray:
    """Landmarks (468, 3) f32; angles in degrees as ``fsvfx.faces.measures.head_pose`` gives them."""
    turned = topology.CANONICAL @ Rotation.from_euler("zxy", [-roll, -pitch, yaw], degrees=True).as_matrix().T
    scale = height / np.ptp(topology.CANONICAL[:, 1])
    points = turned * scale * np.array([1.0, -1.0, -1.0])
    return np.asarray(points + np.array([x, y, 0.0]), np.float32)


def finds(rows: list[tuple[int, np.ndarray, int]], score: float = 0.9) -> Finds:
    """From (frame, landmarks, person): embeddings of different people are 1.0 and more apart."""
    landmarks = np.array([row[1] for row in rows], np.float32).reshape(-1, 468, 3)
    flat = landmarks[..., :2]
    boxes = np.concatenate([flat.min(axis=1), flat.max(axis=1)], axis=1) if len(rows) else np.zeros((0, 4))
    who = np.array([row[2] for row in rows], int)
    return Finds(
        np.array([row[0] for row in rows], np.int64),
        boxes.astype(np.float32),
        np.full(len(rows), score, np.float32),
        landmarks,
        np.eye(128, dtype=np.float32)[who] if len(rows) else np.zeros((0, 128), np.float32),
    )
