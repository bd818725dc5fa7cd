"""A z-buffer (Catmull 1974) for dense meshes: the nearest triangle in each pixel, and the point on it."""

from __future__ import annotations

import numpy as np

from fsvfx.faces.raster import Raster, signed_areas
from fsvfx.morphable.model import Floats, Ints

_EDGE = -1e-4
"""Tolerance of weights: a pixel center on an edge belongs to both triangles, so that there are no seams."""
_SLIVER = 1e-6
"""Triangles smaller than this (px^2) are not drawn."""


def zbuffer(seen: Floats, triangles: Ints, size: int) -> Raster:
    """For vertices ``seen`` (v, 3; px, z away from the camera) in a (size, size) picture; back faces are not drawn.

    Weights are linear in the picture: triangles are assumed small enough to ignore perspective within them.
    """
    area = signed_areas(seen[triangles])
    facing = np.flatnonzero(area > _SLIVER)
    corners = np.asarray(seen[triangles[facing]], np.float32)
    which, pixels, weights = _covered(corners, size)
    depth = (corners[which, :, 2] * weights).sum(axis=1)
    order = np.argsort(-depth, kind="stable")
    nearest = np.full(size * size, -1, np.int64)
    nearest[pixels[order]] = order  # for equal indices numpy keeps the last: the nearest
    shown = np.flatnonzero(nearest >= 0)
    kept = nearest[shown]
    ids = facing[which[kept]]
    return Raster(size, shown, ids.astype(np.int32), triangles[ids], weights[kept])


def _covered(corners: Floats, size: int) -> tuple[Ints, Ints, Floats]:
    """Every pixel (flat index) covered by a triangle (t, 3, 3), the index of that triangle, and its weights (c, 3)."""
    low = np.clip(np.ceil(corners[:, :, :2].min(axis=1)), 0, size).astype(np.int32)
    high = np.clip(np.floor(corners[:, :, :2].max(axis=1)) + 1, 0, size).astype(np.int32)
    across, down = np.maximum(high - low, 0).T
    counts = across * down
    which = np.repeat(np.arange(len(corners), dtype=np.int32), counts)
    place = np.arange(len(which), dtype=np.int32) - np.repeat((np.cumsum(counts) - counts).astype(np.int32), counts)
    row, column = np.divmod(place, across.take(which))
    x, y = low[:, 0].take(which) + column, low[:, 1].take(which) + row
    one, two = (corners[:, corner, :2] - corners[:, 0, :2] for corner in (1, 2))
    area = one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0]
    right, below = x - corners[:, 0, 0].take(which), y - corners[:, 0, 1].take(which)
    second = (two[:, 1] / area).take(which) * right - (two[:, 0] / area).take(which) * below
    third = (one[:, 0] / area).take(which) * below - (one[:, 1] / area).take(which) * right
    first = 1 - second - third
    inside = np.flatnonzero((first >= _EDGE) & (second >= _EDGE) & (third >= _EDGE))
    weights = np.stack([each.take(inside) for each in (first, second, third)], axis=1)
    pixels = y.take(inside).astype(np.int64) * size + x.take(inside)
    return which.take(inside).astype(np.int64), pixels, np.asarray(weights, np.float32)
