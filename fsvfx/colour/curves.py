"""The curves between scene light and display: a shoulder, then sRGB's. Odd-symmetric.

For float32 as tables of short linear pieces: six times faster, and with errors below float32's own rounding (checked by
`tests/fsvfx/colour/test_display.py`).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]

KNEE = 0.8
CEILING = 64.0
WHITE = 1.0
"""Diffuse white; light above counts as a highlight."""
_MOST = 60.0
"""Maximum exponent: values from beyond any display come back finite."""
_BREAK, _TOE = 0.0031308, 12.92


def shoulder(light: Floats) -> Floats:
    """Logarithmic above the knee: slope 1 there, and 64 maps to 1."""
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


F32 = NDArray[np.float32]

_DROPPED = 13
"""Bits dropped from float32's 23-bit mantissa: 1024 pieces to each doubling of light."""
_FIRST, _LAST = (127 - 9) << (23 - _DROPPED), (127 + 17) << (23 - _DROPPED)
"""From 2^-9, where sRGB is still linear, to 2^17."""
_PER_UNIT = 65536
_END = 5 * _PER_UNIT // 4
"""Display values up to 1.25: more light than half float can represent."""


def to_display(light: F32) -> F32:
    """``srgb(shoulder(light))`` for non-negative light."""
    slopes, starts = _display_pieces()
    piece = (light.view(np.int32) >> _DROPPED).astype(np.intp)
    piece -= _FIRST
    out = np.take(slopes, piece, mode="clip")
    out *= light
    out += np.take(starts, piece, mode="clip")
    return out


def to_light(shown: F32) -> F32:
    """``unshoulder(unsrgb(shown))`` for non-negative values."""
    slopes, starts = _light_pieces()
    part = shown * np.float32(_PER_UNIT)
    if not part.max(initial=0.0) < _END:
        part = np.where(part < _END, part, np.float32(_END - 1))
    low = np.floor(part)
    part -= low
    piece = low.astype(np.int32).astype(np.intp)
    part *= np.take(slopes, piece, mode="clip")
    part += np.take(starts, piece, mode="clip")
    return part


@lru_cache(maxsize=1)
def white_shown() -> float:
    """White's display value. Above it a step of display light is a multiple of the light, not a share of it."""
    return float(to_display(np.full(1, WHITE, np.float32))[0])


@lru_cache(maxsize=1)
def _display_pieces() -> tuple[F32, F32]:
    light = (np.arange(_FIRST, _LAST + 1, dtype=np.int32) << _DROPPED).view(np.float32).astype(np.float64)
    shown = srgb(shoulder(light))
    slopes = np.diff(shown) / np.diff(light)
    return slopes.astype(np.float32), (shown[:-1] - slopes * light[:-1]).astype(np.float32)


@lru_cache(maxsize=1)
def _light_pieces() -> tuple[F32, F32]:
    light = unshoulder(unsrgb(np.arange(_END + 1) / _PER_UNIT))
    return np.diff(light).astype(np.float32), light[:-1].astype(np.float32)
