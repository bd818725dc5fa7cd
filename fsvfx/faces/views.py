"""How much of a face is visible in other views of it."""

from __future__ import annotations

import numpy as np

from fsvfx.faces.raster import Floats, signed_areas, vertex_facing
from fsvfx.faces.topology import TRIANGLES

SLOPE, OFFSET = 2.5, 0.25
"""A vertex is seen by ``SLOPE`` times the cosine of its normal to the camera, less ``OFFSET``, from 0 to 1."""


def seen(mesh: Floats) -> Floats:
    """(468,) 0..1: how well a view with that mesh (468, 3) shows each vertex, by the cosine to the camera: 1 up to 60
    degrees from it, 0 at 84."""
    return np.asarray(np.clip(vertex_facing(mesh, TRIANGLES) * SLOPE - OFFSET, 0, 1), np.float32)


def unseen(mesh: Floats, views: Floats) -> float:
    """Share of the face shown by a mesh (468, 3), by its area in the picture, that no view shows: 0 to 1.

    views: (m, 468), ``seen`` of each. NaN if there is none, or if the mesh shows nothing.
    """
    shown = seen(mesh)
    area = np.zeros(len(mesh))
    np.add.at(area, TRIANGLES, np.clip(signed_areas(mesh[TRIANGLES]), 0, None)[:, None])
    total = float((area * shown).sum())
    if not len(views) or total <= 0:
        return float("nan")
    return float((area * np.clip(shown - views.max(axis=0), 0, None)).sum()) / total
