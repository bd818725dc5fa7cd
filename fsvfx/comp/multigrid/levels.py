"""The grids of one mask, from its pixels to a few points whose equations are solved directly."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]
I64 = NDArray[np.int64]

LINKS = 4
"""Number of links of a point inside the mask: its diagonal in the equations."""
RELAXATIONS = (1.12, 0.61)
"""Weights of the two steps of damped Jacobi, by Chebyshev for the upper half of the spectrum, reduced so that points
with a single link do not overshoot."""
CENTRES = tuple(LINKS / each - LINKS for each in RELAXATIONS)
"""Weight of a point's own value relative to its neighbors' in a step."""
_FEWEST = 128
"""Number of points that are solved directly."""
_FARTHER = 0.13
"""Additional distance of a coarser grid's points from the rim, in grid steps, in series with each point's links to it.
Half a step along straight rims, but coarse grids reach beyond the rim elsewhere. Measured: 0.1 to 0.2 are best."""


@dataclass(frozen=True)
class Level:
    """inside: (h, w) 1 where to solve, else 0. shares: weight of each of the two steps (h, w), 0 outside.

    free: flat indices of the points that don't have four links; lack: how many are missing (negative: extra).
    """

    inside: F32
    shares: tuple[F32, ...]
    free: I64
    lack: F32


@dataclass(frozen=True)
class Levels:
    """grids: from fine to coarse. direct: (p, p), the inverse of the coarsest grid's equations."""

    grids: tuple[Level, ...]
    direct: F32


def levels(inside: U8, rim: U8) -> Levels:
    """inside: (h, w) 1 where to solve; rim: (h, w) 1 where pixels outside have a value. Others are free.

    The grids are padded to the right and below, so that they halve evenly: see `padded`.
    """
    mask, rims = (padded(each.astype(np.float32)) for each in (inside, rim))
    held = around(rims) * mask
    grids = []
    while True:
        total = (around(mask) + held) * mask
        grids.append(_level(mask, total))
        if mask.size <= _FEWEST:
            return Levels(tuple(grids), _inverse(mask, total))
        mask, held = _coarser(mask, held)


def padded(picture: F32) -> F32:
    """(h, w) with zeros to the right and below, so that it halves evenly down to the coarsest grid."""
    height, width = picture.shape
    times = 1
    while -(-height // times) * -(-width // times) > _FEWEST:
        times *= 2
    below, right = -height % times, -width % times
    return np.pad(picture, ((0, below), (0, right))) if below or right else picture


def around(values: F32, centre: float = 0.0) -> F32:
    """The sum of each point's four neighbors, and ``centre`` times its own value; zero beyond the grid."""
    return np.asarray(cv2.filter2D(values, -1, _cross(centre), borderType=cv2.BORDER_CONSTANT), np.float32)


@lru_cache(maxsize=8)
def _cross(centre: float) -> F32:
    return np.array([[0, 1, 0], [1, centre, 1], [0, 1, 0]], np.float32)


def halved(values: F32) -> F32:
    """The mean of each 2 x 2 points."""
    size = values.shape[1] // 2, values.shape[0] // 2
    return np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_AREA), np.float32)


def doubled(values: F32) -> F32:
    size = values.shape[1] * 2, values.shape[0] * 2
    return np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_LINEAR), np.float32)


def _level(mask: F32, total: F32) -> Level:
    shares = tuple(
        np.divide(mask, total + np.float32(centre), where=mask > 0, out=np.zeros_like(mask)) for centre in CENTRES
    )
    free = np.flatnonzero((mask > 0) & (total != LINKS))
    return Level(mask, shares, free, np.float32(LINKS) - total.ravel()[free])


def _coarser(mask: F32, held: F32) -> tuple[F32, F32]:
    """The next mask, and how strongly its points are linked to the rim; never so weakly that a step overshoots."""
    coarse = (halved(mask) > 0).astype(np.float32)
    held = halved(held / (1 + np.float32(_FARTHER) * held)) * 4
    links = around(coarse)
    return coarse, np.maximum(held, np.clip(1 - links, 0, 1)) * coarse


def _inverse(mask: F32, total: F32) -> F32:
    points = np.arange(mask.size).reshape(mask.shape)
    matrix = np.diag(total.ravel().astype(np.float64))
    for one, other in ((points[:, 1:], points[:, :-1]), (points[1:], points[:-1])):
        matrix[one.ravel(), other.ravel()] = matrix[other.ravel(), one.ravel()] = -1
    there = np.flatnonzero(mask)
    direct = np.zeros_like(matrix)
    if len(there):
        own = np.ix_(there, there)
        direct[own] = np.linalg.inv(matrix[own] + np.diag(np.full(len(there), _LEAST)))
    return direct.astype(np.float32)


_LEAST = 1e-6
"""Added to the coarsest diagonal, so that weakly linked parts of the mask are still invertible."""
