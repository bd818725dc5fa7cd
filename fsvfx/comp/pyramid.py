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
class Pyramid:
    """bands: from fine to coarse, (h, w, 3) float32 each, the last one the low band; weights: (h, w) of each level."""

    bands: tuple[F32, ...]
    weights: tuple[F32, ...]

    def with_bands(self, bands: Sequence[F32]) -> Pyramid:
        return Pyramid(tuple(bands), self.weights)


def weights_of(matte: F32, count: int) -> tuple[F32, ...]:
    """The weights of ``count`` levels (fewer in a small picture) of a matte (h, w) in [0, 1]."""
    levels = [matte]
    while len(levels) < count and min(levels[-1].shape) >= 2 * _LEAST:
        levels.append(_down(levels[-1]))
    return tuple(levels)


def split(picture: F32, weights: tuple[F32, ...]) -> Pyramid:
    """The bands of a picture (h, w, 3). Where a weight is zero, so is the band."""
    level = picture * (weights[0] > 0)[..., None]
    bands = []
    for fine, coarse in pairwise(weights):
        below = _over(_down(level * fine[..., None]), coarse)
        bands.append((level - _grown(below, coarse, fine)) * (fine > 0)[..., None])
        level = below
    return Pyramid((*bands, level), weights)


def joined(pyramid: Pyramid) -> F32:
    """The picture (h, w, 3) whose bands these are; zero where the matte is."""
    level = pyramid.bands[-1]
    for depth in range(len(pyramid.bands) - 2, -1, -1):
        fine = pyramid.weights[depth]
        level = pyramid.bands[depth] + _grown(level, pyramid.weights[depth + 1], fine) * (fine > 0)[..., None]
    return np.asarray(level, np.float32)


def _grown(level: F32, weight: F32, fine: F32) -> F32:
    """A level on the next finer one's grid."""
    return _over(_up(level * weight[..., None], fine), _up(weight, fine))


def _down(level: F32) -> F32:
    return np.asarray(cv2.pyrDown(level), np.float32)


def _up(level: F32, like: F32) -> F32:
    return np.asarray(cv2.pyrUp(level, dstsize=like.shape[1::-1]), np.float32)


def _over(weighted: F32, weight: F32) -> F32:
    """Zero where the weight is."""
    factor = np.divide(1, weight, out=np.zeros_like(weight), where=weight > 0)
    return weighted * factor[..., None]
