"""Rasterizes a face mesh once, so that any picture with the same mesh can be warped to it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.integer]

_ROW = 256
"""Samples are remapped in rows of this length: cv2 limits pictures to a width of 32767."""
_SUBPIXEL_BITS = 4
_PAST = 0.5
"""How far a triangle's map extends beyond its edge, in triangle heights."""
_MIN_AREA = 0.02
"""Triangles smaller than this (px^2) are slivers of a folded mesh, and are not drawn."""


@dataclass(frozen=True)
class Raster:
    """The point of the mesh that each pixel shows.

    size: of the square picture. pixels: (p,) flat indices of the covered ones. triangles: (p,) the visible one.
    corners: (p, 3) its vertices. weights: (p, 3) float32 barycentric, sum 1, hardly outside [0, 1].
    """

    size: int
    pixels: NDArray[np.int64]
    triangles: NDArray[np.int32]
    corners: NDArray[np.int64]
    weights: Floats

    def at_pixels(self, values: Floats) -> Floats:
        """Interpolate (v, c) values of the vertices: (p, c)."""
        values, corners = np.ascontiguousarray(values, np.float32), np.ascontiguousarray(self.corners.T)
        mixed = np.zeros((len(self.pixels), values.shape[1]), np.float32)
        for corner, weight in zip(corners, np.ascontiguousarray(self.weights.T)):
            mixed += values.take(corner, axis=0, mode="clip") * weight[:, None]  # otherwise take copies to check bounds
        return mixed

    def only(self, which: NDArray[np.generic]) -> Raster:
        """A subset of its pixels, by index or mask."""
        return Raster(self.size, self.pixels[which], self.triangles[which], self.corners[which], self.weights[which])

    def shares(self, values: Floats) -> Floats:
        """Interpolate (v, c) values in [0, 1], clipped to that range beyond a triangle's edge."""
        return np.asarray(np.clip(self.at_pixels(values), 0, 1), np.float32)

    def sample(self, picture: Floats, vertices: Floats) -> Floats:
        """Colors (p, c) of ``picture`` (H, W, c) whose mesh is ``vertices`` (v, 2+): the piecewise affine warp."""
        return remap_points(picture, self.at_pixels(np.ascontiguousarray(vertices[:, :2])))

    def picture(self, values: Floats, background: Floats) -> Floats:
        """A copy of ``background`` (size, size, c) with (p, c) values on the mesh."""
        flat = background.reshape(self.size * self.size, -1).copy()
        flat[self.pixels] = values
        return flat.reshape(self.size, self.size, -1)

    def planes(self, values: Floats) -> list[Floats]:
        """(size, size) of each of c values (p, c) on the mesh, 0 outside."""
        planes = np.zeros((values.shape[1], self.size * self.size), np.float32)
        for plane, column in zip(planes, np.ascontiguousarray(values.T)):
            plane[self.pixels] = column
        return list(planes.reshape(-1, self.size, self.size))

    def of_picture(self, picture: Floats) -> Floats:
        """The covered pixels (p, ...) of ``picture`` (size, size, ...)."""
        return picture.reshape(self.size * self.size, *picture.shape[2:]).take(self.pixels, axis=0, mode="clip")

    @property
    def coverage(self) -> Floats:
        """(size, size): 1 on the mesh, 0 outside."""
        flat = np.zeros(self.size * self.size, np.float32)
        flat[self.pixels] = 1
        return flat.reshape(self.size, self.size)


def rasterise(vertices: Floats, triangles: Ints, size: int) -> Raster:
    """Rasterize ``vertices`` (v, 3; px, z away from the camera) in painter's order: the nearest triangle is visible.

    Triangles that face away are drawn first, so that folds at lids and lips leave no holes.
    """
    corners = vertices[triangles]
    area = signed_areas(corners)
    facing = area > 0
    depth = corners[:, :, 2].mean(1)
    order = np.lexsort((-depth, facing))
    order = order[np.abs(area[order]) > _MIN_AREA]
    ids = _paint(corners, order, size)
    pixels = np.flatnonzero(ids.ravel() >= 0)
    seen = ids.ravel()[pixels]
    shown = triangles.astype(np.int64).take(seen, axis=0)
    return Raster(size, pixels, seen, shown, _barycentric(corners, seen, pixels, size))


