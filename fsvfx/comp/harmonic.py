"""The five-point Laplace and Poisson equation on masks of any shape, for many frames at once.

Multigrid on grids that are fine only along the rim (``fsvfx.comp.bands``): a full multigrid start, then cycles of the
fast adaptive composite kind with red-black Gauss-Seidel (Brandt 1977; McCormick, "Multilevel Adaptive Methods for
Partial Differential Equations", 1989). Where a grid is the finest there is, it does not solve a five-point equation of
its own but, by a defect correction, the nine-point one that functions obey which are harmonic on the pixels' grid: with
p, q the Taylor coefficients of T(1+t), T the Chebyshev polynomial of degree 2^level, that has weights 1 for neighbours
and (4^level - 1) / (4 4^level + 2) for diagonal ones, and is of eighth order. Likewise the interpolation.

All matrices are sparse, all frames' points in one list; the same on CPU and GPU.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from fsvfx.comp.bands import Band, bands, sides
from fsvfx.comp.transfers import fill, step, sweep, times

_MOST = 60
"""Cycles, then it stops. Each leaves about an eighth of the error; a third to a half along free edges."""


class Rim(NamedTuple):
    """Where the rim gives values: which points it touches, and the pixels (frame, row, column) there."""

    points: Tensor
    pixels: tuple[Tensor, Tensor, Tensor]


class Equations:
    """Those of a batch of masks (n, h, w) uint8.

    gives: (n, h, w) uint8, 1 where pixels outside of the mask hold a value; others, and what lies beyond the picture,
    are free. narrow: only harmonic functions are asked for.
    """

    def __init__(self, mask: Tensor, gives: Tensor, narrow: bool) -> None:
        self.bands = bands(mask, gives, narrow)
        self._sweeps = [(sweep(band, 0, band.reds), sweep(band, band.reds, band.size)) for band in self.bands[:-1]]
        self._steps = [step(level, *pair) for level, pair in enumerate(zip(self.bands, self.bands[1:]))]
        self._bottom = _Bottom(self.bands[-1])

    def rim(self) -> Rim:
        band = self.bands[0]
        points, side = (band.rim > 0).nonzero(as_tuple=True)
        flat = (band.at[points] + sides(band)[side]).long()
        _, height, width = band.shape
        frame, rest = flat // (height * width), flat % (height * width)
        return Rim(points, (frame, rest // width, rest % width))

    def membrane(self, rim: Rim, values: Tensor, source: Tensor | None, tolerance: float) -> Tensor:
        """What equals ``values`` (of the rim's pixels, C) there: (n, C, H, W), true inside the masks; H >= h, W >= w.

        source: (n, C, h, w) float, what each pixel's four (or fewer) differences to its neighbours add up to; 0 if not
        given. Zero where no pixel of the rim gives a value. tolerance: the error, as a share of the range of values.
        """
        middle, half = _ranges(values, rim.pixels[0], self.bands[0].shape[0])
        band = self.bands[0]
        added = None if source is None else self._gathered(source)
        if added is not None:
            half = half.clamp(min=float(added.abs().max()) / 10)
        even = (values - middle[rim.pixels[0]]) / half[rim.pixels[0]]
        sums = values.new_zeros(band.size, values.shape[1] + 1)
        sums.index_add_(0, rim.points, torch.cat([even, torch.ones_like(even[:, :1])], 1))
        if added is not None:
            frame = self._frames(0)
            added = torch.cat([added / half[frame], torch.zeros_like(added[:, :1])], 1)
        found = self.solve(sums, added, tolerance)
        return self._spread([self._placed(level, x, middle, half) for level, x in enumerate(found)])

    def _placed(self, level: int, x: Tensor, middle: Tensor, half: Tensor) -> Tensor:
        band = self.bands[level]
        frame = self._frames(level)
        x = x[: band.size]
        return torch.where(x[:, -1:] > 0.5, x[:, :-1] * half[frame] + middle[frame], 0.0)

    def _frames(self, level: int) -> Tensor:
        """The points' frames."""
        band = self.bands[level]
        _, height, width = band.shape
        return torch.div(band.at[: band.size], height * width, rounding_mode="floor").long()

    def _gathered(self, source: Tensor) -> Tensor:
        band = self.bands[0]
        _, height, width = band.shape
        rest = band.at[: band.size].long() % (height * width)
        return source[self._frames(0), :, rest // width, rest % width]

    def _spread(self, values: list[Tensor]) -> Tensor:
        """The points' values in the picture, between them by interpolation: (n, C, H, W)."""
        last = next(level for level, band in enumerate(self.bands) if band.count == band.size)
        picture = values[0].new_zeros(0)
        for level in range(last, -1, -1):
            band = self.bands[level]
            finer = values[0].new_empty(values[0].shape[1], *band.shape)
            if level == last:
                finer.zero_()
            else:
                fill(finer, picture, level)
            for channel, value in zip(finer.flatten(1), values[level].T):
                channel[band.at[: band.size].long()] = value
            picture = finer
        return picture.transpose(0, 1)

    def solve(self, values: Tensor, source: Tensor | None, tolerance: float) -> list[Tensor]:
        """values: (points, C) at the finest grid's points, sums of what the rim gives them, the last channel with ones
        for values. source: (points, C), added. Gives (points, C) for each grid."""
        self._start(values)
        if source is not None:
            self._fixed[0] += source * self.bands[0].inverse[:, None]
        last = 1.0
        if not self._steps:
            self._cycle(0)
            return self._x
        for _ in range(_MOST):
            before = self._x[0][: self.bands[0].reds].clone()
            self._cycle(0)
            change = float((self._x[0][: self.bands[0].reds] - before).abs().max()) if len(before) else 0.0
            share = min(max(change / last, 0.15), 0.9)
            if change * share / (1 - share) < 2 * tolerance:  # x runs from -1 to 1
                break
            last = change
        return self._x

    def _start(self, values: Tensor) -> None:
        """Full multigrid: the coarse grids' rims have the averages of the fine ones'."""
        self._fixed = [values * self.bands[0].inverse[:, None]]
        self._x = []
        for level, up in enumerate(self._steps):
            self._x.append(values.new_zeros(self.bands[level].count + 1, values.shape[1]))
            self._relax(level, black=True)
            given = self._lack(level)
            coarse = self.bands[level + 1]
            weight = given[:, -1:]
            given = torch.where(weight > 1e-4, given / weight.clamp(min=1e-4), 0.0)
            weight = (coarse.hold * coarse.inverse)[up.evens, None]
            self._fixed.append(values.new_zeros(coarse.size, values.shape[1]).index_copy_(0, up.evens, given * weight))
        self._x.append(self._bottom.solve(self._fixed[-1]))
        for level in reversed(range(len(self._steps))):
            self._guess(level)
            self._relax(level, black=True)
            self._relax(level)
            self._relax(level, black=True)
            if level:
                self._cycle(level)

    def _guess(self, level: int) -> None:
        band, step, x, above = self.bands[level], self._steps[level], self._x[level], self._x[level + 1]
        torch.index_select(above, 0, step.evens, out=x[: band.evens])
        odd = times(step.odds, above)
        x[band.evens : band.reds] = odd / odd[:, -1:].clamp(min=0.05)
        self._look_beyond(level)

    def _cycle(self, level: int) -> None:
        if level == len(self._steps):
            self._x[level] = self._bottom.solve(self._fixed[level])
            return
        band, step, x = self.bands[level], self._steps[level], self._x[level]
        self._relax(level)
        self._relax(level, black=True)
        lack = self._lack(level)
        above = self._x[level + 1]
        above.index_copy_(0, step.evens, x[: band.evens])
        before = above.clone()
        self._fixed[level + 1] = self._coarse_fixed(level, lack)
        self._cycle(level + 1)
        above = self._x[level + 1]
        torch.index_select(above, 0, step.evens, out=x[: band.evens])
        x[band.evens : band.reds] += times(step.odds, above - before)
        self._look_beyond(level)
        for _ in range(2):
            self._relax(level, black=True)
            self._relax(level)
        self._relax(level, black=True)

    def _relax(self, level: int, black: bool = False) -> None:
        band, x, fixed = self.bands[level], self._x[level], self._fixed[level]
        part = slice(band.reds, band.size) if black else slice(0, band.reds)
        times(self._sweeps[level][black], x, fixed[part], out=x[part])

    def _lack(self, level: int) -> Tensor:
        """What the equations lack, at the points that the coarse grid has, per weight there."""
        band, step, x = self.bands[level], self._steps[level], self._x[level]
        lack = times(self._sweeps[level][0], x, self._fixed[level][: band.reds]).sub_(x[: band.reds])
        return times(step.restrict, lack[band.evens :], lack[: band.evens] * step.own)

    def _coarse_fixed(self, level: int, lack: Tensor) -> Tensor:
        """Makes the coarse grid's present values, but for what the fine one lacks, fulfil its equations."""
        step, x = self._steps[level], self._x[level + 1]
        fixed = x.new_zeros(self.bands[level + 1].size, x.shape[1])
        fixed.index_copy_(0, step.evens, times(step.even, x, lack))
        if len(step.deep):
            fixed.index_copy_(0, step.deep, times(step.deeper, x))
        return fixed

    def _look_beyond(self, level: int) -> None:
        band, step, above = self.bands[level], self._steps[level], self._x[level + 1]
        if band.count > band.size:
            x, evens = self._x[level], band.size + len(step.beyond_even)
            torch.index_select(above, 0, step.beyond_even, out=x[band.size : evens])
            x[evens : band.count] = times(step.beyond_odd, above)


def _ranges(values: Tensor, frame: Tensor, frames: int) -> tuple[Tensor, Tensor]:
    """Middle and half width of each frame's range of ``values`` (pixels, C): (frames, C)."""
    index = frame[:, None].expand_as(values)
    low, high = (
        values.new_zeros(frames, values.shape[1]).scatter_reduce(0, index, values, kind, include_self=False)
        for kind in ("amin", "amax")
    )
    return (low + high) / 2, ((high - low) / 2).clamp(min=1e-12)


class _Bottom:
    """The coarsest grid, solved by Cholesky factors of its frames' matrices (n, N, N)."""

    def __init__(self, band: Band) -> None:
        frames, height, width = band.shape
        self._band, self._frames = band, frames
        self._frame = torch.div(band.at, height * width, rounding_mode="floor").long()
        sizes = torch.bincount(self._frame, minlength=frames)
        points = torch.arange(band.size, device=band.at.device)
        self._rank = points - (sizes.cumsum(0) - sizes)[self._frame]
        self._most = int(sizes.max())
        self._factors = self._factored(points)

    def _factored(self, points: Tensor) -> Tensor:
        band, frame, rank = self._band, self._frame, self._rank
        matrix = torch.eye(self._most, device=points.device).repeat(self._frames, 1, 1)
        # A hair on the diagonal: a mask that no value holds has a singular matrix, and a right-hand side of zero.
        matrix[frame, rank, rank] = band.total + 1e-6
        linked = band.near != band.count
        one, other = points[:, None].expand(-1, 4)[linked], band.near[linked].long()
        matrix[frame[one], rank[one], rank[other]] = -1.0
        factors: Tensor = torch.linalg.cholesky(matrix)
        return factors

    def solve(self, fixed: Tensor) -> Tensor:
        """Gives x, with the place for nothing."""
        found = fixed.new_zeros(len(fixed) + 1, fixed.shape[1])
        right = fixed.new_zeros(self._frames, self._most, fixed.shape[1])
        right[self._frame, self._rank] = fixed * self._band.total[:, None]
        found[:-1] = torch.cholesky_solve(right, self._factors)[self._frame, self._rank]
        return found
