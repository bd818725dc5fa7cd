"""Face-view interpolation: an identity's pictures on a map of yaw and pitch, triangulated: a pose lies between three.

Nirkin, Keller and Hassner 2019 (arXiv 1908.05932): Delaunay's triangulation and barycentric coordinates.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

_ALIKE = 4.0
"""Degrees: of pictures with head poses this similar, one is enough."""

F64 = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class ViewMap:
    """poses: (m, 2), degrees, yaw and pitch. triangles: (t, 3), none of views in a line. edges: (e, 2), at least one:
    of a single view, from it to itself."""

    poses: F64
    triangles: Ints
    edges: Ints

    def shares(self, pose: NDArray[np.floating]) -> F64:
        """(m,): how much each view counts for a pose (2,), degrees: barycentric coordinates in the triangle around it.
        They sum to one and are continuous. Outside of all triangles: those of the nearest point of the map."""
        found, shares = np.asarray(pose, np.float64), np.zeros(len(self.poses))
        for triangle in self.triangles:
            corners = self.poses[triangle]
            inner = np.linalg.solve((corners[:2] - corners[2]).T, found - corners[2])
            parts = np.array([*inner, 1 - inner.sum()])
            if (parts >= 0).all():
                shares[triangle] = parts
                return shares
        starts, ways = self.poses[self.edges[:, 0]], self.poses[self.edges[:, 1]] - self.poses[self.edges[:, 0]]
        along = ((found - starts) * ways).sum(1) / np.maximum((ways**2).sum(1), 1e-12)
        along = along.clip(0, 1)
        nearest = int(np.argmin(((starts + along[:, None] * ways - found) ** 2).sum(1)))
        first, second = self.edges[nearest]
        shares[first] += 1 - along[nearest]
        shares[second] += along[nearest]
        return shares


def view_map(poses: NDArray[np.floating]) -> ViewMap:
    """The map of views (m, 2), m > 0, no two in one place."""
    from scipy.spatial import Delaunay, QhullError  # here: scipy is slow to import

    found = np.asarray(poses, np.float64)
    if len(found) > 2:
        try:
            triangles = np.asarray(Delaunay(found).simplices, np.int64)
        except QhullError:  # all in one line
            pass
        else:
            sides = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
            return ViewMap(found, triangles, np.unique(np.sort(sides, 1), axis=0))
    along = found[:, int(np.argmax(np.ptp(found, axis=0)))]
    order = np.argsort(along).tolist()
    edges = np.array([*pairwise(order)] or [(0, 0)], np.int64)
    return ViewMap(found, np.zeros((0, 3), np.int64), edges)


def spread(poses: NDArray[np.floating], worth: NDArray[np.floating], most: int) -> list[int]:
    """Up to ``most`` of the pictures with these poses (m, 2), m > 0: the best one, then always the one with the largest
    worth times distance from those taken, as long as its pose differs."""
    chosen = [int(np.argmax(worth))]
    while len(chosen) < most:
        apart = np.linalg.norm(poses[:, None] - poses[None, chosen], axis=2).min(1)
        gain = np.where(apart > _ALIKE, apart * worth, 0)
        if not gain.max() > 0:
            break
        chosen.append(int(np.argmax(gain)))
    return chosen
