"""The swapped part of a morphable model: within FaceMesh's oval, closed over eyes and mouth."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from fsvfx.morphable import Morphable, Placing, normals, zbuffer
from fsvfx.morphable.model import Floats, Ints
from fsvfx.morphable.placing import turned_by

_AROUND = 0.6
"""Units drawn beyond the oval, so that the matte's edge is on the surface."""
_HIDDEN = 0.5
"""Units that a vertex may be behind the visible surface."""
_UP, _SIDE = (-0.7, -0.25, 0.2, 0.6), (-1.0, -0.5, 0.0, 0.5, 1.0)
"""Radians of the views that measure how open the surface is."""
_SIZE = 192
"""Height and width of these, px."""
_MIDDLE = 0.12
"""Share of the face's width: a hole within this distance from the center is the mouth."""
_FILLED = 0.5
"""Minimum share of a layout's side that a face takes: in a whole body's layout it has only a corner."""


@dataclass(frozen=True, eq=False)
class Surface:
    """triangles: (t, 3) of the ``closed`` vertices; from ``holes`` on they cover eyes and mouth; eye: (t,) whether over
    an eye. uv: (u, 2) and uv_triangles: (t, 3) likewise; the model's own, unless the face has a small part of the
    layout: then it is stretched to the whole. rings: each hole's vertices.

    openness: (v,) of the closed vertices of the mean face: the share of views facing it in which each is visible;
    nearly zero in nostrils and between lips.
    """

    model: Morphable
    triangles: Ints
    holes: int
    eye: np.ndarray[tuple[int], np.dtype[np.bool_]]
    uv: Floats
    uv_triangles: Ints
    rings: tuple[Ints, ...]
    openness: Floats

    def closed(self, points: Floats) -> Floats:
        """(..., v, c) of the model's vertices, followed by the center of each hole."""
        return _closed(points, self.rings)


@lru_cache(maxsize=2)
def surface(model: Morphable) -> Surface:
    """The surface of a model; cached."""
    kept = (model.depth[model.triangles] > -_AROUND).all(axis=1)
    rings = _holes(model.triangles)
    corner_uv = np.zeros(len(model.neutral), np.int64)
    corner_uv[model.triangles.ravel()] = model.uv_triangles.ravel()
    fans, uv_fans, eyes = [], [], []
    for place, ring in enumerate(rings):
        after = np.roll(ring, -1)
        middle = np.full(len(ring), len(model.neutral) + place)
        fans.append(np.column_stack([after, ring, middle]))
        uv_fans.append(np.column_stack([corner_uv[after], corner_uv[ring], np.full(len(ring), len(model.uv) + place)]))
        beside = abs(float(model.neutral[ring, 0].mean())) > _MIDDLE * model.width
        eyes.append(np.full(len(ring), beside))
    own = _filling(model.uv, model.uv_triangles[kept])
    uv = np.concatenate([own, *(own[corner_uv[ring]].mean(axis=0, keepdims=True) for ring in rings)])
    holes = int(kept.sum())
    return Surface(
        model,
        np.concatenate([model.triangles[kept], *fans]),
        holes,
        np.concatenate([np.zeros(holes, bool), *eyes]),
        np.asarray(uv, np.float32),
        np.concatenate([model.uv_triangles[kept], *uv_fans]),
        rings,
        _openness(model, rings),
    )


def _filling(uv: Floats, triangles: Ints) -> Floats:
    """(u, 2): ``uv`` unchanged, or stretched to the part that ``triangles`` (t, 3) use, if that is small."""
    low, high = (end(uv[triangles], axis=(0, 1)) for end in (np.min, np.max))
    side = float((high - low).max())
    return uv if side > _FILLED else np.asarray((uv - (low + high) / 2) * ((1 - 1 / 64) / side) + 0.5, np.float32)


def _closed(points: Floats, rings: tuple[Ints, ...]) -> Floats:
    middles = [points[..., ring, :].mean(axis=-2, keepdims=True) for ring in rings]
    return np.concatenate([points, *middles], axis=-2)


def _openness(model: Morphable, rings: tuple[Ints, ...]) -> Floats:
    """(v,): see ``Surface``; the whole model can occlude, not only the swapped part."""
    turns = turned_by(np.array([(up, side, 0) for up in _UP for side in _SIDE]))
    scale = _SIZE / (1.3 * float(np.ptp(model.neutral, axis=0).max()))
    count = len(turns)
    placing = Placing(turns, np.full(count, scale), np.full((count, 2), _SIZE / 2), 0.0)
    facing = np.clip(placing.turned(_closed(normals(model.neutral, model.triangles), rings))[..., 2], 0, None)
    seen = placing.seen(_closed(model.neutral, rings))
    shown = np.stack([~hidden(each, model.triangles, _SIZE, scale) for each in seen])
    return np.asarray((facing * shown).sum(axis=0) / np.maximum(facing.sum(axis=0), 1e-6), np.float32)


def hidden(seen: Floats, triangles: Ints, size: int, scale: float) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """(v,) whether a mesh's triangles are in front of each vertex ``seen`` (v, 3) px; ``scale``: px a unit."""
    raster = zbuffer(np.asarray(seen, np.float32), triangles, size)
    depth = np.full(size * size, np.inf, np.float32)
    depth[raster.pixels] = raster.at_pixels(seen[:, 2:])[:, 0]
    x, y = np.clip(np.round(seen[:, :2]), 0, size - 1).astype(np.int64).T
    return np.asarray(seen[:, 2] > depth[y * size + x] + _HIDDEN * scale)


def _holes(triangles: Ints) -> tuple[Ints, ...]:
    """The rings of vertices around a mesh's holes, in the order of its edges; its rim, the longest, is excluded."""
    edges = {(a, b) for triangle in triangles.tolist() for a, b in zip(triangle, (*triangle[1:], triangle[0]))}
    after = {a: b for a, b in edges if (b, a) not in edges}
    rings: list[list[int]] = []
    while after:
        start = min(after)
        ring, at = [start], after.pop(start)
        while at != start and at in after:
            ring.append(at)
            at = after.pop(at)
        rings.append(ring)
    rings.sort(key=len)
    return tuple(np.array(ring, np.int64) for ring in rings[:-1])
