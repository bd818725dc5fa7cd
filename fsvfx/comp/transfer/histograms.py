"""Histogram matching: each channel of the swap gets the distribution of the plate's.

Gonzalez and Woods, "Digital Image Processing", histogram specification. Over time the quantiles' shifts are averaged:
one-dimensional optimal transports (Rabin et al. 2011), which leave the swap's own changes of light unchanged.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fsvfx.comp.transfer.footage import Map, Planes, Side

F64 = NDArray[np.float64]

_LEVELS = 257
_CODES = 65536


def quantiles(side: Side, threshold: float) -> F64:
    """(n, 3, LEVELS) of every frame, excluding ``threshold`` percent of the pixels at each end."""
    levels = np.linspace(threshold / 100, 1 - threshold / 100, _LEVELS)
    pairs = zip(side.planes, side.shares, strict=True)
    return np.stack([[_quantiles(plane, share, levels) for plane in planes] for planes, share in pairs])


def quantile_map(swap: F64, shift: F64) -> Map:
    """Values at the swap's quantiles (3, LEVELS) move by their ``shift``; values beyond them move like the ends."""

    def change(planes: Planes) -> Planes:
        shifted = [
            plane + np.interp(plane, *_rising(source, by)).astype(np.float32)
            for plane, source, by in zip(planes, swap, shift, strict=True)
        ]
        return np.stack(shifted)

    return change


def _rising(source: F64, shift: F64) -> tuple[F64, F64]:
    """Equal values get the shift of the middle one: a flat area is one color, and maps to one."""
    values, first, counts = np.unique(source, return_index=True, return_counts=True)
    return values, (shift[first] + shift[first + counts - 1]) / 2


def _quantiles(plane: NDArray[np.float32], share: NDArray[np.float32], levels: F64) -> F64:
    """By half-float codes in order of their values: the full precision of crops, without sorting."""
    bits = np.clip(plane, -65504, 65504).astype(np.float16).view(np.int16)
    codes = np.where(bits < 0, -1 - (bits & 0x7FFF), bits).astype(np.int64) + _CODES // 2
    counts = np.bincount(codes, share, _CODES)
    there = np.flatnonzero(counts)
    if not len(there):
        return np.zeros(len(levels))
    counts = counts[there]
    below = np.cumsum(counts) - counts / 2
    found: F64 = np.interp(levels * counts.sum(), below, _VALUES[there])
    return found


def _values() -> F64:
    codes = np.arange(_CODES) - _CODES // 2
    bits = np.where(codes < 0, (-1 - codes) | 0x8000, codes).astype(np.uint16)
    return bits.view(np.float16).astype(np.float64)


_VALUES = _values()
"""The half float of each code; -0 is just below 0."""
