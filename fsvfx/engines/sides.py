"""Both sides of a face, if reference pictures show only one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from fsvfx.engines.contract import Identity
from fsvfx.faces.geometry import mirrored
from fsvfx.faces.measures import head_pose

TURNED = 20.0
"""Degrees of yaw beyond which the far side of a face is hardly seen."""
WORTH = 0.3
"""Weight of a picture's mirror image relative to the picture's own."""


def one_sided(yaws: Sequence[float] | NDArray[np.floating], beyond: float = TURNED) -> bool:
    """Whether all faces, at least one, are turned to the same side by more than ``beyond`` degrees of yaw."""
    found = np.asarray(yaws, np.float64)
    return bool(len(found) and np.abs(found).min() > beyond and (np.sign(found) == np.sign(found[0])).all())


def both_sides(identity: Identity, beyond: float = TURNED) -> Identity:
    """Adds mirror images of all pictures if all are turned to the same side by more than ``beyond``; else unchanged.

    Faces are nearly symmetric: a mirrored cheek is a better guess than none.
    """
    if not one_sided([head_pose(mesh)[0] for mesh in identity.landmarks], beyond):
        return identity
    crops, meshes = zip(*map(mirrored, identity.crops, identity.landmarks), strict=True)
    return replace(
        identity,
        crops=np.concatenate([identity.crops, np.stack(crops)]),
        landmarks=np.concatenate([identity.landmarks, np.stack(meshes)]),
        sharpness=np.concatenate([identity.sharpness, WORTH * identity.sharpness]),
        embedding=None if identity.embedding is None else np.concatenate([identity.embedding] * 2),
    )
