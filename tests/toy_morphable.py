"""A small morphable model of our own: the canonical mesh, a few smooth ways to differ and to move. For tests."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from fsvfx.faces.topology import CANONICAL, LIPS_INNER, LIPS_OUTER, OVAL, RIGID, TRIANGLES, UV
from fsvfx.morphable.model import Morphable, SurfacePoints

UNIT = 10.0
"""mm: the canonical mesh is in cm."""
_MODES = 8


@lru_cache(maxsize=1)
def toy() -> Morphable:
    """468 vertices, which are FaceMesh's points; 8 identity modes; mouth and brows move."""
    neutral = (CANONICAL - CANONICAL[RIGID].mean(axis=0)).astype(np.float32)
    lips = np.union1d(LIPS_INNER, LIPS_OUTER)
    skin = np.ones(len(neutral), np.float32)
    skin[lips] = skin[OVAL] = 0
    return Morphable(
        name="toy",
        neutral=neutral,
        triangles=TRIANGLES,
        identity=_modes(neutral),
        expression=_moves(neutral),
        names=("jawOpen", "mouthSmile", "browUp"),
        uv=UV,
        uv_triangles=TRIANGLES,
        points=SurfacePoints(
            np.repeat(np.arange(468)[:, None], 3, axis=1),
            np.tile(np.array([1, 0, 0], np.float32), (468, 1)),
            np.full(468, 0.05, np.float32),
        ),
        probes=np.setdiff1d(np.arange(468), OVAL),
        skin=skin,
        depth=_depth(neutral),
        unit=UNIT,
    )


def _depth(neutral: np.ndarray) -> np.ndarray:
    flat = np.ascontiguousarray(neutral[OVAL, :2])
    return np.array([cv2.pointPolygonTest(flat, (float(x), float(y)), True) for x, y in neutral[:, :2]], np.float32)


def _modes(neutral: np.ndarray) -> np.ndarray:
    """Low waves over the face, each along an axis: 2 mm at their strongest."""
    made = []
    for mode in range(_MODES):
        wave = np.cos(neutral[:, mode % 2] * (0.25 + 0.12 * (mode // 2)) + 0.7 * mode)
        made.append(0.2 * wave[:, None] * np.eye(3)[mode % 3])
    return np.asarray(made, np.float32)


def _moves(neutral: np.ndarray) -> np.ndarray:
    mouth, brows = neutral[[13, 14]].mean(axis=0), neutral[[66, 296]].mean(axis=0)
    about_mouth = np.exp(-(((neutral - mouth)[:, :2] / [2.5, 2.0]) ** 2).sum(axis=1))
    about_brows = np.exp(-(((neutral - brows)[:, :2] / [4.0, 1.2]) ** 2).sum(axis=1))
    below = np.clip((mouth[1] - neutral[:, 1]) / 0.5 + 0.5, 0, 1)
    smile = np.column_stack([np.sign(neutral[:, 0]), np.full(468, 0.6), np.zeros(468)]) * np.abs(neutral[:, :1]) / 2
    jaw, rise = np.outer(below * about_mouth, [0, -2.0, -0.3]), np.outer(about_brows, [0, 0.8, 0])
    return np.asarray([jaw, smile * about_mouth[:, None], rise], np.float32)
