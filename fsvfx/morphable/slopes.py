"""Shape from shading (Horn, "Shape from Shading", 1970), linearized: how tilting a face's surface changes its
pixels."""

from __future__ import annotations

import numpy as np

from fsvfx.morphable.model import Floats, Morphable
from fsvfx.morphable.pictures import expected
from fsvfx.morphable.placing import Placing

_TILT = 0.05
"""Step of a normal's component, for the derivative of shading."""


def shading_lines(
    model: Morphable, placing: Placing, turned: Floats, light: Floats, albedo: Floats
) -> tuple[Floats, Floats]:
    """For n frames' probes with normals ``turned`` (n, p, 3), camera axes, albedo (p, 3), under light (n, 9, 3).

    Derivatives of the expected mean display value: (n, p, 3) by a rotation of the head (radians about the camera's
    axes), and (n, p, k) by each identity mode, which tilts the surface.
    """
    steep = _steepness(light, turned, albedo)
    in_model = steep @ placing.rotation.astype(np.float32)
    tilt = np.einsum("npa,kpa->npk", in_model, model.identity_at_normals, optimize=True)
    return np.cross(turned, steep), np.asarray(tilt, np.float32)


def _steepness(light: Floats, turned: Floats, albedo: Floats) -> Floats:
    """(n, p, 3): derivative of the mean display value by each component of a normal."""
    found = []
    for axis in np.eye(3, dtype=np.float32):
        one, other = (expected(light, turned + np.float32(side) * axis, albedo) for side in (_TILT, -_TILT))
        found.append((one - other).mean(axis=-1) / np.float32(2 * _TILT))
    return np.stack(found, axis=-1)
