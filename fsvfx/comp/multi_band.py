"""Blends by bands: the detail of the swap over the light of the plate.

Laplacian pyramids (Burt and Adelson: "The Laplacian Pyramid as a Compact Image Code", 1983), in float, any range. Each
level is a mean weighted by the matte (normalized convolution, Knutsson and Westin 1993), so that nothing outside the
matte bleeds into any band; and the bands add up to the picture, except for rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.comp.highlights import luminance, scaled

F32 = NDArray[np.float32]

_MOST = 1.6
"""Contrast is changed at most by this factor, up or down."""
_WINDOW = 0.18
"""Standard deviation of the window for local contrast, as a share of the region's longer side: the light on a cheek or
a brow, not single features."""
_DARK = 0.5
"""Below this share of the swap's mean light, additions become a gain."""
_ROOM = 1.1
"""At most the swap's light divided by this is subtracted."""
_FLAT = 0.003
"""A band that varies by less than this share of the light is flat: noise, whose contrast means nothing."""
_LEAST = 4
"""Pyramids stop before a side gets shorter than this."""


def multi_band(swap: F32, plate: F32, matte: F32, count: int, *, contrast: bool = False) -> F32:
    """``swap`` with the light of ``plate`` (both (h, w, 3), scene-linear) under ``matte`` (h, w); ``count`` bands.

    Burt and Adelson: "A Multiresolution Spline with Application to Image Mosaics", 1983; within the matte only. The
    lowest band is the plate's; in the others the swap's share fades out toward the rim, over a length that grows with
    the band, except in the finest, which is left to the matte's own edge. ``contrast``: each of the swap's bands first
    gets the plate's local contrast, as in Naruniec et al.: "High-Resolution Neural Face Swapping for Visual Effects",
    2020. Dark areas are changed less, so that pupils, nostrils and open mouths neither turn milky nor fall below black.
    Returns (h, w, 3) float32; zero where the matte is.
    """
    weights = weights_of(matte, count)
    if contrast:
        over, under = split(swap, weights), split(plate, weights)
        apart = over.with_bands([np.subtract(*pair) for pair in zip(under.bands, over.bands, strict=True)])
        more = [scaled(band, gain - 1) for band, gain in zip(over.bands[:-1], _gains(over, under), strict=True)]
    else:
        apart, more = split(plate - swap, weights), []
    return _safe_in_the_dark(swap, joined(_faded(apart, more, matte)), matte)


@dataclass(frozen=True)
class Weights:
    """A matte's weights at each level: (h, w) float32, from fine to coarse; and values derived from them once.

    over: their reciprocals, three channels; 0 where they are 0. grown: reciprocals of the next coarser ones on this
    grid.
    """

    levels: tuple[F32, ...]
    over: tuple[F32, ...]
    grown: tuple[F32, ...]


@dataclass(frozen=True)
class Pyramid:
    """bands: from fine to coarse, (h, w, 3) float32 each; the last one is the low band."""

    bands: tuple[F32, ...]
    weights: Weights

    def with_bands(self, bands: Sequence[F32]) -> Pyramid:
        return Pyramid(tuple(bands), self.weights)


def levels_of(matte: F32, count: int) -> tuple[F32, ...]:
    """A matte (h, w) in [0, 1] at coarser and coarser levels: ``count`` of them, fewer if it is small."""
    levels = [matte]
    while len(levels) < count and min(levels[-1].shape) >= 2 * _LEAST:
        levels.append(_down(levels[-1]))
    return tuple(levels)


def weights_of(matte: F32, count: int) -> Weights:
    """The weights of ``count`` levels (fewer for a small picture) of a matte (h, w) in [0, 1]."""
    levels = levels_of(matte, count)
    grown = (_over(_up(coarse, fine)) * (fine > 0) for fine, coarse in pairwise(levels))
    return Weights(levels, tuple(_thrice(_over(each)) for each in levels), tuple(map(_thrice, grown)))


def split(picture: F32, weights: Weights) -> Pyramid:
    """The bands of a picture (h, w, 3). Where a weight is zero, so is the band."""
    weighted = _times(picture, _thrice(weights.levels[0]))
    level = _times(picture, _thrice((weights.levels[0] > 0).astype(np.float32)))
    bands = []
    for depth, grown in enumerate(weights.grown):
        below = _down(weighted)
        bands.append(level - _times(_up(below, level), grown))
        weighted, level = below, _times(below, weights.over[depth + 1])
    return Pyramid((*bands, level), weights)


