"""How much of the sky each spot of a head sees: what is dark in mouth, nostrils, ears and beneath the chin."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from fsvfx.morphable.facekit import Floats, Part, facekit
from fsvfx.morphable.model import normals

_DIRECTIONS = 24
_SIZE = 112
_MARGIN = 0.5
"""FaceKit units: what lies no deeper than this behind a surface belongs to it."""
_OPEN = {"jawOpen": 0.7, "eyeWide_L": 0.5, "eyeWide_R": 0.5}
_INSIDE = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]], np.float32)
_INSIDE /= _INSIDE.sum(axis=1, keepdims=True)
"""Where a triangle is looked at: barycentric."""
_LEAST = 0.12
"""Light that bounces into the darkest corner."""


@lru_cache(maxsize=1)
def openness() -> Floats:
    """(v,) of the mean head, in [0, 1]: 1 sees all the sky above it. Of what lips and lids hide: with these open."""
    kit = facekit()
    shut = _visible(kit.neutral, kit.triangles)
    wide = _visible(kit.neutral + kit.expressed(_OPEN), kit.triangles)
    shares = np.where(kit.part == Part.SKIN, np.maximum(shut, 0.6 * wide), wide)
    return np.asarray(_LEAST + (1 - _LEAST) * shares, np.float32)


def _visible(points: Floats, triangles: NDArray[np.int64]) -> Floats:
    facing = normals(points, triangles)
    seen, all_of = np.zeros(len(points)), np.full(len(points), 1e-6)
    for direction in _directions():
        weight = np.clip(facing @ direction, 0, None)
        seen += weight * _lit(points, triangles, direction)
        all_of += weight
    return np.asarray(seen / all_of, np.float32)


def _directions() -> Floats:
    """Evenly over the ball (Fibonacci), without those from straight below."""
    steps = np.arange(_DIRECTIONS) + 0.5
    y = 1 - 2 * steps / _DIRECTIONS
    turn = np.pi * (1 + 5**0.5) * steps
    around = np.sqrt(1 - y * y)
    found = np.stack([around * np.cos(turn), y, around * np.sin(turn)], axis=1)
    return found[y > -0.8].astype(np.float32)


def _lit(points: Floats, triangles: NDArray[np.int64], direction: Floats) -> NDArray[np.bool_]:
    """(v,) whether nothing lies between a vertex and the sky in a direction: by a coarse map of what is nearest."""
    across = np.cross([0.0, 1.0, 0.0], direction)
    across /= np.linalg.norm(across)
    axes = np.stack([across, np.cross(direction, across), -direction], axis=1)
    scale = _SIZE / 2 / np.abs(points).max() * 0.9
    seen = points @ axes.astype(np.float32) * scale
    seen[:, :2] += _SIZE / 2
    spread = np.einsum("kc,tca->kta", _INSIDE, seen[triangles]).reshape(-1, 3)
    depth = np.full(_SIZE * _SIZE, np.inf, np.float32)
    np.minimum.at(depth, _cell(spread), spread[:, 2])
    return np.asarray(seen[:, 2] <= depth[_cell(seen)] + _MARGIN * scale)


def _cell(seen: Floats) -> NDArray[np.int64]:
    x, y = np.clip(seen[:, :2].astype(np.int64), 0, _SIZE - 1).T
    return np.asarray(y * _SIZE + x)
