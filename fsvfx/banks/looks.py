"""A face's look, as compared in casting: pose, expression, light and skin."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fsvfx.faces.embedding import vectors_in
from fsvfx.faces.measures import UNITS, appearance, skin_colour

F32 = NDArray[np.float32]

WORDS = ("yaw", "pitch", "mouth", "mouth_width", "right_eye", "left_eye", "brows", "light_across", "light_down")
"""The values of ``fsvfx.faces.measures.appearance``, in order; then the skin's CIE Lab."""
SIZE = len(WORDS) + 3
_LAB_STEP = 12.0
"""The size of one step of skin color."""
_MATTERS = np.array([1.0, 1.0, 0.3, 0.2, 0.2, 0.2, 0.2, 1.0, 1.0, 0.5, 0.5, 0.5], np.float32)
"""Weight of a step of each: a swap keeps the performer's expression, and takes the plate's tone."""


def look_of(crop: F32, mesh: F32) -> F32:
    """(12,) of an aligned crop (S, S, 3) in [0, 1] with its mesh (468, 3): each number in comparable steps."""
    return np.concatenate([appearance(crop, mesh), skin_colour(crop, mesh) / _LAB_STEP]).astype(np.float32)


def unlike(shown: F32, members: F32) -> F32:
    """(m,): the difference of looks (m, 12) from those that a face shows (k, 12): the mean of squared steps."""
    steps = (shown[:, None] - members[None]) ** 2 @ _MATTERS
    return np.asarray(steps.mean(0), np.float32)


def vectors_by(networks: tuple[str, ...], crops: F32, meshes: F32) -> dict[str, F32]:
    """(k, d) by each identity network, for crops (k, S, S, 3) in [0, 1]. Raises InputError, ModelError."""
    return {name: vectors_in(crops, meshes, name) for name in networks}


def in_words(look: F32) -> dict[str, float]:
    """A look (12,) by name: angles in degrees, skin as CIE Lab; the rest are ratios."""
    shown = np.concatenate([look[:-3] * UNITS, look[-3:] * _LAB_STEP])
    return {name: round(float(value), 3) for name, value in zip((*WORDS, "skin_l", "skin_a", "skin_b"), shown)}
