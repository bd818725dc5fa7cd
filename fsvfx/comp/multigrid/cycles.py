"""Multigrid cycles on the CPU, for one channel; grids in four flat phases, as in ``levels``."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fsvfx.comp.multigrid.levels import Number, compiled

F32 = NDArray[np.float32]
I64 = NDArray[np.int64]
U8 = NDArray[np.uint8]

LEAST_RATE = 0.2
"""A cycle leaves about a tenth of the error. One that seems to leave less than this share was lucky at its largest
spot, and the rest lies elsewhere. Measured on 5600 channels of noise: at 0.05 one in a hundred ended beyond the
tolerance, by up to 1.8 times; at 0.2 none is off by more than 0.7 of it."""


@compiled
def solve(table: I64, equations: F32, weights: F32, x: F32, b: F32, result: F32, tolerance: float, most: int) -> Number:
    """Solve for ``result`` (4, places); zero at first, as are ``x`` and ``b``, flat, but for b of the finest level.

    V-cycles until an estimate of the largest error is below ``tolerance``, ``most`` at the most. Gives that estimate.
    Now and then x goes into the result, and what the equations then lack, computed in double precision, becomes b:
    so rounding is of a small rest only.
    """
    scratch = np.zeros(5 * table[0, 3], np.float32)
    before: Number = np.float32(0)
    error: Number = np.float32(1)
    for count in range(most):
        change = _cycle(table, equations, weights, x, b, scratch)
        share = min(max(change / before, np.float32(LEAST_RATE)), np.float32(0.99)) if before > 0 else np.float32(0.3)
        before, error = change, change * share / (1 - share)
        done = error < tolerance
        if done or count == 2 or count % 16 == 15:
            _keep(table, equations, x, b, result, done)
        if done:
            break
    return error


@compiled
def _cycle(table: I64, equations: F32, weights: F32, x: F32, b: F32, scratch: F32) -> Number:
    """One V-cycle; gives the largest correction of the finest level."""
    last = len(table) - 1
    for level in range(last):
        if level:
            _phases(table, x, level)[:] = 0
        _relax(table, equations, x, b, level)
        _restrict(table, equations, weights, x, b, level, scratch)
    _phases(table, x, last)[:] = 0
    _relax(table, equations, x, b, last)
    change = np.float32(0)
    for level in range(last - 1, -1, -1):
        if level == 0:
            change = _largest(_phases(table, x, 1).ravel())
        _prolong(table, equations, weights, x, level, scratch)
        _relax(table, equations, x, b, level)
    return change


@compiled
def _phases(table: I64, values: F32, level: int) -> F32:
    start, count = table[level, 2], table[level, 3]
    return values[4 * start : 4 * (start + count)].reshape((4, count))


@compiled
def _equations(table: I64, equations: F32, level: int) -> F32:
    start, count = table[level, 2], table[level, 3]
    return equations[24 * start : 24 * (start + count)].reshape((6, 4, count))


@compiled
def _largest(values: F32) -> Number:
    largest = np.float32(0)
    for k in range(len(values)):
        largest = max(largest, abs(values[k]))
    return largest


@compiled
def _shares(table: I64, weights: F32, level: int) -> F32:
    start, count = table[level, 2], table[level, 3]
    return weights[8 * start : 8 * (start + count)].reshape((8, count))


@compiled
def _relax(table: I64, equations: F32, x: F32, b: F32, level: int) -> None:
    """Gauss-Seidel, a phase after the other; two of them run one row behind the others, all in cache.

    Coarse levels get more sweeps, which cost little: on them, strips that are free along their sides may share points.
    """
    grid, x, b = _equations(table, equations, level), _phases(table, x, level), _phases(table, b, level)
    row = (table[level, 1] + 1) // 2 + 2
    order = (0, 1, 2, 3) if level else (0, 3, 1, 2)
    sums = np.empty(_CHUNK, np.float32)
    stop = x.shape[1] - row - 1
    for _ in range(min(1 << max(level - 1, 0), 4)):
        for start in range(row + 1, stop + row, _CHUNK):
            for part in range(4):
                first = start if part < 2 else max(start - row, row + 1)
                end = min(start + _CHUNK - (0 if part < 2 else row), stop)
                if first < end:
                    phase = order[part]
                    _around(grid, x, b[phase], row, phase, first, end, sums, level)
                    _times(x[phase], grid[0, phase], sums, first, end)


_CHUNK = 2048


@compiled
def _times(x: F32, over: F32, sums: F32, start: int, stop: int) -> None:
    x, over = x[start:stop], over[start:stop]
    for k in range(stop - start):
        x[k] = over[k] * sums[k]


@compiled
def _around(grid: F32, x: F32, b: F32, row: int, phase: int, start: int, stop: int, sums: F32, level: int) -> None:
    """b and what the neighbours give, from start to stop of a phase; on the finest level all links are 1."""
    count = stop - start
    beside, above, across = phase ^ 1, phase ^ 2, phase ^ 3
    left, right = start - 1 + (phase & 1), start + (phase & 1)
    up, down = (start, start + row) if phase & 2 else (start - row, start)
    if level == 0:
        _sum(sums, b[start:], x[beside, left:], x[beside, right:], x[above, up:], x[above, down:], count)
        return
    step_left, step_right = left - start, right - start
    h, v, d, a = grid[2], grid[3], grid[4], grid[5]
    _plain(sums, b[start:], count)
    _add(sums, h[phase, start:], x[beside, right:], h[beside, left:], x[beside, left:], count)
    _add(sums, v[phase, start:], x[above, down:], v[above, up:], x[above, up:], count)
    low, high = down, up
    _add(
        sums,
        d[phase, start:],
        x[across, low + step_right :],
        d[across, high + step_left :],
        x[across, high + step_left :],
        count,
    )
    _add(
        sums,
        a[phase, start:],
        x[across, low + step_left :],
        a[across, high + step_right :],
        x[across, high + step_right :],
        count,
    )


@compiled
def _plain(out: F32, values: F32, count: int) -> None:
    for k in range(count):
        out[k] = values[k]


@compiled
def _sum(out: F32, b: F32, left: F32, right: F32, up: F32, down: F32, count: int) -> None:
    for k in range(count):
        out[k] = b[k] + left[k] + right[k] + up[k] + down[k]


@compiled
def _add(out: F32, weight: F32, one: F32, other_weight: F32, other: F32, count: int) -> None:
    for k in range(count):
        out[k] += weight[k] * one[k] + other_weight[k] * other[k]


@compiled
def _restrict(table: I64, equations: F32, weights: F32, x: F32, b: F32, level: int, scratch: F32) -> None:
    """What the equations lack, to the next coarser level. The phases relaxed last lack nothing."""
    grid, shares = _equations(table, equations, level), _shares(table, weights, level)
    x, b, to = _phases(table, x, level), _phases(table, b, level), _phases(table, b, level + 1)
    height, width = table[level + 1, 0], table[level + 1, 1]
    row = width + 2
    size = x.shape[1]
    lack = scratch[: 4 * size].reshape((4, size))
    lack[:, : row + 1] = 0
    lack[:, size - row - 1 :] = 0
    sums = np.empty(_CHUNK, np.float32)
    for start in range(row + 1, size - row - 1, _CHUNK):
        stop = min(start + _CHUNK, size - row - 1)
        for phase in range(4):
            if phase == 0 or (phase == 3 if level == 0 else phase != 3):
                _around(grid, x, b[phase], row, phase, start, stop, sums, level)
                _rest(
                    lack[phase, start:],
                    grid[1, phase, start:],
                    grid[0, phase, start:],
                    sums,
                    x[phase, start:],
                    stop - start,
                )
    given, s, count = lack[0], row + 1, size - 2 * row - 2
    if level:
        _add(given[s:], shares[0, s:], lack[1, s:], shares[1, s - 1 :], lack[1, s - 1 :], count)
        _add(given[s:], shares[2, s:], lack[2, s:], shares[3, s - row :], lack[2, s - row :], count)
    else:
        _add(given[s:], shares[4, s:], lack[3, s:], shares[5, s - 1 :], lack[3, s - 1 :], count)
        _add(
            given[s:], shares[6, s - row :], lack[3, s - row :], shares[7, s - row - 1 :], lack[3, s - row - 1 :], count
        )
    half = (width + 1) // 2 + 2
    for i in range(height):
        to_even, to_odd = to[2 * (i & 1)], to[2 * (i & 1) + 1]
        here, there = (i + 1) * row + 1, ((i >> 1) + 1) * half + 1
        for k in range((width + 1) // 2):
            to_even[there + k] = given[here + 2 * k]
            to_odd[there + k] = given[here + 2 * k + 1]


@compiled
def _rest(lack: F32, total: F32, over: F32, sums: F32, x: F32, count: int) -> None:
    for k in range(count):
        lack[k] = total[k] * (over[k] * sums[k] - x[k])


@compiled
def _prolong(table: I64, equations: F32, weights: F32, x: F32, level: int, scratch: F32) -> None:
    """Add the next coarser level's x."""
    shares, coarse = _shares(table, weights, level), _phases(table, x, level + 1)
    over, x = _equations(table, equations, level)[0, 0], _phases(table, x, level)
    height, width = table[level + 1, 0], table[level + 1, 1]
    row, half, size = width + 2, (width + 1) // 2 + 2, x.shape[1]
    given = scratch[:size]
    given[:] = 0
    for i in range(height):
        even, odd = coarse[2 * (i & 1)], coarse[2 * (i & 1) + 1]
        here, there = (i + 1) * row + 1, ((i >> 1) + 1) * half + 1
        for k in range((width + 1) // 2):
            given[here + 2 * k] = even[there + k]
            given[here + 2 * k + 1] = odd[there + k]
    s, count = row + 1, size - 2 * row - 2
    own = x[0]
    for k in range(size):
        own[k] += given[k] if over[k] > 0 else np.float32(0)
    _add(x[1, s:], shares[0, s:], given[s:], shares[1, s:], given[s + 1 :], count)
    _add(x[2, s:], shares[2, s:], given[s:], shares[3, s:], given[s + row :], count)
    _add(x[3, s:], shares[4, s:], given[s:], shares[5, s:], given[s + 1 :], count)
    _add(x[3, s:], shares[6, s:], given[s + row :], shares[7, s:], given[s + row + 1 :], count)


@compiled
def _keep(table: I64, equations: F32, x: F32, b: F32, result: F32, done: Number) -> None:
    """x into the result, its lack into b."""
    grid, x, b = _equations(table, equations, 0), _phases(table, x, 0), _phases(table, b, 0)
    row, size = (table[0, 1] + 1) // 2 + 2, x.shape[1]
    if not done:
        inner = size - 2 * row - 2
        for phase in range(4):
            left = row + (phase & 1)
            up = 1 if not phase & 2 else row + 1
            beside, above = x[phase ^ 1], x[phase ^ 2]
            rest, total, here = b[phase, row + 1 :], grid[1, phase, row + 1 :], x[phase, row + 1 :]
            _exact(rest, total, here, beside[left:], beside[left + 1 :], above[up:], above[up + row :], inner)
    result += x
    x[:] = 0


@compiled
def _exact(b: F32, total: F32, x: F32, left: F32, right: F32, up: F32, down: F32, count: int) -> None:
    for k in range(count):
        sums = np.float64(left[k]) + np.float64(right[k]) + np.float64(up[k]) + np.float64(down[k])
        rest = np.float32(np.float64(b[k]) + sums - np.float64(total[k]) * np.float64(x[k]))
        b[k] = rest if total[k] > 0 else np.float32(0)


@compiled
def load(values: F32, inside: U8, rows: I64, columns: I64, source: F32, b: F32) -> tuple[Number, Number]:
    """Into b (4, rows, columns), the finest level's: the values (h, w) at the rim's rows and columns, scaled to run
    from -1 to 1, and ``source`` (h, w), if any. Gives the middle and half of the rim's range.
    """
    height, width = inside.shape
    low: Number = values[rows[0], columns[0]]
    high: Number = low
    for i, j in zip(rows, columns):
        low, high = min(low, values[i, j]), max(high, values[i, j])
    middle, half = (low + high) / np.float32(2), max((high - low) / np.float32(2), np.float32(1e-12))
    if source.size:
        half = max(half, np.abs(source).max() / np.float32(10))
        for i in range(height):
            for j in range(width):
                if inside[i, j]:
                    b[2 * (i & 1) + (j & 1), (i >> 1) + 1, (j >> 1) + 1] = source[i, j] / half
    for i, j in zip(rows, columns):
        value = (values[i, j] - middle) / half
        for y, x in ((i - 1, j), (i + 1, j), (i, j - 1), (i, j + 1)):
            if 0 <= y < height and 0 <= x < width and inside[y, x]:
                b[2 * (y & 1) + (x & 1), (y >> 1) + 1, (x >> 1) + 1] += value
    return middle, half


@compiled
def unload(result: F32, inside: U8, middle: Number, half: Number, columns: int, out: F32) -> None:
    """The result (4, places) as a picture (h, w) in the values' own range; outside of the mask 0."""
    height, width = inside.shape
    middle, half = np.float32(middle), np.float32(half)
    for i in range(height):
        even, odd = result[2 * (i & 1)], result[2 * (i & 1) + 1]
        start = ((i >> 1) + 1) * columns + 1
        for k in range((width + 1) // 2):
            out[i, 2 * k] = even[start + k] * half + middle if inside[i, 2 * k] else np.float32(0)
        for k in range(width // 2):
            out[i, 2 * k + 1] = odd[start + k] * half + middle if inside[i, 2 * k + 1] else np.float32(0)
