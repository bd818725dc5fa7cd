"""Laplacian pyramids (Burt and Adelson: "The Laplacian Pyramid as a Compact Image Code", 1983) of matted pictures.

In float, any range. Each level is a mean weighted by the matte (normalised convolution, Knutsson and Westin 1993), so
that nothing beyond the matte bleeds into any band; and adding the bands up gives the picture back, to rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]

_LEAST = 4
"""Pyramids end before a side is shorter."""


@dataclass(frozen=True)
class Weights:
    """Those of each level, of a matte: (h, w) float32, from fine to coarse; and what is worked out of them but once.

    over: one by them, three channels; 0 where they are. grown: one by what the next coarser ones are on this grid.
    """

    levels: tuple[F32, ...]
    over: tuple[F32, ...]
    grown: tuple[F32, ...]


@dataclass(frozen=True)
class Pyramid:
    """bands: from fine to coarse, (h, w, 3) float32 each, the last one the low band."""

    bands: tuple[F32, ...]
    weights: Weights

    def with_bands(self, bands: Sequence[F32]) -> Pyramid:
        return Pyramid(tuple(bands), self.weights)


def levels_of(matte: F32, count: int) -> tuple[F32, ...]:
    """A matte (h, w) in [0, 1], ever coarser: ``count`` levels, fewer of a small one."""
    levels = [matte]
    while len(levels) < count and min(levels[-1].shape) >= 2 * _LEAST:
        levels.append(_down(levels[-1]))
    return tuple(levels)


def weights_of(matte: F32, count: int) -> Weights:
    """The weights of ``count`` levels (fewer in a small picture) of a matte (h, w) in [0, 1]."""
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
    """The picture (h, w, 3) whose bands these are; zero where the matte is."""
    weights, level = pyramid.weights, pyramid.bands[-1]
    for depth in range(len(pyramid.bands) - 2, -1, -1):
        band, weighted = pyramid.bands[depth], _times(level, _thrice(weights.levels[depth + 1]))
        level = band + _times(_up(weighted, band), weights.grown[depth])
    return level


def _down(level: F32) -> F32:
    return np.asarray(cv2.pyrDown(level), np.float32)


def _up(level: F32, like: F32) -> F32:
    return np.asarray(cv2.pyrUp(level, dstsize=like.shape[1::-1]), np.float32)


def _times(one: F32, other: F32) -> F32:
    return np.asarray(cv2.multiply(one, other), np.float32)


def _over(weight: F32) -> F32:
    """One by it; zero where it is."""
    return np.divide(1, weight, out=np.zeros_like(weight), where=weight > 0)


def _thrice(plane: F32) -> F32:
    """For a picture's three channels; NumPy's own broadcasting over them is ten times slower."""
    return np.asarray(cv2.merge((plane, plane, plane)), np.float32)
