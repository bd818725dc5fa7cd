"""Color transport along many directions, on equal numbers of samples (C, K), and the smooth map derived from it.

`distribution`: Pitie, Kokaram and Dahyot, "N-dimensional probability density function transfer and its application to
color transfer", ICCV 2005, and "Automated color grading using color distribution transfer", CVIU 107, 2007. `sliced`:
Rabin, Peyre, Delon and Bernot, "Wasserstein barycenter and its application to texture mixing", SSVM 2011. `smooth_map`:
the linear map (Monge-Kantorovich), plus the samples' deviations from it, averaged over similar colors on a coarse grid,
so that grain and banding don't change: the regularization of Rabin, Delon and Gousseau, "Removing artefacts from color
and contrast modifications", IEEE TIP 20(11), 2011, in color only, on the grid of Chen, Paris and Durand, "Real-time
edge-aware image processing with the bilateral grid", SIGGRAPH 2007.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from fsvfx.colour.planes import mixed
from fsvfx.comp.transfer.footage import Map, Planes

COUNT = 2048
_TURNS = 16
_STEPS, _BASES = 8, 3
_SEED = 20210
_SIDE = 17
_REACH = 4.0
"""The grid spans this many standard deviations around the mean; beyond it, the border's values are used."""
_WIDE, _FAINT = 4.0, 1e-3
"""In cells without samples, those within this many cells count, with low weight."""


def samples(planes: Planes, share: NDArray[np.float32]) -> Planes:
    """COUNT colors, drawn in proportion to their shares; at the same places in every frame, so that they don't flicker.

    If there are few pixels, they repeat. ValueError if none has a share.
    """
    order, chance = _pattern(planes.shape[1])
    taken = order[share[order] > chance]
    if not len(taken):
        taken = np.flatnonzero(share > 0)
    return np.ascontiguousarray(planes[:, np.resize(taken, COUNT)])


def distribution(swap: Planes, plate: Planes) -> Planes:
    """Iterative distribution transfer: for each rotated space in turn, every axis gets the plate's distribution."""
    moved = swap.copy()
    for turn in _turns(_TURNS, len(swap)):
        moved += turn.T @ _shift(turn @ moved, turn @ plate)
    return moved


def sliced(swap: Planes, plate: Planes) -> Planes:
    """Sliced optimal transport: gradient steps on the sliced Wasserstein distance, each over the axes of several
    spaces."""
    moved = swap.copy()
    turns = _turns(_STEPS * _BASES, len(swap)).reshape(_STEPS, -1, len(swap))
    for axes in turns:
        moved += axes.T @ _shift(axes @ moved, axes @ plate) / np.float32(_BASES)
    return moved


@dataclass(frozen=True)
class Grid:
    """The grid's position: after subtracting ``centre`` (C,), ``whiten`` (C, C) brings colors to unit variance."""

    centre: NDArray[np.float64]
    whiten: NDArray[np.float64]

    def places(self, planes: Planes) -> Planes:
        """Colors (C, N) on the grid, which spans [-1, 1] per axis."""
        return mixed(planes - self.centre.astype(np.float32)[:, None], self.whiten / _REACH)


def smooth_map(linear: Map, grid: Grid, at: Planes, to: Planes, share: NDArray[np.float32], blur: float) -> Map:
    """``linear``, plus the smoothed difference between it and the movements of colors from ``at`` (C, K) to ``to`` (C,
    K).

    ``share`` (K,): each movement's weight; the differences from ``linear`` sum to zero, so that the mean is the linear
    map's. ``blur``: standard deviation of the average, in half standard deviations of the swap's colors.
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


def _shift(swap: Planes, plate: Planes) -> Planes:
    """The shifts that bring each row's values to the other's, in sorted order."""
    order = np.argsort(swap, axis=1)
    out = np.empty_like(swap)
    np.put_along_axis(out, order, np.sort(plate, axis=1), axis=1)
    out -= swap
    return out


@lru_cache(maxsize=8)
def _pattern(count: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The order in which pixels are sampled, and the threshold that each one's share has to exceed."""
    random = np.random.default_rng(_SEED)
    return random.permutation(count), random.random(count, dtype=np.float32)


@lru_cache(maxsize=8)
def _turns(count: int, channels: int) -> NDArray[np.float32]:
    """Rotated spaces (count, C, C), uniformly random; the first is not rotated."""
    made = np.random.default_rng(_SEED).standard_normal((count, channels, channels))
    turns, triangle = np.linalg.qr(made)
    turns = turns * np.sign(np.diagonal(triangle, axis1=1, axis2=2))[:, None, :]
    turns[0] = np.eye(channels)
    return np.asarray(turns, np.float32)


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
    """``grid`` (C, SIDE, ...) interpolated at ``places`` (C, N) in [-1, 1], clamped at its border."""
    import torch
    from torch.nn.functional import grid_sample

    channels = len(places)
    at = torch.from_numpy(np.ascontiguousarray(places[::-1].T)).reshape(1, *[1] * (channels - 1), -1, channels)
    found = grid_sample(torch.from_numpy(grid)[None], at, padding_mode="border", align_corners=True)
    return found.reshape(channels, -1).numpy()
