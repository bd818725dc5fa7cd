"""Samples that were moved become a smooth map of colours: grain and banding stay what they were.

The map is the linear one (Monge-Kantorovich) and what the samples' movements differ from it, averaged over colours
alike on a coarse grid: the regularisation of Rabin, Delon and Gousseau, "Removing artefacts from color and contrast
modifications", IEEE TIP 20(11), 2011, in colour only, on the grid of Chen, Paris and Durand, "Real-time edge-aware
image processing with the bilateral grid", SIGGRAPH 2007.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fsvfx.colour.planes import mixed
from fsvfx.comp.transfer.footage import Map, Planes

_SIDE = 17
_REACH = 4.0
"""The grid reaches so many standard deviations from the mean; beyond, what is at its border holds."""
_WIDE, _FAINT = 4.0, 1e-3
"""Where no samples are, those within so many cells count, faintly."""


@dataclass(frozen=True)
class Grid:
    """Where the grid lies: ``whiten`` (C, C), after ``centre`` (C,) is taken off, brings colours to unit variance."""

    centre: NDArray[np.float64]
    whiten: NDArray[np.float64]

    def places(self, planes: Planes) -> Planes:
        """Colours (C, N) on the grid, which spans [-1, 1] per axis."""
        return mixed(planes - self.centre.astype(np.float32)[:, None], self.whiten / _REACH)


def smooth_map(linear: Map, grid: Grid, at: Planes, to: Planes, share: NDArray[np.float32], blur: float) -> Map:
    """``linear``, and what the movements of colours from ``at`` (C, K) to ``to`` (C, K) differ from it, smoothed.

    ``share`` (K,): how much each movement counts; they add up to none beside ``linear``'s, so that the mean is its own.
    ``blur``: standard deviation of the average, in half standard deviations of the swap's colours.
    """
    spots = grid.places(at)
    cells = _averaged(spots, to - linear(at), share, blur)
    excess = np.average(_looked_up(cells, spots), axis=1, weights=share).astype(np.float32)
    cells -= excess.reshape(-1, *[1] * (cells.ndim - 1))

    def change(planes: Planes) -> Planes:
        moved = linear(planes)
        moved += _looked_up(cells, grid.places(planes))
        return moved

    return change


def _averaged(places: Planes, values: Planes, weight: NDArray[np.float32], blur: float) -> NDArray[np.float32]:
    """(C, SIDE, ... SIDE): weighted averages of ``values`` (C, K) around ``places`` (C, K)."""
    from scipy.ndimage import gaussian_filter

    channels = len(places)
    spots = (np.clip(places, -1, 1) + 1) * np.float32((_SIDE - 1) / 2)
    shape = (_SIDE,) * channels
    sums = np.zeros((channels + 1, _SIDE**channels))
    low = np.minimum(spots.astype(np.int64), _SIDE - 2)
    part = spots - low
    for corner in itertools.product((0, 1), repeat=channels):
        near = np.array(corner)[:, None]
        share = np.prod(np.where(near, part, 1 - part), axis=0) * weight
        cell = np.ravel_multi_index(tuple(low + near), shape)
        sums[0] += np.bincount(cell, share, _SIDE**channels)
        for row, value in zip(sums[1:], values, strict=True):
            row += np.bincount(cell, share * value, _SIDE**channels)
    cells = sums.reshape(channels + 1, *shape)
    axes = tuple(range(1, channels + 1))
    spread = gaussian_filter(cells, blur, axes=axes, mode="constant", truncate=3.0)
    spread += _FAINT * gaussian_filter(cells, _WIDE, axes=axes, mode="constant", truncate=3.0)
    spread += 1e-9 * cells.sum(axis=axes, keepdims=True)
    return np.asarray(spread[1:] / np.maximum(spread[:1], 1e-30), np.float32)


def _looked_up(grid: NDArray[np.float32], places: Planes) -> Planes:
    """``grid`` (C, SIDE, ...) between its cells, at ``places`` (C, N) in [-1, 1], held at its border."""
    import torch
    from torch.nn.functional import grid_sample

    channels = len(places)
    at = torch.from_numpy(np.ascontiguousarray(places[::-1].T)).reshape(1, *[1] * (channels - 1), -1, channels)
    found = grid_sample(torch.from_numpy(grid)[None], at, padding_mode="border", align_corners=True)
    return found.reshape(channels, -1).numpy()
