"""The grids of one mask: their equations, and the weights between them.

A grid of (h, w) points is stored in four phases, even and odd rows and columns apart, so that all that kernels do runs
along memory. Each is flat, (h + 1) // 2 + 2 rows of (w + 1) // 2 + 2 with a frame of zeros; point (i, j) is in phase
2 (i % 2) + j % 2 at row i // 2 + 1, column j // 2 + 1. All grids lie one after the other in flat arrays.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
U8 = NDArray[np.uint8]
Kernel = TypeVar("Kernel", bound=Callable[..., object])

Number = Any
"""In a kernel: numba infers which kind."""


def compiled(kernel: Kernel) -> Kernel:
    """Compile at the first call, and keep that for all processes of the machine (see NUMBA_CACHE_DIR).

    Numba looks for changes in a kernel's own file only: kernels must call none of another file.
    """
    return cast(Kernel, numba.njit(cache=True, nogil=True, fastmath=True, error_model="numpy")(kernel))


class Levels(NamedTuple):
    """table: (levels, 4): height, width, where the grid's places start, how many each phase has.

    equations: by level (6, 4, places): one over the diagonal (0 where nothing is solved for), the diagonal, and the
    links to the right, below, below right and below left.
    weights: by level but the last (8, places), by the next coarser point (i, j), at row i + 1, column j + 1: of the
    fine point on its right the share from it and from the next on the right; of that below it from it and the next
    below; of that below right from it, right, below, below right.
    """

    table: I64
    equations: F32
    weights: F32


def levels(inside: U8, gives: U8) -> Levels:
    """inside: (h, w) 1 where to solve; gives: (h, w) 1 where pixels outside hold a value. Others are free."""
    table = _table(*inside.shape)
    end = int(table[-1, 2]) + int(table[-1, 3])
    made = Levels(table, np.zeros(24 * end, np.float32), np.zeros(8 * end, np.float32))
    _build(inside, gives, *made)
    return made


def _table(height: int, width: int) -> I64:
    rows, start = [], 0
    while True:
        halves = (height + 1) // 2, (width + 1) // 2
        rows.append((height, width, start, (halves[0] + 2) * (halves[1] + 2)))
        if height == width == 1:
            return np.array(rows, np.int64)
        start += rows[-1][3]
        height, width = halves


@compiled
def _build(inside: U8, gives: U8, table: I64, equations: F32, weights: F32) -> None:
    fine = _equations(table, equations, 0)
    deep = _pixels(inside, gives, fine)
    stencil, sums = np.zeros(5), np.zeros((5, 5))
    for level in range(1, len(table)):
        coarse = _equations(table, equations, level)
        height, width = table[level, 0], table[level, 1]
        start, count = table[level - 1, 2], table[level - 1, 3]
        shares = weights[8 * start : 8 * (start + count)].reshape((8, height + 2, width + 2))
        calm = _calm(deep, height, width)
        _beside(fine, shares, calm)
        _between(fine, shares, calm)
        deep = _deeper(calm)
        _galerkin(fine, shares, coarse, deep, stencil, sums)
        fine = coarse


@compiled
def _equations(table: I64, equations: F32, level: int) -> F32:
    """(6, 4, rows, columns) of one level."""
    height, width, start, count = table[level]
    return equations[24 * start : 24 * (start + count)].reshape((6, 4, (height + 1) // 2 + 2, (width + 1) // 2 + 2))


@compiled
def _pixels(inside: U8, gives: U8, grid: F32) -> U8:
    """The five-point equations; gives at [i + 1, j + 1] whether pixel (i, j) has neighbours all in the mask."""
    height, width = inside.shape
    known = np.zeros((height + 2, width + 2), np.uint8)
    within = np.zeros((height + 2, width + 2), np.uint8)
    deep = np.zeros((height + 3, width + 3), np.uint8)
    for i in range(height):
        for j in range(width):
            known[i + 1, j + 1] = inside[i, j] | gives[i, j]
            within[i + 1, j + 1] = inside[i, j]
    for i in range(1, height + 1):
        for j in range(1, width + 1):
            if within[i, j]:
                total = np.int64(known[i - 1, j]) + known[i + 1, j] + known[i, j - 1] + known[i, j + 1]
                if total:
                    right, below = within[i, j + 1], within[i + 1, j]
                    p, y, x = 2 * ((i - 1) & 1) + ((j - 1) & 1), (i + 1) >> 1, (j + 1) >> 1
                    grid[0, p, y, x] = np.float32(1) / np.float32(total)
                    grid[1, p, y, x] = total
                    grid[2, p, y, x] = right
                    grid[3, p, y, x] = below
                    deep[i, j] = right & below & within[i - 1, j] & within[i, j - 1]
    return deep


@compiled
def _calm(deep: U8, height: int, width: int) -> U8:
    """At [i + 1, j + 1] of coarse point (i, j): the 3 x 3 fine points from there on are all like in an endless mask."""
    calm = np.zeros((height + 2, width + 2), np.uint8)
    for i in range(1, height + 1):
        for j in range(1, width + 1):
            y, x = 2 * i - 1, 2 * j - 1
            if deep[y, x] & deep[y + 1, x + 1] & deep[y + 2, x + 2]:
                calm[i, j] = (
                    deep[y, x + 1]
                    & deep[y, x + 2]
                    & deep[y + 1, x]
                    & deep[y + 1, x + 2]
                    & (deep[y + 2, x] & deep[y + 2, x + 1])
                )
    return calm


@compiled
def _deeper(calm: U8) -> U8:
    deep = np.zeros((calm.shape[0] + 1, calm.shape[1] + 1), np.uint8)
    for i in range(1, calm.shape[0] - 1):
        for j in range(1, calm.shape[1] - 1):
            deep[i, j] = calm[i, j] & calm[i, j - 1] & calm[i - 1, j] & calm[i - 1, j - 1]
    return deep


@compiled
def _at(grid: F32, what: int, i: int, j: int) -> Number:
    return grid[what, 2 * (i & 1) + (j & 1), (i >> 1) + 1, (j >> 1) + 1]


@compiled
def _link(grid: F32, i: int, j: int, y: int, x: int) -> Number:
    """Of point (i, j) to its neighbour (i + y, j + x)."""
    if y < 0 or (y == 0 and x < 0):
        i, j, y, x = i + y, j + x, -y, -x
    if y == 0:
        return _at(grid, 2, i, j)
    if x == 0:
        return _at(grid, 3, i, j)
    return _at(grid, 4 if x > 0 else 5, i, j)


@compiled
def _own(grid: F32, i: int, j: int) -> int:
    """Which of the 2 x 2 points from (i, j) on is the coarse grid's: the first in the mask; 4 if none is."""
    for point in range(4):
        if _at(grid, 0, i + (point >> 1), j + (point & 1)) > 0:
            return point
    return 4


