"""The cycles of ``cycles`` by torch, for all frames and channels at once: the same steps, in whole phases. For GPUs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from fsvfx.comp.multigrid.cycles import LEAST_RATE
from fsvfx.comp.multigrid.levels import Levels


class Grids:
    """Grids of the same size, of n frames with C channels each. b: (n, C, 4, places) of the finest level."""

    def __init__(self, made: Sequence[Levels], b: Tensor) -> None:
        self._table = [[int(each) for each in row] for row in made[0].table]
        equations, weights = (
            torch.from_numpy(np.stack([each[what] for each in made])).to(b.device)[:, None] for what in (1, 2)
        )
        self._equations, self._weights, self._x, self._b = [], [], [], []
        for _, _, start, count in self._table:
            self._equations.append(equations[..., 24 * start : 24 * (start + count)].reshape(len(made), 1, 6, 4, count))
            self._weights.append(weights[..., 8 * start : 8 * (start + count)].reshape(len(made), 1, 8, count))
            self._x.append(b.new_zeros(*b.shape[:3], count))
            self._b.append(torch.zeros_like(self._x[-1]))
        self._b[0] = b

    def solve(self, tolerance: float, most: int) -> tuple[Tensor, float]:
        """As ``cycles.solve``: (n, C, 4, places), and an estimate of the largest error."""
        result = torch.zeros_like(self._x[0])
        before, error = 0.0, 1.0
        for count in range(most):
            change = self._cycle()
            share = min(max(change / before, LEAST_RATE), 0.99) if before else 0.3
            before, error = change, change * share / (1 - share)
            if error < tolerance or count % 4 == 2:
                self._keep(result)
            if error < tolerance:
                break
        return result, error

    def _cycle(self) -> float:
        last = len(self._table) - 1
        for level in range(last):
            if level:
                self._x[level].zero_()
            self._relax(level)
            self._restrict(level)
        self._x[last].zero_()
        self._relax(last)
        change = 0.0
        for level in range(last - 1, -1, -1):
            if level == 0:
                change = float(self._x[1].abs().max())
            self._prolong(level)
            self._relax(level)
        return change

    def _size(self, level: int) -> tuple[int, int]:
        """Places in a row, and rows without the frame."""
        height, width, _, _ = self._table[level]
        return (width + 1) // 2 + 2, (height + 1) // 2

    def _inner(self, phase: Tensor, level: int, off: int = 0) -> Tensor:
        """Of (..., places) all but the frame's first and last rows, shifted."""
        row, _ = self._size(level)
        return phase[..., row + 1 + off : phase.shape[-1] - row - 1 + off]

    def _relax(self, level: int) -> None:
        over = self._equations[level][..., 0, :, :]
        for _ in range(min(1 << max(level - 1, 0), 4)):
            for phase in (0, 1, 2, 3) if level else (0, 3, 1, 2):
                sums = self._around(self._x[level], self._b[level], level, phase)
                torch.mul(
                    sums, self._inner(over[..., phase, :], level), out=self._inner(self._x[level][..., phase, :], level)
                )

    def _around(self, x: Tensor, b: Tensor, level: int, phase: int) -> Tensor:
        """b and what the neighbours give."""
        row, _ = self._size(level)
        beside, above, across = (x[..., phase ^ other, :] for other in (1, 2, 3))
        left, up = (phase & 1) - 1, 0 if phase & 2 else -row
        right, down = left + 1, up + row

        def near(values: Tensor, off: int) -> Tensor:
            return self._inner(values, level, off)

        sums = near(b[..., phase, :], 0).clone()
        if level == 0:
            for values, off in ((beside, left), (beside, right), (above, up), (above, down)):
                sums += near(values, off)
            return sums
        h, v, d, a = (self._equations[level][..., link, :, :] for link in range(2, 6))
        for links, here, off, values in ((h, 1, left, beside), (v, 2, up, above)):
            there = right if here == 1 else down
            sums.addcmul_(near(links[..., phase, :], 0), near(values, there))
            sums.addcmul_(near(links[..., phase ^ here, :], off), near(values, off))
        for links, one, other in ((d, right, left), (a, left, right)):
            sums.addcmul_(near(links[..., phase, :], 0), near(across, down + one))
            sums.addcmul_(near(links[..., phase ^ 3, :], up + other), near(across, up + other))
        return sums

    def _restrict(self, level: int) -> None:
        row, rows = self._size(level)
        x, b, equations, weights = self._x[level], self._b[level], self._equations[level], self._weights[level]
        lack = torch.zeros_like(x)
        for phase in range(4):
            rest = self._around(x, b, level, phase).mul_(self._inner(equations[..., 0, phase, :], level))
            rest -= self._inner(x[..., phase, :], level)
            torch.mul(
                rest, self._inner(equations[..., 1, phase, :], level), out=self._inner(lack[..., phase, :], level)
            )
        given = self._inner(lack[..., 0, :], level).clone()
        for phase, plane, off in _SHARES:
            step = -(off // 2 * row + off % 2)
            given.addcmul_(
                self._inner(weights[..., plane, :], level, step), self._inner(lack[..., phase, :], level, step)
            )
        natural = torch.zeros_like(lack[..., 0, :])
        self._inner(natural, level)[:] = given
        natural = natural.view(*natural.shape[:-1], rows + 2, row)[..., 1:-1, 1:-1]
        to = self._b[level + 1]
        to = to.view(*to.shape[:-1], -1, self._size(level + 1)[0])
        for phase in range(4):
            part = natural[..., phase >> 1 :: 2, phase & 1 :: 2]
            to[..., phase, 1 : 1 + part.shape[-2], 1 : 1 + part.shape[-1]] = part

    def _prolong(self, level: int) -> None:
        row, rows = self._size(level)
        x, weights = self._x[level], self._weights[level]
        coarse = self._x[level + 1]
        coarse = coarse.view(*coarse.shape[:-1], -1, self._size(level + 1)[0])
        natural = x.new_zeros(*x.shape[:2], rows + 2, row)
        for phase in range(4):
            part = natural[..., 1 + (phase >> 1) : -1 : 2, 1 + (phase & 1) : -1 : 2]
            part[:] = coarse[..., phase, 1 : 1 + part.shape[-2], 1 : 1 + part.shape[-1]]
        given = natural.flatten(-2)
        x[..., 0, :] += given * (self._equations[level][..., 0, 0, :] > 0)
        for phase, plane, off in _SHARES:
            step = off // 2 * row + off % 2
            self._inner(x[..., phase, :], level).addcmul_(
                self._inner(weights[..., plane, :], level), self._inner(given, level, step)
            )

    def _keep(self, result: Tensor) -> None:
        x = self._x[0]
        double, total = x.double(), self._equations[0][..., 1, :, :]
        for phase in range(4):
            inside = self._inner(total[..., phase, :], 0)
            rest = self._around(double, self._b[0].double(), 0, phase)
            rest -= inside * self._inner(double[..., phase, :], 0)
            self._inner(self._b[0][..., phase, :], 0)[:] = (rest * (inside > 0)).to(x.dtype)
        result += x
        x.zero_()


_SHARES = ((1, 0, 0), (1, 1, 1), (2, 2, 0), (2, 3, 2), (3, 4, 0), (3, 5, 1), (3, 6, 2), (3, 7, 3))
"""Phase, plane of the weights, and which coarse point: 1 for the next on the right, 2 for the next below."""
