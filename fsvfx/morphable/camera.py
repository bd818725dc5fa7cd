"""A face in front of a pinhole camera, as 3D programs expect it, and projected into the plate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fsvfx.morphable.model import Floats, Morphable
from fsvfx.morphable.placing import Doubles, Placing

_CM = 10.0
"""mm."""
_FARTHEST = 1e6
"""mm: the distance used for a camera without perspective."""


@dataclass(frozen=True)
class Camera:
    """At the origin, x right, y up, looking along -z; cm.

    focal: length in px. center: (x, y) px, where its axis meets the plate; y down, pixel centers at integers.
    """

    focal: float
    center: tuple[float, float]

    @property
    def matrix(self) -> Doubles:
        """(3, 3) that maps a point to (x w, y w, w), px."""
        x, y = self.center
        return np.array([[self.focal, 0, -x], [0, -self.focal, -y], [0, 0, -1]], np.float64)


def before_camera(model: Morphable, placing: Placing, points: Floats, crop: Doubles) -> tuple[Doubles, Camera]:
    """One face's vertices ``points`` (v, 3), placed in a crop by ``placing``: (v, 3) cm, and the plate's camera.

    crop: (2, 3), a similarity, plate px -> crop px. The camera is the one found by the fit: it looks at the face, so
    its axis and focal length differ from frame to frame. Exact, unless it is farther than 1 km.
    """
    nearness = max(placing.nearness, model.unit / _FARTHEST)
    linear, shift = crop[:, :2], crop[:, 2]
    zoom = float(np.sqrt(abs(np.linalg.det(linear))))
    flip = np.diag([1.0, -1.0])
    roll = np.eye(3)
    roll[:2, :2] = flip @ (linear / zoom).T @ flip
    turned = np.asarray(points, np.float64) @ (roll @ placing.rotation[0]).T
    x, y = np.linalg.solve(linear, placing.shift[0] - shift)
    away = turned - [0, 0, 1 / nearness]
    return away * model.unit / _CM, Camera(float(placing.scale[0]) / nearness / zoom, (float(x), float(y)))
