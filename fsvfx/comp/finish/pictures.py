"""Helpers of several operators: lengths, Gaussians, light."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.faces.geometry import FILL

F32 = NDArray[np.float32]

_FACE = 256
"""Lengths refer to a face of this many pixels."""


_POINT = 0.1
"""In px: a Gaussian with a smaller sigma is a single pixel."""


def unit_of(size: int) -> float:
    """Pixels in a (size, size) crop per unit of length: the face's height there is known (``FILL``)."""
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
    """Display values as light that may be averaged, as lenses, shutters and sensors do.

    Gamma 2, sign preserved: within 4 % of the sRGB curve, at a tenth of its cost.
    """
    return display * np.abs(display)


def to_display(light: F32) -> F32:
    """The inverse of ``to_light``."""
    return np.copysign(np.sqrt(np.abs(light)), light)
