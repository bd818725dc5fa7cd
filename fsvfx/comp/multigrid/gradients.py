"""Conjugate gradients on one channel of one frame, each step preconditioned by a multigrid cycle."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.comp.multigrid.levels import CENTRES, LINKS, Level, Levels, around, doubled, halved

F32 = NDArray[np.float32]


def solve(levels: Levels, b: F32, tolerance: float, most: int) -> tuple[F32, float]:
    """The solution x (h, w) of the finest level's equations for the right-hand side ``b``, and an estimate of its
    largest error.

    At most ``most`` steps. A cycle applied to the residual gives roughly the error itself, and the part that it misses
    is at most the same share of the error as in the step before.
    """
    grid = levels.grids[0]
    x, rest = np.zeros_like(b), b
    way, along, length, error = b, b, 0.0, 0.0
    before = fit_before = 0.0
    for count in range(most):
        guess = cycle(levels, rest)
        size = float(cv2.norm(guess, cv2.NORM_INF))
        error = estimate(size, before)
        if error < tolerance:
            return x + guess, error
        fit = float(np.vdot(rest, guess))
        # Polak and Ribiere's: the cycle is not symmetric, as prolongation is smoother than restriction.
        turn = -length * float(np.vdot(guess, along)) / fit_before if count else 0.0
        way = _sum(way, turn, guess) if count else guess
        along = _applied(grid, way)
        length = fit / float(np.vdot(way, along))
        x, rest = _sum(way, length, x), _sum(along, -length, rest)
        before, fit_before = size, fit
    return x, error


def estimate(size: float, before: float) -> float:
    """The remaining error, from the largest correction and the previous one: larger than both if steps gain little, and
    never less than `_LEAST_LEFT` of the correction."""
    rate = min(size / before, 0.99) if before else 0.5
    return size * max(_LEAST_LEFT, rate / (1 - rate))


_LEAST_LEFT = 0.75
"""Measured: up to 0.6, if the rim is noise."""


def cycle(levels: Levels, b: F32, depth: int = 0) -> F32:
    """The approximate solution for a right-hand side ``b``, which may be anything outside the mask; zero there."""
    grid = levels.grids[depth]
    if depth == len(levels.grids) - 1:
        return np.asarray((levels.direct @ b.ravel()).reshape(b.shape), np.float32)
    x = _step(grid, b * grid.shares[0], b, 1)
    lack = around(x, -LINKS)
    lack += b
    _free(grid, lack, x)
    lack *= grid.inside
    below = halved(lack)
    below *= 4
    up = doubled(cycle(levels, below, depth + 1))
    up *= grid.inside
    x += up
    return _step(grid, _step(grid, x, b, 1), b, 0)


def _step(grid: Level, x: F32, b: F32, which: int) -> F32:
    """Damped Jacobi."""
    moved = around(x, CENTRES[which])
    moved += b
    moved *= grid.shares[which]
    return moved


def _applied(grid: Level, x: F32) -> F32:
    """The left side of the equations, within the mask; arbitrary outside."""
    left = around(x, -LINKS)
    _free(grid, left, x)
    return np.negative(left, out=left)


def _free(grid: Level, to: F32, x: F32) -> None:
    """Correct points with fewer links, for which ``around`` has subtracted too much."""
    if len(grid.free):
        to.ravel()[grid.free] += grid.lack * x.ravel()[grid.free]


def _sum(one: F32, times: float, other: F32) -> F32:
    return np.asarray(cv2.scaleAdd(one, times, other), np.float32)
