"""Replaces one person's shape with another's."""

from __future__ import annotations

import numpy as np

from fsvfx.faces.geometry import similarity
from fsvfx.morphable.model import Floats, Morphable

_REACH = 2.5
"""Units inside the oval at which the shape is fully the identity's."""


def exchanged(model: Morphable, theirs: Floats, ours: Floats, share: float) -> Floats:
    """(v, 3): the displacement from the performer's shape ``theirs`` (v, 3) to the identity's ``ours``, or a ``share``
    of it.

    Size and outline are not changed.
    """
    inner = model.depth > 0
    scale, turn, shift = similarity(ours[inner], theirs[inner])
    laid = scale * ours @ turn.T + shift
    return np.asarray((share * ramp(model.depth / _REACH))[:, None] * (laid - theirs), np.float32)


def ramp(values: Floats) -> Floats:
    """0 below 0, 1 above 1, smooth in between."""
    t = np.clip(values, 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)
