"""Harmonic functions on masks of any shape, by multigrid, for many frames at once.

Solves the five-point Laplace equation at the pixels of a mask, with values given at the pixels around it (Dirichlet)
and nothing flowing over the picture's edge (Neumann). Full multigrid (Brandt 1977; Trottenberg et al., "Multigrid",
2001) with red-black Gauss-Seidel. Coarse cells know how far away the true border runs and weigh it by one over that
distance (after Shortley and Weller 1938): without that, ragged masks spoil the convergence.

Pictures are kept as four phases (even and odd rows and columns, (4, n, C, H/2, W/2)), so that all neighbours of one
colour's pixels are plain slices; "framed" phases have one pixel of zeros around.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn.functional import max_pool2d, pad

_RED, _BLACK = (0, 3), (1, 2)
_INSIDE = 0.7
"""A coarse cell is solved for if more than this share of it lies in the mask."""
_NEAREST = 0.5
"""No border counts as nearer than this to a coarse cell's centre, in cells: nearer ones make the cycle diverge."""
_BOTTOM = 160
"""Grids of up to so many cells are solved directly."""


@dataclass(frozen=True)
class _Grid:
    """One level; single-channel, height and width even.

    inside: (n, 1, H, W), what is solved for. total: phases of the sum of all neighbours' weights, 0 outside; inverse:
    of one over it. borders: by direction (up, down, left, right) the weight of a fixed neighbour; coarse levels only.
    """

    inside: Tensor
    total: Tensor
    inverse: Tensor
    borders: tuple[Tensor, ...] = ()


def harmonic(values: Tensor, mask: Tensor, cycles: int = 2) -> Tensor:
    """Extend ``values`` (n, C, H, W) float from around the mask into it.

    mask: (n, 1, H, W), 1 inside, 0 outside. Read are only the values of pixels that touch the mask by an edge: the rim.
    The result (n, C, H, W) has them too, is zero elsewhere outside of the mask, and all zero where a mask covers its
    whole picture. ``values`` must be finite. Each of ``cycles`` leaves about a fifth of the error (where a
    mask is all holes and slits: half).
    """
    height, width = mask.shape[-2:]
    grids = _grids(mask)
    rims = _rims(values, mask, len(grids))
    bottom = _Bottom(grids[-1])
    x = bottom.solve(_pull(grids[-1], rims[-1])) if len(grids) > 1 else bottom.solve(_pull_fine(grids[0], rims[0]))
    for level in range(len(grids) - 2, -1, -1):
        grid = grids[level]
        coarse = x + rims[level + 1] * (1 - grids[level + 1].inside)
        fixed = _split(rims[0] if level == 0 else _pull(grid, rims[level]))
        if level:
            fixed *= grid.inverse
        phases = pad(fixed, (1, 1, 1, 1)) if level == 0 else _framed(fixed)
        _add_finer(grid, phases, coarse)
        for _ in range(1 if level else cycles):
            _cycle(grids, bottom, level, phases, fixed)
        x = _join(phases)
    # The exact solution lies within the rim's range; so does this one, however few the cycles.
    low, high = (extreme(rims[0], dim=(-2, -1), keepdim=True) for extreme in (torch.amin, torch.amax))
    return torch.clamp(x[..., :height, :width], low, high)


def rim_of(mask: Tensor) -> Tensor:
    """1 at the pixels outside of the mask that touch it by an edge, 0 elsewhere."""
    return ((sum(_around(mask), start=torch.zeros_like(mask)) > 0) & (mask <= 0)).to(mask.dtype)


def _cycle(grids: Sequence[_Grid], bottom: _Bottom, level: int, x: Tensor, fixed: Tensor) -> None:
    """One V-cycle on the framed phases ``x``, in place. The equations: x = fixed + inverse * (its neighbours)."""
    grid = grids[level]
    scratch = torch.empty_like(x[0, ..., 1:-1, 1:-1])
    _relax(grid, x, fixed, scratch)
    defect = _even(_defect(grid, x, fixed, scratch))
    if level + 2 == len(grids):
        error = bottom.solve(defect)
    else:
        coarse_fixed = _split(defect).mul_(grids[level + 1].inverse)
        phases = _framed(coarse_fixed)
        _cycle(grids, bottom, level + 1, phases, coarse_fixed)
        error = _join(phases)
    _add_finer(grid, x, error)
    _relax(grid, x, fixed, scratch)


