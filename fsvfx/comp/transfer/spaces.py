"""Color spaces for color transfer; planes (3, N) f32. Each pair is invertible, below zero too."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fsvfx.colour.planes import mixed
from fsvfx.comp.transfer.footage import Planes

Light = Literal["display", "linear"]

_RGB_TO_LMS = np.array([[0.3811, 0.5783, 0.0402], [0.1967, 0.7244, 0.0782], [0.0241, 0.1288, 0.8444]])
_LMS_TO_LAB = np.diag([3**-0.5, 6**-0.5, 2**-0.5]) @ np.array([[1, 1, 1], [1, 1, -2], [1, -1, 0]])
_LMS_TO_RGB, _LAB_TO_LMS = np.linalg.inv(_RGB_TO_LMS), np.linalg.inv(_LMS_TO_LAB)
_DARK = 2.0**-8
"""Below this the logarithm continues as its tangent, since there are zeros and negatives, unlike in the papers."""
_TEN = math.log(10)
_LOG_DARK, _SLOPE, _LOG_MOST = math.log10(_DARK), 1 / (_DARK * _TEN), math.log10(65504)

_RGB_TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
_RGB_TO_WHITE = _RGB_TO_XYZ / _RGB_TO_XYZ.sum(axis=1, keepdims=True)
_ROOTS_TO_LAB = np.array([[0.0, 1.16, 0.0], [5.0, -5.0, 0.0], [0.0, 2.0, -2.0]])
_WHITE_TO_RGB, _LAB_TO_ROOTS = np.linalg.inv(_RGB_TO_WHITE), np.linalg.inv(_ROOTS_TO_LAB)
_BREAK = 6 / 29
_ZERO = 4 / 29
"""Black's root: subtracted, so that black is L* = 0 (CIE's 16 is 116 times it)."""


def ruderman(rgb: Planes) -> Planes:
    """l-alpha-beta of Ruderman, Cronin and Chiao (JOSA A 15(8), 1998), by the matrices of Reinhard et al. 2001."""
    light = mixed(rgb, _RGB_TO_LMS)
    tangent = _LOG_DARK + (light - _DARK) * _SLOPE
    logs = np.where(light > _DARK, np.log(np.maximum(light, _DARK)) / _TEN, tangent)
    return mixed(logs.astype(np.float32, copy=False), _LMS_TO_LAB)


def from_ruderman(lab: Planes) -> Planes:
    """The inverse of ``ruderman``; light is clipped to half float's range."""
    logs = np.minimum(mixed(lab, _LAB_TO_LMS), _LOG_MOST)
    tangent = _DARK + (logs - _LOG_DARK) / _SLOPE
    return mixed(np.where(logs > _LOG_DARK, np.exp(np.maximum(logs, _LOG_DARK) * _TEN), tangent), _LMS_TO_RGB)


def cielab(rgb: Planes, light: Light) -> Planes:
    """CIE 1976 L*a*b* over 100; Rec.709 primaries, coded as ``display`` (sRGB) or ``linear``."""
    white = mixed(_unsrgb(rgb) if light == "display" else rgb, _RGB_TO_WHITE)
    line = white / (3 * _BREAK**2) + _ZERO
    roots = np.where(white > _BREAK**3, _power(white, 1 / 3), line)
    return mixed(np.asarray(roots - _ZERO, np.float32), _ROOTS_TO_LAB)


def from_cielab(lab: Planes, light: Light) -> Planes:
    """The inverse of ``cielab``."""
    roots = mixed(lab, _LAB_TO_ROOTS) + _ZERO
    white = np.where(roots > _BREAK, roots * roots * roots, (roots - _ZERO) * (3 * _BREAK**2))
    linear = mixed(white, _WHITE_TO_RGB)
    return _srgb(linear) if light == "display" else linear


def _unsrgb(shown: Planes) -> Planes:
    """IEC 61966-2-1, odd-symmetric."""
    size = np.abs(shown)
    curved = _power((size + 0.055) / 1.055, 2.4)
    return np.copysign(np.where(size > 0.04045, curved, size / 12.92), shown)


def _srgb(linear: Planes) -> Planes:
    size = np.abs(linear)
    curved = 1.055 * _power(size, 1 / 2.4) - 0.055
    return np.copysign(np.where(size > 0.0031308, curved, size * 12.92), linear)


def _power(values: NDArray[np.floating], exponent: float) -> Planes:
    """For positive values; numpy's own power is five times slower in float32."""
    return np.asarray(np.exp(np.log(np.maximum(values, 1e-30)) * exponent), np.float32)
