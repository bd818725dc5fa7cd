"""The distance of a face's vertices inside FaceMesh's oval, and which of them are bare skin."""

from __future__ import annotations

import cv2
import numpy as np

from fsvfx.faces.topology import LEFT_BROW, LEFT_EYE, LIPS_OUTER, OVAL, RIGHT_BROW, RIGHT_EYE
from fsvfx.morphable.model import Floats

_APART = 0.5
"""Units (about a cm) around lids, lips and brows that are not bare skin, and inside the face's rim, where hair may
be."""
_BEHIND = 5.0
"""Units behind the face at which vertices count as outside."""


def regions(neutral: Floats, points: Floats) -> tuple[Floats, Floats]:
    """(v,) distance inside FaceMesh's oval; and 1 on bare skin. points: (468, 3) FaceMesh's."""
    front = neutral[:, 2] > points[OVAL, 2].min() - 2 * _APART
    depth = np.where(front, _depth(neutral, points[OVAL]), -_BEHIND)
    painted = [_depth(neutral, points[ring]) for ring in (LIPS_OUTER, LEFT_EYE, RIGHT_EYE, LEFT_BROW, RIGHT_BROW)]
    skin = (np.max(painted, axis=0) < -_APART) & (depth > 2 * _APART)
    return depth.astype(np.float32), skin.astype(np.float32)


def _depth(neutral: Floats, ring: Floats) -> Floats:
    """(v,) distance of vertices inside a ring (k, 3) of points, seen from the front; outside: negative."""
    flat = np.ascontiguousarray(ring[:, :2], np.float32)
    return np.array([cv2.pointPolygonTest(flat, (float(x), float(y)), True) for x, y in neutral[:, :2]], np.float32)
