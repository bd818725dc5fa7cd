"""The sparse matrices of ``fsvfx.comp.harmonic``: from points to their neighbours, from one grid to the next."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import pad

from fsvfx.comp.bands import Band, coarser, finer, offsets


@dataclass
class Step:
    """From one grid to the next coarser.

    evens: where the coarse grid has the even points; even: (these x coarse points) its equations there, each point
    minus what its neighbours give. odds: (odd points x coarse points) bilinear; own, restrict: (even x odd points) the
    same the other way, for what the fine equations lack, in terms of the coarse ones. beyond_even, beyond_odd: what
    lies just beyond the band, from the coarse grid. deep: the coarse points that the band does not reach; deeper:
    (these x coarse points) nine-point minus five-point equation.
    """

    evens: Tensor
    even: Tensor
    odds: Tensor
    own: Tensor
    restrict: Tensor
    beyond_even: Tensor
    beyond_odd: Tensor
    deep: Tensor
    deeper: Tensor


def step(level: int, fine: Band, coarse: Band) -> Step:
    above = coarser(fine, fine.at)
    corners = offsets(coarse, (0, 0), (0, 1), (1, 0), (1, 1))
    evens = coarse.find(above[: fine.evens], corners[:1])[:, 0].long()
    odd = above[fine.evens : fine.reds]
    around_odd = coarse.find(odd, corners)
    weights = _share(coarse, odd, around_odd)
    above_weights = coarse.inverse[evens, None]
    beyond_even, beyond_odd = _beyond(level, fine, coarse, above[fine.size :])
    odds = _rows(around_odd, weights[:, None].expand(-1, 4), coarse.count + 1)
    return Step(
        evens,
        _equations(coarse, evens),
        odds,
        fine.total[: fine.evens, None] * above_weights,
        _restriction(fine, weights, above_weights),
        beyond_even,
        beyond_odd,
        *_deep(level + 1, coarse, evens),
    )


def sweep(band: Band, start: int, stop: int) -> Tensor:
    """Sums over the neighbours of these points, times ``inverse``."""
    return _rows(band.near[start:stop], band.inverse[start:stop, None].expand(-1, 4), band.count + 1)


def times(matrix: Tensor, x: Tensor, plus: Tensor | None = None, out: Tensor | None = None) -> Tensor:
    if not matrix.shape[0] or not matrix.shape[1]:
        return x.new_zeros(matrix.shape[0], x.shape[1]) if plus is None else plus
    return matrix @ x if plus is None else torch.addmm(plus, matrix, x, out=out)


def between(level: int) -> tuple[float, float]:
    """Weights for the middle of four points of the next coarser grid: of these, and of the eight next to them outside.

    Right up to the seventh power of functions that are harmonic on the pixels' grid.
    """
    first = 4.0**level
    second = first * (first - 1) / 6
    near, far = 2 * second - first**2, 10 * second + 3 * first**2
    return far / (far - near), -near / (far - near)


def fill(fine: Tensor, coarse: Tensor, level: int) -> None:
    """Interpolate ``coarse`` (..., H, W) into ``fine`` (..., 2 H, 2 W), the grid of this level: in the middle of four
    points as ``between`` says, and between these middles by the five-point equation."""
    near, far = between(level)
    framed = pad(coarse, (1, 2, 1, 2))
    pairs = framed[..., 1:-2] + framed[..., 2:-1]
    wide = (framed[..., :-3] + framed[..., 3:]).mul_(far / 8).add_(pairs, alpha=near / 4)
    middle = (wide[..., 1:-2, :] + wide[..., 2:-1, :]).add_(pairs[..., :-3, :] + pairs[..., 3:, :], alpha=far / 8)
    fine[..., ::2, ::2] = coarse
    fine[..., 1::2, 1::2] = middle
    framed = pad(middle, (1, 0, 1, 0))
    right = (framed[..., :-1, 1:] + middle).add_(pairs[..., 1:-2, :])
    below = (framed[..., 1:, :-1] + middle).add_(coarse)
    below[..., :-1, :] += coarse[..., 1:, :]
    torch.mul(right, 0.25, out=fine[..., ::2, 1::2])
    torch.mul(below, 0.25, out=fine[..., 1::2, ::2])


def _share(coarse: Band, odd: Tensor, around: Tensor) -> Tensor:
    """One over how many of the four corners of an odd point count: not those in free surroundings."""
    counted = torch.full((len(odd),), 4.0, device=odd.device)
    rows = (around == coarse.count).any(1).nonzero()[:, 0]
    corners = offsets(coarse, (0, 0), (0, 1), (1, 0), (1, 1))
    holds = (around[rows] != coarse.count) | (coarse.gives_at(odd[rows], corners) > 0)
    counted[rows] = holds.sum(1).clamp(min=1).float()
    return 1 / counted


def _equations(band: Band, points: Tensor) -> Tensor:
    columns = torch.cat([points[:, None].int(), band.near[points]], 1)
    weights = band.inverse[points, None].neg().expand(-1, 4)
    return _rows(columns, torch.cat([torch.ones_like(weights[:, :1]), weights], 1), band.count + 1)


def _restriction(fine: Band, weights: Tensor, above: Tensor) -> Tensor:
    corners = offsets(fine, (-1, -1), (-1, 1), (1, -1), (1, 1))
    odd = fine.find(fine.at[: fine.evens], corners).long()
    odds = fine.reds - fine.evens
    weights = torch.cat([weights * fine.total[fine.evens : fine.reds], weights.new_zeros(1)])
    odd = torch.where((odd >= fine.evens) & (odd < fine.reds), odd - fine.evens, odds)
    return _rows(odd.clamp(max=max(odds - 1, 0)).int(), weights[odd] * above, odds)


def _beyond(level: int, fine: Band, coarse: Band, at: Tensor) -> tuple[Tensor, Tensor]:
    even = (fine.at[fine.size :] == finer(coarse, at)) if len(at) else at.bool()
    evens = int(even.sum())
    near, far = between(level)
    steps = [(0, 0), (0, 1), (1, 0), (1, 1), (0, -1), (0, 2), (1, -1), (1, 2), (-1, 0), (-1, 1), (2, 0), (2, 1)]
    weights = torch.tensor([near / 4] * 4 + [far / 8] * 8, device=at.device).expand(len(at) - evens, 12)
    odd = _rows(coarse.find(at[evens:], offsets(coarse, *steps)), weights, coarse.count + 1)
    return coarse.find(at[:evens], offsets(coarse, (0, 0)))[:, 0].long(), odd


def _deep(level: int, coarse: Band, evens: Tensor) -> tuple[Tensor, Tensor]:
    free = torch.ones(coarse.size, dtype=torch.bool, device=evens.device)
    free[evens] = False
    points = free.nonzero()[:, 0]
    diagonals = coarse.find(coarse.at[points], offsets(coarse, (-1, -1), (-1, 1), (1, -1), (1, 1)))
    around = torch.cat([coarse.near[points], diagonals], 1)
    whole = (around != coarse.count).all(1)
    points, around = points[whole], around[whole]
    diagonal = (4.0**level - 1) / (4 * 4.0**level + 2)
    total = 4 + 4 * diagonal
    weights = torch.tensor([1 / total - 0.25] * 4 + [diagonal / total] * 4, device=evens.device)
    return points, _rows(around, weights.expand(len(points), 8), coarse.count + 1)


def _rows(columns: Tensor, weights: Tensor, width: int) -> Tensor:
    """A sparse matrix with these columns and weights (rows, k) in its rows."""
    rows, each = columns.shape
    starts = torch.arange(0, rows * each + 1, each, dtype=torch.int32, device=columns.device)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Sparse CSR tensor support is in beta")
        return torch.sparse_csr_tensor(
            starts, columns.flatten(), weights.flatten(), (rows, width), check_invariants=False
        )
