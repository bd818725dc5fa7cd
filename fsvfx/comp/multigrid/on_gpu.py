"""The same as ``gradients``, in torch for all channels of a frame at once: for GPUs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import avg_pool2d, conv2d, interpolate

from fsvfx.comp.multigrid.gradients import estimate
from fsvfx.comp.multigrid.levels import CENTRES, LINKS, Level, Levels

F32 = NDArray[np.float32]


def solve_together(levels: Levels, b: F32, tolerance: float, most: int, device: str) -> tuple[F32, float]:
    """Like ``gradients.solve``, for right-hand sides (C, h, w): x (C, h, w), and the estimate of the largest error."""
    grids, direct = [_Grid.of(each, device) for each in levels.grids], torch.from_numpy(levels.direct).to(device)
    rest = torch.from_numpy(b).to(device)[:, None]
    x, way, along, length = torch.zeros_like(rest), rest, rest, torch.zeros_like(rest[:, :, :1, :1])
    before, fit_before, error = 0.0, length, 0.0
    for count in range(most):
        guess = _cycle(grids, direct, rest, 0)
        size = float(guess.abs().max())
        error = estimate(size, before)
        if error < tolerance:
            return (x + guess)[:, 0].cpu().numpy(), error
        fit = _product(rest, guess)
        way = guess - length * _product(guess, along) / fit_before * way if count else guess
        along = -_lack(grids[0], way, torch.zeros_like(way))
        length = fit / _product(way, along)
        x, rest = x + length * way, rest - length * along
        before, fit_before = size, fit
    return x[:, 0].cpu().numpy(), error


@dataclass(frozen=True)
class _Grid:
    """inside, lack, shares: (h, w); as in ``Level``, except that ``lack`` is a picture."""

    inside: Tensor
    shares: tuple[Tensor, ...]
    lack: Tensor

    @classmethod
    def of(cls, level: Level, device: str) -> _Grid:
        lack = np.zeros_like(level.inside)
        lack.ravel()[level.free] = level.lack
        inside, lacking, *shares = (torch.from_numpy(each).to(device) for each in (level.inside, lack, *level.shares))
        return cls(inside, tuple(shares), lacking)


def _cycle(grids: list[_Grid], direct: Tensor, b: Tensor, depth: int) -> Tensor:
    grid = grids[depth]
    if depth == len(grids) - 1:
        return (b.flatten(1) @ direct.T).view_as(b)
    x = _step(grid, b * grid.shares[0], b, 1)
    below = avg_pool2d(_lack(grid, x, b) * grid.inside, 2) * 4
    up = interpolate(_cycle(grids, direct, below, depth + 1), scale_factor=2, mode="bilinear", align_corners=False)
    x = x + up * grid.inside
    return _step(grid, _step(grid, x, b, 1), b, 0)


def _step(grid: _Grid, x: Tensor, b: Tensor, which: int) -> Tensor:
    return (_around(x, CENTRES[which]) + b) * grid.shares[which]


def _lack(grid: _Grid, x: Tensor, b: Tensor) -> Tensor:
    return (_around(x, -LINKS) + b + grid.lack * x) * grid.inside


def _around(x: Tensor, centre: float) -> Tensor:
    cross = x.new_tensor([[0, 1, 0], [1, centre, 1], [0, 1, 0]])[None, None]
    return conv2d(x, cross, padding=1)


def _product(one: Tensor, other: Tensor) -> Tensor:
    """Per channel, (C, 1, 1, 1)."""
    return (one * other).flatten(1).sum(1)[:, None, None, None]
