"""The curves between scene light and display: sRGB's after a shoulder. Odd-symmetric."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]

KNEE = 0.8
CEILING = 64.0
_MOST = 60.0
"""Exponents are held there: what comes back from beyond any display is finite."""
_BREAK, _TOE = 0.0031308, 12.92


def shoulder(light: Floats) -> Floats:
    """Logarithmic above the knee: slope 1 there, 64 comes to 1."""
    soft, size = _softness(), np.abs(light)
    return np.copysign(np.minimum(size, KNEE) + soft * np.log1p(np.maximum(size - KNEE, 0.0) / soft), light)


def unshoulder(bent: Floats) -> Floats:
    """The inverse of ``shoulder``."""
    soft, size = _softness(), np.abs(bent)
    over = np.expm1(np.clip((size - KNEE) / soft, 0.0, _MOST))
    return np.copysign(np.minimum(size, KNEE) + soft * over, bent)


def srgb(light: Floats) -> Floats:
    """IEC 61966-2-1."""
    size = np.abs(light)
    curved = 1.055 * np.power(np.maximum(size, _BREAK), 1 / 2.4) - 0.055
    return np.copysign(np.where(size > _BREAK, curved, size * _TOE), light)


def unsrgb(shown: Floats) -> Floats:
    """The inverse of ``srgb``."""
    size = np.abs(shown)
    curved = np.power((np.maximum(size, 0.04) + 0.055) / 1.055, 2.4)
    return np.copysign(np.where(size > _BREAK * _TOE, curved, size / _TOE), shown)


@lru_cache(maxsize=1)
def _softness() -> float:
    """``s`` for which the shoulder leaves the knee with slope 1: ``s * log1p((64 - knee) / s) = 1 - knee``."""
    soft = 0.05
    for _ in range(100):
        soft = (1.0 - KNEE) / float(np.log1p((CEILING - KNEE) / soft))
    return soft