@compiled
def _beside(grid: F32, shares: F32, calm: U8) -> None:
    """Weights of the points between two coarse ones: the stencil, summed up across."""
    for row in range(1, shares.shape[1] - 1):
        for column in range(1, shares.shape[2] - 1):
            if calm[row, column]:
                for plane in range(4):
                    shares[plane, row, column] = 0.5
                continue
            i, j = 2 * row - 2, 2 * column - 2
            own = _own(grid, i, j)
            if own == 4:
                continue
            for side in range(2):
                y, x = side, 1 - side
                if _at(grid, 0, i + y, j + x) == 0:
                    continue
                first: Number = np.float32(0)
                second: Number = np.float32(0)
                rest = _at(grid, 1, i + y, j + x) - _link(grid, i + y, j + x, x, y) - _link(grid, i + y, j + x, -x, -y)
                for along in range(-1, 2):
                    first += _link(grid, i + y, j + x, along * x - y, along * y - x)
                    second += _link(grid, i + y, j + x, along * x + y, along * y + x)
                if own == 1 + side or rest < 1e-3:
                    first, second, rest = np.float32(1), np.float32(0), np.float32(1)
                shares[2 * side, row, column] = first / rest
                shares[2 * side + 1, row, column] = second / rest


@compiled
def _between(grid: F32, shares: F32, calm: U8) -> None:
    """Weights of the points in the middle of four coarse ones: so that their equations hold."""
    for row in range(1, shares.shape[1] - 1):
        for column in range(1, shares.shape[2] - 1):
            if calm[row, column]:
                for plane in range(4, 8):
                    shares[plane, row, column] = 0.25
                continue
            i, j = 2 * row - 1, 2 * column - 1
            over = _at(grid, 0, i, j)
            if over == 0:
                continue
            if _own(grid, i - 1, j - 1) == 3:
                shares[4, row, column] = 1
                continue
            up, down = _link(grid, i, j, -1, 0) * over, _link(grid, i, j, 1, 0) * over
            left, right = _link(grid, i, j, 0, -1) * over, _link(grid, i, j, 0, 1) * over
            for corner in range(4):
                y, x = corner >> 1, corner & 1
                shares[4 + corner, row, column] = (
                    _link(grid, i, j, 2 * y - 1, 2 * x - 1) * over
                    + (down if y else up) * shares[x, row + y, column]
                    + (right if x else left) * shares[2 + y, row, column + x]
                )