def _relax(grid: _Grid, x: Tensor, fixed: Tensor, scratch: Tensor) -> None:
    """One red-black Gauss-Seidel sweep."""
    for phase in (*_RED, *_BLACK):
        around = _neighbours(x, phase, scratch)
        torch.addcmul(fixed[phase], around, grid.inverse[phase], out=x[phase, ..., 1:-1, 1:-1])


def _defect(grid: _Grid, x: Tensor, fixed: Tensor, scratch: Tensor) -> Tensor:
    """What the equations lack, summed over 2 x 2 pixels. The black ones, relaxed last, lack nothing."""
    lack = torch.zeros_like(scratch)
    for phase in _RED:
        around = _neighbours(x, phase, scratch).mul_(grid.inverse[phase])
        around.add_(fixed[phase]).sub_(x[phase, ..., 1:-1, 1:-1])
        lack.addcmul_(around, grid.total[phase])
    return lack


def _neighbours(x: Tensor, phase: int, out: Tensor) -> Tensor:
    """Sum of the four neighbours of one phase's pixels; x: framed phases."""
    rows, columns = divmod(phase, 2)
    beside, above = x[phase ^ 1], x[phase ^ 2]
    height, width = out.shape[-2:]
    torch.add(
        beside[..., 1:-1, columns : columns + width], beside[..., 1:-1, columns + 1 : columns + 1 + width], out=out
    )
    out += above[..., rows : rows + height, 1:-1]
    out += above[..., rows + 1 : rows + 1 + height, 1:-1]
    return out


def _add_finer(grid: _Grid, x: Tensor, coarse: Tensor) -> None:
    """Add ``coarse``, bilinearly interpolated, inside the mask of the framed phases ``x``."""
    height, width = x.shape[-2] - 2, x.shape[-1] - 2
    framed = pad(coarse[..., :height, :width], (1, 1, 1, 1), mode="replicate")
    middle = framed[..., 1:-1, :]
    for rows in (0, 1):
        line = torch.lerp(middle, framed[..., 2 * rows : 2 * rows + height, :], 0.25)
        for columns in (0, 1):
            phase = 2 * rows + columns
            fine = torch.lerp(line[..., 1:-1], line[..., 2 * columns : 2 * columns + width], 0.25)
            x[phase, ..., 1:-1, 1:-1].addcmul_(fine, _phase(grid.inside, phase))


def _grids(mask: Tensor) -> list[_Grid]:
    """The levels, finest first."""
    share, there = _even(mask), _even(torch.ones_like(mask))
    grids = [_grid(share, sum(_around(there), start=torch.zeros_like(there)))]
    pixel = 1.0
    while share.shape[-1] * share.shape[-2] > _BOTTOM:
        count = _sum4(there)
        share, there = _even(_sum4(share) / count.clamp_min(1)), _even((count > 0).to(mask.dtype))
        pixel /= 2
        grids.append(_coarse_grid(share, there, 0.5 - 0.5 * pixel))
    return grids


def _grid(inside: Tensor, total: Tensor, borders: tuple[Tensor, ...] = ()) -> _Grid:
    return _Grid(inside, _split(total * inside), _split(inside / total.clamp_min(1e-3)), borders)


def _coarse_grid(share: Tensor, there: Tensor, within: float) -> _Grid:
    """A level, from its cells' shares in the mask; ``within``: how far fixed pixels' centres lie in their cells."""
    most = share > _INSIDE
    # A hole or slit, with no empty cell near by that could stand for it, closes its whole cell.
    at_border = max_pool2d((~most).to(share.dtype), 3, 1, 1) > 0
    closed = most & ~at_border & (share < 1)
    inside = (most & ~closed).to(share.dtype)
    share = share * ~closed
    total = torch.zeros_like(inside)
    borders = []
    for neighbour, exists, other in zip(_around(inside), _around(there), _around(share)):
        distance = (share + other - within).clamp(_NEAREST, 1.5)
        borders.append(exists * (1 - neighbour) / distance * inside)
        total += neighbour + borders[-1]
    return _grid(inside, total, tuple(borders))


