"""The display's curves as tables of short straight pieces, for float32: six times faster than the curves themselves.

Off by less than float32's own rounding makes of them (`tests/fsvfx/colour/test_display.py` holds it).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from fsvfx.colour.curves import shoulder, srgb, unshoulder, unsrgb

F32 = NDArray[np.float32]

_DROPPED = 13
"""Bits of float32's 23-bit mantissa: 1024 pieces to each doubling of light."""
_FIRST, _LAST = (127 - 9) << (23 - _DROPPED), (127 + 17) << (23 - _DROPPED)
"""From 2^-9, where sRGB is a straight line still, to 2^17."""
_PER_UNIT = 65536
_END = 5 * _PER_UNIT // 4
"""Display values up to 1.25: more light than half float can say."""


def to_display(light: F32) -> F32:
    """``srgb(shoulder(light))`` for light that is not negative."""
    slopes, starts = _display_pieces()
    piece = (light.view(np.int32) >> _DROPPED).astype(np.intp)
    piece -= _FIRST
    out = np.take(slopes, piece, mode="clip")
    out *= light
    out += np.take(starts, piece, mode="clip")
    return out


def to_light(shown: F32) -> F32:
    """``unshoulder(unsrgb(shown))`` for values that are not negative."""
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
def _display_pieces() -> tuple[F32, F32]:
    light = (np.arange(_FIRST, _LAST + 1, dtype=np.int32) << _DROPPED).view(np.float32).astype(np.float64)
    shown = srgb(shoulder(light))
    slopes = np.diff(shown) / np.diff(light)
    return slopes.astype(np.float32), (shown[:-1] - slopes * light[:-1]).astype(np.float32)


@lru_cache(maxsize=1)
def _light_pieces() -> tuple[F32, F32]:
    light = unshoulder(unsrgb(np.arange(_END + 1) / _PER_UNIT))
    return np.diff(light).astype(np.float32), light[:-1].astype(np.float32)