@compiled
def _share(grid: F32, shares: F32, i: int, j: int, y: int, x: int) -> Number:
    """What the fine point (2 i + y, 2 j + x) gets from coarse point (i, j)."""
    if y == 0 and x == 0:
        return np.float32(1) if _at(grid, 0, 2 * i, 2 * j) > 0 else np.float32(0)
    row, column = i + 1 - (y < 0), j + 1 - (x < 0)
    if y == 0:
        return shares[0 if x > 0 else 1, row, column]
    if x == 0:
        return shares[2 if y > 0 else 3, row, column]
    return shares[4 + 2 * (y < 0) + (x < 0), row, column]


@compiled
def _galerkin(grid: F32, shares: F32, coarse: F32, deep: U8, stencil: F64, sums: F64) -> None:
    """The coarse equations; computed once for all points that are ``deep`` in the mask."""
    known = False
    for i in range(shares.shape[1] - 2):
        for j in range(shares.shape[2] - 2):
            inner = deep[i + 1, j + 1]
            if not inner or not known:
                _product(grid, shares, i, j, sums, stencil)
                known = inner == 1
            if stencil[0] > 1e-6:
                p, y, x = 2 * (i & 1) + (j & 1), (i >> 1) + 1, (j >> 1) + 1
                coarse[0, p, y, x] = 1 / stencil[0]
                coarse[1, p, y, x] = stencil[0]
                for link in range(1, 5):
                    coarse[1 + link, p, y, x] = -stencil[link]


@compiled
def _product(grid: F32, shares: F32, i: int, j: int, sums: F64, stencil: F64) -> None:
    """One row of the Galerkin product: its diagonal, and the entries right, below, below right, below left."""
    stencil[:] = 0
    if _own(grid, 2 * i, 2 * j) == 4:
        return
    sums[:] = 0
    for y in range(-1, 2):
        for x in range(-1, 2):
            share = _share(grid, shares, i, j, y, x)
            if share != 0:
                for down in range(-1, 2):
                    for right in range(-1, 2):
                        if down == 0 and right == 0:
                            sums[y + 2, x + 2] += share * _at(grid, 1, 2 * i + y, 2 * j + x)
                        else:
                            link = _link(grid, 2 * i + y, 2 * j + x, down, right)
                            sums[y + down + 2, x + right + 2] -= share * link
    for entry in range(5):
        down, right = (0 if entry < 2 else 1), (0, 1, 0, 1, -1)[entry]
        for y in range(-1, 2 - down):
            for x in range(-1, 2):
                if abs(2 * right + x) < 3:
                    share = _share(grid, shares, i + down, j + right, y, x)
                    stencil[entry] += share * sums[2 * down + y + 2, 2 * right + x + 2]
