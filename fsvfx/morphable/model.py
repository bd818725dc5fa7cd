"""The contract of a morphable model: a face's shape as a sum of identity and expression (Blanz and Vetter, "A Morphable
Model for the Synthesis of 3D Faces", 1999)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class SurfacePoints:
    """The positions of FaceMesh's 468 points on a model: corners (468, 3) vertices, weights (468, 3), sum 1.

    spread: (468,) deviation of the network's points from them, in the model's units: the expected error of a fit.
    """

    corners: Ints
    weights: Floats
    spread: Floats

    def of(self, values: Floats) -> Floats:
        """For (..., v, c) values of the vertices: (..., 468, c)."""
        return np.asarray((values[..., self.corners, :] * self.weights[..., None]).sum(axis=-2), np.float32)


@dataclass(frozen=True, eq=False)
class Morphable:
    """A face's shape: ``neutral + sum of identity + sum of expression``.

    neutral: (v, 3) the mean face; x to the person's left, y up, z to the camera; its origin is the center of the
        points that expressions hardly move. unit: mm per unit.
    triangles: (t, 3), counterclockwise seen from outside. uv: (u, 2) in [0, 1], v up; uv_triangles: (t, 3) into it.
    identity: (k, v, 3) the effect of a standard deviation. expression: (e, v, 3) at full strength; names: of each.
    points: FaceMesh's, on its surface. probes: (p,) vertices at which pixels are sampled, spread over the face.
    skin: (v,) 1 on bare skin, which shows the light, 0 on lips, brows, lids, and where hair may be.
    depth: (v,) distance inside FaceMesh's oval, units; negative outside.
    card: of its weights file, which has the license; empty: it is generated, and has none.
    """

    name: str
    neutral: Floats
    triangles: Ints
    identity: Floats
    expression: Floats
    names: tuple[str, ...]
    uv: Floats
    uv_triangles: Ints
    points: SurfacePoints
    probes: Ints
    skin: Floats
    depth: Floats
    unit: float
    card: str = ""

    @property
    def width(self) -> float:
        """Width of the mean face, in its units: from one edge of FaceMesh's oval to the other, at the ears."""
        return float(np.linalg.norm(np.subtract(*self.points.of(self.neutral)[[234, 454]])))

    @cached_property
    def identity_at_points(self) -> Floats:
        """(k, 468, 3)."""
        return self.points.of(self.identity)

    @cached_property
    def expression_at_points(self) -> Floats:
        """(e, 468, 3)."""
        return self.points.of(self.expression)

    @cached_property
    def identity_at_probes(self) -> Floats:
        """(k, p, 3)."""
        return np.ascontiguousarray(self.identity[:, self.probes])

    @cached_property
    def identity_at_normals(self) -> Floats:
        """(k, p, 3): how the normals at probes rotate with each mode, around the mean face."""
        ends = [[normals(self.neutral + side * mode, self.triangles)[self.probes] for side in (0.5, -0.5)]
                for mode in self.identity]  # fmt: skip
        return np.asarray([one - other for one, other in ends], np.float32)

    @cached_property
    def expression_at_probes(self) -> Floats:
        """(e, p, 3)."""
        return np.ascontiguousarray(self.expression[:, self.probes])

    def shape(self, identity: Floats) -> Floats:
        """(v, 3) of a person (k,), at rest."""
        return np.asarray(self.neutral + np.tensordot(identity, self.identity, 1), np.float32)

    def landmarks(self, identity: Floats, expression: Floats) -> Floats:
        """(n, 468, 3): FaceMesh's points of a person (k,) with expressions (n, e)."""
        rest = self.points.of(self.neutral) + np.tensordot(identity, self.identity_at_points, 1)
        return np.asarray(rest + np.tensordot(expression, self.expression_at_points, 1), np.float32)

    def probed(self, identity: Floats, expression: Floats) -> Floats:
        """(n, p, 3): positions of a person's probes, with expressions (n, e)."""
        rest = self.neutral[self.probes] + np.tensordot(identity, self.identity_at_probes, 1)
        return np.asarray(rest + np.tensordot(expression, self.expression_at_probes, 1), np.float32)

    def moved(self, expression: Floats) -> Floats:
        """(..., v, 3): the displacement by expressions (..., e), for any person's shape."""
        flat = np.asarray(expression, np.float32) @ self.expression.reshape(len(self.names), -1)
        return np.asarray(flat.reshape(*flat.shape[:-1], -1, 3), np.float32)

    def coefficients(self, expression: Mapping[str, float]) -> Floats:
        """(e,) of an expression by names; those that the model lacks are ignored."""
        return np.array([expression.get(name, 0.0) for name in self.names], np.float32)


def normals(points: Floats, triangles: Ints) -> Floats:
    """(v, 3) unit normals of a mesh (v, 3): area-weighted means of the triangles around each vertex."""
    a, b, c = (points[triangles[:, corner]] for corner in range(3))
    flat = np.cross(b - a, c - a)
    summed = np.stack(
        [
            sum(np.bincount(triangles[:, corner], flat[:, axis], len(points)) for corner in range(3))
            for axis in range(3)
        ],
        axis=1,
    )
    return np.asarray(summed / np.maximum(np.linalg.norm(summed, axis=1, keepdims=True), 1e-9), np.float32)
