"""What several operators need: lengths, Gaussians, light."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.faces.geometry import FILL

F32 = NDArray[np.float32]

_FACE = 256
"""Lengths are given for a face of so many pixels."""


_POINT = 0.1
"""A Gaussian of a smaller sigma has nothing beside its middle, in px."""


def unit_of(size: int) -> float:
    """Pixels of a (size, size) crop that a length of 1 stands for: there the face's height is known (``FILL``)."""
    return FILL * size / _FACE


def gaussian(picture: F32, sigma: float) -> F32:
    """(h, w[, C]) blurred by ``sigma`` px; mirrored at its edges."""
    if sigma < _POINT:
        return picture
    taps = 2 * int(np.ceil(3 * sigma)) + 1
    return np.asarray(cv2.GaussianBlur(picture, (taps, taps), sigma, borderType=cv2.BORDER_REFLECT_101), np.float32)


def grey_of(picture: F32) -> F32:
    """The mean of the channels of (h, w, 3): (h, w)."""
    return np.asarray(cv2.transform(picture, np.full((1, 3), 1 / 3)), np.float32)


def held(picture: F32, like: F32) -> F32:
    """``picture``, held within the range of ``like``: above the knee a step of display light is many stops."""
    return np.clip(picture, like.min(), like.max())


def to_light(display: F32) -> F32:
    """Display values as light that may be averaged as lenses, shutters and sensors do.

    Gamma 2, with the sign kept: within 4 % of the sRGB curve, at a tenth of its cost.
    """
    return display * np.abs(display)


def to_display(light: F32) -> F32:
    """The inverse of ``to_light``."""
    return np.copysign(np.sqrt(np.abs(light)), light)