def joined(pyramid: Pyramid) -> F32:
    """The picture (h, w, 3) that these bands make up; zero where the matte is."""
    weights, level = pyramid.weights, pyramid.bands[-1]
    for depth in range(len(pyramid.bands) - 2, -1, -1):
        band, weighted = pyramid.bands[depth], _times(level, _thrice(weights.levels[depth + 1]))
        level = band + _times(_up(weighted, band), weights.grown[depth])
    return level


def _faded(apart: Pyramid, more: Sequence[F32], matte: F32) -> Pyramid:
    """The addition to the swap: per band, its difference from the plate by the plate's share, and ``more`` by the
    swap's share."""
    count = len(apart.bands)
    inside = levels_of((matte > 0).astype(np.float32), count)
    bands = []
    for depth, band in enumerate(apart.bands[:-1]):
        ours = np.clip(2 * inside[depth] - 1, 0, 1) if depth else np.ones_like(matte)
        added = scaled(band, 1 - ours) if depth else np.zeros_like(band)
        bands.append(added + scaled(more[depth], ours) if more else added)
    return apart.with_bands([*bands, apart.bands[-1]])


def _safe_in_the_dark(swap: F32, change: F32, matte: F32) -> F32:
    """``swap`` plus ``change``, which is zero where the matte is; in dark areas it acts as a gain: additions fade with
    the swap's own light."""
    light = np.array(cv2.mean(scaled(swap, matte))[:3]) * matte.size / max(float(matte.sum()), 1e-6)
    level = np.maximum(change * np.float32(-_ROOM), (_DARK * light).astype(np.float32))
    part = np.divide(swap, np.maximum(level, 1e-6, out=level), out=level)
    change *= np.clip(part, 0, 1, out=part)
    change += swap
    return scaled(change, (matte > 0).astype(np.float32))


def _gains(over: Pyramid, under: Pyramid) -> list[F32]:
    """The gains that bring each band of ``over``, except the lowest, to the local contrast of ``under``: (h, w)
    each."""
    levels = over.weights.levels
    light = np.maximum(luminance(under.bands[-1]), 0)
    gains = []
    for depth, fine in enumerate(levels[:-1]):
        flat = np.square(_FLAT * light) + np.float32(1e-12)
        energies = [_energy(each.bands[depth], fine, levels[-1]) + flat for each in (over, under)]
        gain = np.clip(np.sqrt(energies[1] / energies[0]), 1 / _MOST, _MOST)
        gains.append(np.asarray(cv2.resize(gain, fine.shape[1::-1], interpolation=cv2.INTER_LINEAR), np.float32))
    return gains


def _energy(band: F32, fine: F32, coarse: F32) -> F32:
    """The band's local mean square within the matte, on the grid of the lowest band."""
    squares = luminance(np.square(band)) * fine
    size = coarse.shape[1::-1]
    sums = [cv2.resize(each, size, interpolation=cv2.INTER_AREA) for each in (squares, fine)]
    sigma = max(_WINDOW * max(size), 0.8)
    total, weight = (cv2.GaussianBlur(each, (0, 0), sigma) for each in sums)
    return np.divide(total, weight, out=np.zeros_like(total), where=weight > 1e-9)


def _down(level: F32) -> F32:
    return np.asarray(cv2.pyrDown(level), np.float32)


def _up(level: F32, like: F32) -> F32:
    return np.asarray(cv2.pyrUp(level, dstsize=like.shape[1::-1]), np.float32)


def _times(one: F32, other: F32) -> F32:
    return np.asarray(cv2.multiply(one, other), np.float32)


def _over(weight: F32) -> F32:
    """The reciprocal; zero where it is zero."""
    return np.divide(1, weight, out=np.zeros_like(weight), where=weight > 0)


def _thrice(plane: F32) -> F32:
    """Repeated for a picture's three channels; NumPy's own broadcasting over them is ten times slower."""
    return np.asarray(cv2.merge((plane, plane, plane)), np.float32)