def _rims(values: Tensor, mask: Tensor, levels: int) -> list[Tensor]:
    """At each level, the values of the cells that touch the mask; zero elsewhere."""
    touched = rim_of(mask)
    rims, known = [_even(values * touched)], _even(touched)
    for _ in range(levels - 1):
        count = _sum4(known)
        rims.append(_even(_sum4(rims[-1]) / count.clamp_min(1)))
        known = _even((count > 0).to(values.dtype))
    return rims


def _pull(grid: _Grid, rim: Tensor) -> Tensor:
    """The right-hand side: what fixed neighbours give."""
    return sum((border * value for border, value in zip(grid.borders, _around(rim))), start=torch.zeros_like(rim))


def _pull_fine(grid: _Grid, rim: Tensor) -> Tensor:
    return sum(_around(rim), start=torch.zeros_like(rim)) * grid.inside


class _Bottom:
    """The coarsest level, solved by the inverse of its matrix (n, N, N)."""

    def __init__(self, grid: _Grid) -> None:
        self.inside = grid.inside
        inside = grid.inside.flatten(1)
        total = _join(pad(grid.total, (1, 1, 1, 1))).flatten(1)
        links = _links(*grid.inside.shape[-2:]).to(inside)
        # A hair on the diagonal: a mask without any border has a singular matrix, and a right-hand side of zero.
        matrix = torch.diag_embed(total + (1 - inside) + 1e-6) - links * inside[:, None] * inside[:, :, None]
        self.inverse = torch.linalg.inv(matrix)

    def solve(self, b: Tensor) -> Tensor:
        """b, result: (n, C, H, W)."""
        x = (b * self.inside).flatten(2) @ self.inverse.mT
        placed: Tensor = x.reshape(b.shape) * self.inside
        return placed


@lru_cache(maxsize=64)
def _links(height: int, width: int) -> Tensor:
    """Which cells of a grid are neighbours, (N, N)."""
    cells = torch.arange(height * width)
    rows, columns = cells // width, cells % width
    apart = (rows[:, None] - rows).abs() + (columns[:, None] - columns).abs()
    return (apart == 1).float()


def _around(field: Tensor) -> tuple[Tensor, ...]:
    """The neighbours above, below, left and right of each pixel; zero beyond the edge."""
    framed = pad(field, (1, 1, 1, 1))
    return framed[..., :-2, 1:-1], framed[..., 2:, 1:-1], framed[..., 1:-1, :-2], framed[..., 1:-1, 2:]


def _even(field: Tensor) -> Tensor:
    height, width = field.shape[-2:]
    return pad(field, (0, width % 2, 0, height % 2)) if height % 2 or width % 2 else field


def _sum4(field: Tensor) -> Tensor:
    return (_phase(field, 0) + _phase(field, 1)).add_(_phase(field, 2)).add_(_phase(field, 3))


def _phase(field: Tensor, phase: int) -> Tensor:
    rows, columns = divmod(phase, 2)
    return field[..., rows::2, columns::2]


def _split(field: Tensor) -> Tensor:
    height, width = field.shape[-2] // 2, field.shape[-1] // 2
    phases = field.new_empty(4, *field.shape[:-2], height, width)
    for phase in range(4):
        phases[phase].copy_(_phase(field, phase))
    return phases


def _framed(like: Tensor) -> Tensor:
    """Zero phases with a frame of one pixel."""
    return like.new_zeros(*like.shape[:-2], like.shape[-2] + 2, like.shape[-1] + 2)


def _join(phases: Tensor) -> Tensor:
    height, width = phases.shape[-2] - 2, phases.shape[-1] - 2
    field = phases.new_empty(*phases.shape[1:-2], 2 * height, 2 * width)
    for phase in range(4):
        _phase(field, phase).copy_(phases[phase, ..., 1:-1, 1:-1])
    return field
