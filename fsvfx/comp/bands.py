"""Grids that are fine only along a mask's rim: what ``fsvfx.comp.harmonic`` solves on.

A harmonic function is smooth away from the rim that gives it its values, so full resolution is needed in a narrow band
only, half the resolution in a band twice as wide, and so on (Agarwala, "Efficient gradient-domain compositing using
quadtrees", 2007): unknowns grow with the rim, not with the area. Every second point of a grid, in both directions, is a
point of the next. A grid's points are listed "evens" first (both coordinates even), then "odds" (both odd), then the
others ("black"; evens and odds are "red": all neighbours of a red point are black), then the red points just beyond the
band, whose values come from the coarser grid. The place after the last stands for nothing: x is 0 there.

A coarse point knows how far along each axis the rim lies and weighs it by one over that distance (Shortley and Weller
1938), even where the rim runs between two points.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn.functional import pad

from fsvfx.comp.masks import eroded, halved, touching

BAND = 8
"""Least width of a band, in points of its grid: the method is then some 1e-6 of the rim's range from exact."""
_BOTTOM = 64
"""Pictures of up to so many points are solved directly."""


@dataclass
class Band:
    """One grid's points, and its equations x[point] = fixed + (the sum of x at its neighbours) * inverse.

    shape: frames, height, width. at: where the points are in it, flat. evens, reds, size, count: how many points are
    even; red; within the band; these and the ones beyond it. near: (size, 4) the points left, right, above, below;
    ``count`` for none. gives: as in ``Fields``. rim: (size, 4) what weight the rim has there (0: free). hold: the rim's
    weight in all. inverse: of one over all weights.
    """

    shape: tuple[int, int, int]
    at: Tensor
    evens: int
    reds: int
    size: int
    place: Tensor
    gives: Tensor
    near: Tensor = field(init=False)
    rim: Tensor = field(init=False)
    hold: Tensor = field(init=False)
    total: Tensor = field(init=False)
    inverse: Tensor = field(init=False)

    @property
    def count(self) -> int:
        return len(self.at)

    def weigh(self, near: Tensor, rim: Tensor, held: Tensor | None = None) -> None:
        self.near, self.rim = near, rim
        self.hold = rim.sum(1) if held is None else rim.sum(1) + held
        self.total = (near != self.count).sum(1) + self.hold
        self.inverse = torch.where(self.total > 0, 1 / self.total, 0.0)

    def find(self, at: Tensor, offsets: Tensor) -> Tensor:
        """Which points are at these places: (len(at), len(offsets)), ``count`` where none is."""
        return _look_up(self.place, self.shape, at, offsets)

    def gives_at(self, at: Tensor, offsets: Tensor) -> Tensor:
        """``gives`` at these places, 0 beyond the picture; (len(at), len(offsets)) uint8."""
        room = 2 * self.shape[2]
        return _look_up(pad(self.gives.flatten(), (room, room)), self.shape, at, offsets)


@dataclass
class Fields:
    """Maps (frames, height, width) uint8 of one grid. inside: solved for; gives: holds a value if it is not inside;
    whole: inside are also all pixels that are nearer than the next point."""

    inside: Tensor
    gives: Tensor
    whole: Tensor

    def coarser(self) -> Fields:
        inside, gives = (each[:, ::2, ::2].contiguous() for each in (self.inside, self.gives))
        return Fields(inside, gives, halved(self.whole))


def bands(mask: Tensor, gives: Tensor, narrow: bool) -> list[Band]:
    """The grids for a mask (n, h, w) uint8, finest first; the last has no band. gives: (n, h, w) uint8, 1 where a pixel
    outside of the mask holds a value. Not narrow: every grid covers the whole mask."""
    height, width = mask.shape[1:]
    levels = 0
    while (height >> levels) * (width >> levels) > _BOTTOM:
        levels += 1
    unit = 1 << levels  # an empty column and row on every grid
    room = (0, (-width) % unit + unit, 0, (-height) % unit + unit)
    fields = Fields(pad(mask, room), pad(gives, room), pad(mask, room))
    found: list[Band] = []
    for level in range(levels + 1):
        coarser = fields.coarser() if level < levels else None
        band = _everything(fields) if coarser is None else _points(fields, coarser.whole, narrow)
        band.weigh(*(_near_coarse(fields, band, found[-1]) if found else _near_fine(band)))
        found.append(band)
        if coarser is not None:
            fields = coarser
    return found


def offsets(band: Band, *steps: tuple[int, int]) -> Tensor:
    """Steps (rows, columns) in flat places."""
    width = band.shape[2]
    return torch.tensor([rows * width + columns for rows, columns in steps], device=band.at.device, dtype=torch.int32)


def finer(band: Band, at: Tensor) -> Tensor:
    """Where these places are in the next finer grid."""
    width = band.shape[2]
    return 2 * at + 2 * width * torch.div(at, width, rounding_mode="floor")


