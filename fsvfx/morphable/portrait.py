"""Renders mixed coefficients of two faces: one person's shape and albedo in another's pose, expression and light.

Also the position of each point of such a face a moment earlier: correspondences along the mesh, by barycentric
interpolation (Cao et al., "UniFaceGAN", 2021, arXiv 2108.05650).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from fsvfx.faces.raster import Raster
from fsvfx.faces.topology import OVAL
from fsvfx.morphable.model import Floats, Ints, Morphable, normals
from fsvfx.morphable.pictures import expected
from fsvfx.morphable.placing import Placing
from fsvfx.morphable.zbuffer import zbuffer

_BEHIND = 1.0
"""Units that a vertex may be behind the oval."""
_FINER = 2
"""Samples per pixel, along each side."""
_SAME = 0.02
"""Share of the picture's side by which a point may be behind the visible surface, and still count as the same."""


@dataclass(frozen=True, eq=False)
class FacePart:
    """The part of a model that pictures of a face cover: within FaceMesh's oval.

    vertices: (q,) of the model. neutral: (q, 3); identity: (k, q, 3); expression: (e, q, 3); triangles: (t, 3) into
    them. smoothing: (q, q), which makes a value the mean of itself and its neighbors.
    """

    vertices: Ints
    neutral: Floats
    identity: Floats
    expression: Floats
    triangles: Ints
    smoothing: csr_array

    def posed(self, identity: Floats, expression: Floats) -> Floats:
        """(q, 3) of a person (k,) with an expression (e,), before placing."""
        moved = np.tensordot(identity, self.identity, 1) + np.tensordot(expression, self.expression, 1)
        return np.asarray(self.neutral + moved, np.float32)

    def softened(self, values: Floats, rounds: int) -> Floats:
        """(q, c) values, smoothed over the mesh."""
        for _ in range(rounds):
            values = self.smoothing @ values
        return np.asarray(values, np.float32)


@lru_cache(maxsize=2)
def face_part(model: Morphable) -> FacePart:
    """The face part of a model; cached."""
    inside = _within(model)
    kept = model.triangles[inside[model.triangles].all(axis=1)]
    vertices = np.unique(kept)
    place = np.zeros(len(model.neutral), np.int64)
    place[vertices] = np.arange(len(vertices))
    triangles = place[kept]
    return FacePart(
        vertices,
        np.ascontiguousarray(model.neutral[vertices]),
        np.ascontiguousarray(model.identity[:, vertices]),
        np.ascontiguousarray(model.expression[:, vertices]),
        triangles,
        _smoothing(triangles, len(vertices)),
    )


def _within(model: Morphable) -> NDArray[np.bool_]:
    """(v,): which vertices belong to the part."""
    oval = model.points.of(model.neutral)[OVAL]
    flat = np.ascontiguousarray(oval[:, :2], np.float32)
    inside = [cv2.pointPolygonTest(flat, (float(x), float(y)), False) >= 0 for x, y in model.neutral[:, :2]]
    front: NDArray[np.bool_] = np.array(inside) & (model.neutral[:, 2] > oval[:, 2].min() - _BEHIND)
    return front


def _smoothing(triangles: Ints, count: int) -> csr_array:
    pairs = np.concatenate([triangles[:, [one, other]] for one in range(3) for other in range(3)])
    pairs = np.unique(pairs, axis=0)
    own = np.bincount(pairs[:, 0], minlength=count)
    return csr_array(((1 / own[pairs[:, 0]]).astype(np.float32), (pairs[:, 0], pairs[:, 1])), shape=(count, count))


@dataclass(frozen=True, eq=False)
class Portrait:
    """A rendered face. colors: (size, size, 3) display RGB, black outside the face; cover: (size, size) in [0, 1], its
    coverage of each pixel. seen: (q, 3) px, the positions of its vertices; raster: the vertices shown by each
    sample."""

    colors: Floats
    cover: Floats
    seen: Floats
    raster: Raster

    @property
    def size(self) -> int:
        return len(self.cover)


def lit(part: FacePart, points: Floats, placing: Placing, light: Floats, albedo: Floats) -> Floats:
    """(q, 3) display RGB of posed points (q, 3) with albedo (q, 3), placed (one face), under light (9, 3)."""
    turned = placing.turned(normals(points, part.triangles))
    return np.asarray(np.clip(expected(light[None], turned, albedo)[0], 0, 1), np.float32)


def drawn(part: FacePart, seen: Floats, colors: Floats, size: int) -> Portrait:
    """Vertices projected to ``seen`` (q, 3) px of a (size, size) picture, z away from the camera, with colors (q,
    3)."""
    half = np.array([0.5, 0.5, 0], np.float32)
    raster = zbuffer((seen + half) * np.float32(_FINER) - half, part.triangles, _FINER * size)
    found = _gathered(raster, np.column_stack([raster.at_pixels(colors), np.ones(len(raster.pixels), np.float32)]))
    cover = found[..., 3] / _FINER**2
    shown = found[..., :3] / np.maximum(found[..., 3:], 1)
    return Portrait(np.asarray(shown, np.float32), np.asarray(cover, np.float32), seen, raster)


def carried(before: Portrait, after: Portrait) -> tuple[Floats, Floats]:
    """For the same person in two pictures of one size: (size, size, 2) px of the first, the position there of what the
    second shows in each pixel; and (size, size) 1 where this is so for the whole pixel."""
    size, there = before.size, after.raster.at_pixels(before.seen)
    depth = np.full((_FINER * size, _FINER * size), -np.inf, np.float32)
    depth.ravel()[before.raster.pixels] = before.raster.at_pixels(before.seen[:, 2:])[:, 0]
    x, y = np.rint((there[:, :2] + 0.5) * _FINER - 0.5).astype(np.int64).T
    inside = (x >= 0) & (y >= 0) & (x < _FINER * size) & (y < _FINER * size)
    front = np.full(len(x), -np.inf, np.float32)
    front[inside] = depth[y[inside], x[inside]]
    same = there[:, 2] <= front + np.float32(_SAME * size)
    found = _gathered(after.raster, np.column_stack([there[:, :2], same]).astype(np.float32))
    return np.asarray(found[..., :2] / _FINER**2, np.float32), np.asarray(found[..., 2] == _FINER**2, np.float32)


def _gathered(raster: Raster, values: Floats) -> Floats:
    """(size, size, c): sums of samples' values (p, c)."""
    side = raster.size // _FINER
    row, column = np.divmod(raster.pixels, raster.size)
    pixel = row // _FINER * side + column // _FINER
    summed = [np.bincount(pixel, each, side * side) for each in values.T]
    return np.stack(summed, axis=-1).reshape(side, side, -1).astype(np.float32)