def remap_points(picture: Floats, points: Floats) -> Floats:
    """Colors (p, c) of ``picture`` (H, W, c) at ``points`` (p, 2) x, y; bicubic, edges repeated."""
    count = len(points)
    if not count:
        return np.zeros((0, picture.shape[2]), np.float32)
    rows = -(-count // _ROW)
    padded = np.zeros((2, rows * _ROW), np.float32)
    padded[:, :count] = points.T
    return remap(picture, *padded.reshape(2, rows, _ROW)).reshape(rows * _ROW, -1)[:count]


def remap(picture: Floats, x: Floats, y: Floats) -> Floats:
    """(H, W, c): colors of ``picture`` at ``x`` and ``y`` (H, W); bicubic, edges repeated."""
    taken = cv2.remap(picture, x, y, interpolation=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(taken, np.float32)


def blur(picture: Floats, sigma: float) -> Floats:
    """Gaussian, of (H, W) or (H, W, c); ``sigma`` in px."""
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.float32)


def times(picture: Floats, mask: Floats) -> Floats:
    """(H, W, 3) times (H, W)."""
    return np.asarray(cv2.multiply(picture, cv2.merge([mask] * 3)), np.float32)


def over(picture: Floats, mask: Floats) -> Floats:
    """(H, W, c) divided by (H, W); zero where the mask is nearly zero."""
    return np.asarray(picture / np.maximum(mask, 1e-3)[..., None], np.float32)


def signed_areas(corners: Floats) -> Floats:
    """Signed areas of (t, 3, 2+) triangles in the picture's plane; positive: facing the camera."""
    a, b = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    # The mesh's triangles are counterclockwise seen from outside; with y down that makes front faces negative.
    return np.asarray(-(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]) / 2, np.float32)


def vertex_facing(vertices: Floats, triangles: Ints) -> Floats:
    """(v,) cosine between each vertex's normal and the direction to the camera, 0 where it faces away."""
    corners = vertices[triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    sums = np.zeros_like(vertices)
    for corner in range(3):
        np.add.at(sums, triangles[:, corner], normals)
    length = np.maximum(np.linalg.norm(sums, axis=1), 1e-9)
    return np.asarray(np.clip(-sums[:, 2] / length, 0, 1), np.float32)


def _paint(corners: Floats, order: NDArray[np.int64], size: int) -> NDArray[np.int32]:
    ids = np.full((size, size), -1, np.int32)
    points = np.round(corners[:, :, :2] * (1 << _SUBPIXEL_BITS)).astype(np.int32)
    for triangle, index in zip(points[order], order.tolist()):
        cv2.fillConvexPoly(ids, triangle, index, cv2.LINE_8, _SUBPIXEL_BITS)
    return ids


def _barycentric(corners: Floats, seen: NDArray[np.int32], pixels: NDArray[np.int64], size: int) -> Floats:
    """Painting covers pixels whose center is just outside: the map extends there, except for slivers, whose map would
    tear."""
    a = corners[:, 0, :2].astype(np.float64)
    b, d = corners[:, 1, :2] - a, corners[:, 2, :2] - a
    with np.errstate(divide="ignore", invalid="ignore"):  # slivers without any area are not visible
        slopes = np.stack([d[:, 1], -d[:, 0], -b[:, 1], b[:, 0]], 1) / (b[:, :1] * d[:, 1:] - b[:, 1:] * d[:, :1])
    x_to_second, y_to_second, x_to_third, y_to_third = slopes.T.astype(np.float32).take(seen, axis=1)
    row, column = np.divmod(pixels.astype(np.int32), np.int32(size))
    left, top = a.T.astype(np.float32).take(seen, axis=1)
    x, y = column.astype(np.float32) - left, row.astype(np.float32) - top
    second, third = x_to_second * x + y_to_second * y, x_to_third * x + y_to_third * y
    first = 1 - second - third
    weights = np.stack([first, second, third], axis=1)
    far = np.flatnonzero(np.minimum(np.minimum(first, second), third) < -_PAST)
    if len(far):
        at = np.stack([x[far], y[far]], 1)
        weights[far] = _on_edges(at, corners[seen[far], :, :2] - corners[seen[far], :1, :2])
    return weights


def _on_edges(points: Floats, corners: Floats) -> Floats:
    """(p, 3) weights of the point on the edge of (p, 3, 2) triangles that is nearest to (p, 2) points."""
    best = np.zeros((len(points), 3))
    least = np.full(len(points), np.inf)
    for one, other in ((0, 1), (1, 2), (2, 0)):
        along = corners[:, other] - corners[:, one]
        share = ((points - corners[:, one]) * along).sum(1) / np.maximum((along**2).sum(1), 1e-9)
        share = np.clip(share, 0, 1)[:, None]
        away = ((corners[:, one] + share * along - points) ** 2).sum(1)
        nearer = away < least
        least[nearer] = away[nearer]
        best[nearer] = 0
        best[nearer, one], best[nearer, other] = 1 - share[nearer, 0], share[nearer, 0]
    return np.asarray(best, np.float32)