def coarser(band: Band, at: Tensor) -> Tensor:
    """Where these places are in the next coarser grid: for odd ones the point above and to the left."""
    width = band.shape[2]
    row = torch.div(at, width, rounding_mode="floor")
    column = at - row * width
    return torch.div(row, 2, rounding_mode="floor") * (width // 2) + torch.div(column, 2, rounding_mode="floor")


def _points(fields: Fields, whole: Tensor, narrow: bool) -> Band:
    """whole: of the next coarser grid."""
    inside = fields.inside
    even, odd = inside[:, ::2, ::2], inside[:, 1::2, 1::2]
    near = eroded(whole, BAND // 2) ^ 1 if narrow else torch.ones_like(whole)
    around = touching(near)
    near_odd = around[:, 1:, 1:]
    right = inside[:, ::2, 1::2] & (around[:, :-1, 1:] | near_odd)
    below = inside[:, 1::2, ::2] & (around[:, 1:, :-1] | near_odd)
    kinds = [even & near, odd & near_odd, right, below]
    kinds += _beyond(right, below, even & ~near, odd & ~near_odd) if narrow else []
    width = inside.shape[2]
    steps = (0, width + 1, 1, width, 0, width + 1)
    lists = [_places(kind, width) + step for kind, step in zip(kinds, steps)]
    evens, reds = len(lists[0]), len(lists[0]) + len(lists[1])
    return _band(fields, torch.cat(lists), evens, reds, reds + len(lists[2]) + len(lists[3]))


def _beyond(right: Tensor, below: Tensor, even: Tensor, odd: Tensor) -> list[Tensor]:
    """Red points that touch the band's black ones, which lie to the right of even ones and below them."""
    right, below = pad(right, (1, 0, 0, 1)), pad(below, (0, 1, 1, 0))
    of_even = right[:, :-1, 1:] | right[:, :-1, :-1] | below[:, 1:, :-1] | below[:, :-1, :-1]
    of_odd = right[:, :-1, 1:] | right[:, 1:, 1:] | below[:, 1:, :-1] | below[:, 1:, 1:]
    return [of_even & even, of_odd & odd]


def _places(kind: Tensor, width: int) -> Tensor:
    """Of what is set on every second row and column: where in the whole grid."""
    at = kind.flatten().nonzero()[:, 0].int()
    half = width // 2
    return 2 * at + width * torch.div(at, half, rounding_mode="floor")


def _everything(fields: Fields) -> Band:
    at = fields.inside.flatten().nonzero()[:, 0].int()
    return _band(fields, at, 0, len(at), len(at))


def _band(fields: Fields, at: Tensor, evens: int, reds: int, size: int) -> Band:
    frames, height, width = fields.inside.shape
    place = at.new_full((frames * height * width + 4 * width,), len(at))
    place[at.long() + 2 * width] = torch.arange(len(at), dtype=torch.int32, device=at.device)
    return Band((frames, height, width), at, evens, reds, size, place, fields.gives)


def _look_up(table: Tensor, shape: tuple[int, int, int], at: Tensor, steps: Tensor) -> Tensor:
    """table: flat, with two rows before the first and after the last."""
    flat = (at[:, None] + (steps + 2 * shape[2])).flatten()
    return table.index_select(0, flat).view(len(at), len(steps))


def sides(band: Band) -> Tensor:
    return offsets(band, (0, -1), (0, 1), (-1, 0), (1, 0))


def _near_fine(band: Band) -> tuple[Tensor, Tensor]:
    at = band.at[: band.size]
    near = band.find(at, sides(band))
    rim = torch.zeros(near.shape, device=near.device)
    rows = (near == band.count).any(1).nonzero()[:, 0]
    rim[rows] = (band.gives_at(at[rows], sides(band)) * (near[rows] == band.count)).float()
    return near, rim


def _near_coarse(fields: Fields, band: Band, fine: Band) -> tuple[Tensor, Tensor, Tensor]:
    """Neighbours, unless the rim runs between; then its weight. Found on the next finer grid."""
    at = band.at[: band.size]
    near = band.find(at, sides(band))
    rim = torch.zeros(near.shape, device=near.device)
    rows = (eroded(fields.whole, 1).flatten()[at.long()] == 0).nonzero()[:, 0]
    here = fine.find(finer(band, at[rows]), offsets(fine, (0, 0)))[:, 0].long()
    between = fine.near[here].long()
    at_once = between == fine.count
    between = between.clamp(max=fine.size - 1)
    direction = torch.arange(4, device=at.device)
    first, second = fine.rim[here], fine.rim[between, direction]
    halfway = fine.near[between, direction] == fine.count
    rim[rows] = torch.where(at_once, 2 * first, 2 * second / (1 + second)) * (at_once | halfway)
    near[rows] = torch.where(at_once | halfway, band.count, near[rows])
    return near, rim, _unseen(band, rim.sum(1), fine)


def _unseen(band: Band, seen: Tensor, fine: Band) -> Tensor:
    """The weight (size,) of those parts of the rim that lie on no coarse point's axis, such as a single pixel's."""
    points = (fine.hold > 0).nonzero()[:, 0]
    corners = _corners(band, fine, fine.at[points])
    seen = torch.cat([seen, seen.new_zeros(band.count + 1 - band.size)])
    there = corners != band.count
    points, corners = (each[~(seen[corners] * there).any(1)] for each in (points, corners))
    held = torch.zeros_like(seen).index_add_(0, corners.flatten(), (fine.hold[points] / 4).repeat_interleave(4))
    return held[: band.size]


def _corners(band: Band, fine: Band, at: Tensor) -> Tensor:
    """The four coarse points around, twice or four times the same one where points lie between; (len(at), 4)."""
    width = fine.shape[2]
    row = torch.div(at, width, rounding_mode="floor")
    columns = offsets(band, (0, 1)) * ((at - row * width) % 2)
    rows = offsets(band, (1, 0)) * (row % 2)
    first = coarser(fine, at)
    around = torch.stack([first, first + columns, first + rows, first + rows + columns], 1)
    return band.find(around.flatten(), offsets(band, (0, 0))).view(-1, 4).long()
