"""Color transport along many directions, by equal numbers of samples (C, K), and the smooth map that it becomes.

`distribution`: Pitie, Kokaram and Dahyot, "N-dimensional probability density function transfer and its application to
color transfer", ICCV 2005, and "Automated color grading using color distribution transfer", CVIU 107, 2007.
`sliced`: Rabin, Peyre, Delon and Bernot, "Wasserstein barycenter and its application to texture mixing", SSVM 2011.
`smooth_map`: the linear map (Monge-Kantorovich), and what the movements of the samples differ from it, averaged over
similar colors on a coarse grid, so that grain and banding stay as they are: the regularisation of Rabin, Delon and
Gousseau, "Removing artefacts from color and contrast modifications", IEEE TIP 20(11), 2011, in color only, on the grid
of Chen, Paris and Durand, "Real-time edge-aware image processing with the bilateral grid", SIGGRAPH 2007.
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
"""The grid reaches so many standard deviations from the mean; beyond, what is at its border holds."""
_WIDE, _FAINT = 4.0, 1e-3
"""Where no samples are, those within so many cells count, faintly."""


def samples(planes: Planes, share: NDArray[np.float32]) -> Planes:
    """COUNT colors, taken as often as their shares say; the same places in every frame, so that they don't flicker.

    Few pixels are taken several times. ValueError if none has a share.
    """
    order, chance = _pattern(planes.shape[1])
    taken = order[share[order] > chance]
    if not len(taken):
        taken = np.flatnonzero(share > 0)
    return np.ascontiguousarray(planes[:, np.resize(taken, COUNT)])


def distribution(swap: Planes, plate: Planes) -> Planes:
    """Iterative distribution transfer: every axis of one turned space after the other gets the plate's distribution."""
    moved = swap.copy()
    for turn in _turns(_TURNS, len(swap)):
        moved += turn.T @ _shift(turn @ moved, turn @ plate)
    return moved


def sliced(swap: Planes, plate: Planes) -> Planes:
    """Sliced optimal transport: steps down the sliced Wasserstein distance, each over the axes of several spaces."""
    moved = swap.copy()
    turns = _turns(_STEPS * _BASES, len(swap)).reshape(_STEPS, -1, len(swap))
    for axes in turns:
        moved += axes.T @ _shift(axes @ moved, axes @ plate) / np.float32(_BASES)
    return moved


@dataclass(frozen=True)
class Grid:
    """Where the grid lies: ``whiten`` (C, C), after ``centre`` (C,) is taken off, brings colors to unit variance."""

    centre: NDArray[np.float64]
    whiten: NDArray[np.float64]

    def places(self, planes: Planes) -> Planes:
        """Colors (C, N) on the grid, which spans [-1, 1] per axis."""
        return mixed(planes - self.centre.astype(np.float32)[:, None], self.whiten / _REACH)


def smooth_map(linear: Map, grid: Grid, at: Planes, to: Planes, share: NDArray[np.float32], blur: float) -> Map:
    """``linear``, and what the movements of colors from ``at`` (C, K) to ``to`` (C, K) differ from it, smoothed.

    ``share`` (K,): how much each movement counts; they add up to none beside ``linear``'s, so that the mean is its own.
    ``blur``: standard deviation of the average, in half standard deviations of the swap's colors.
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
    """What brings each row's values to the other's, in order."""
    order = np.argsort(swap, axis=1)
    out = np.empty_like(swap)
    np.put_along_axis(out, order, np.sort(plate, axis=1), axis=1)
    out -= swap
    return out


@lru_cache(maxsize=8)
def _pattern(count: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """In which order pixels are asked, and by what share each is taken."""
    random = np.random.default_rng(_SEED)
    return random.permutation(count), random.random(count, dtype=np.float32)


@lru_cache(maxsize=8)
def _turns(count: int, channels: int) -> NDArray[np.float32]:
    """Turned spaces (count, C, C), uniformly random; the first is the space itself."""
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
    """``grid`` (C, SIDE, ...) between its cells, at ``places`` (C, N) in [-1, 1], held at its border."""
    import torch
    from torch.nn.functional import grid_sample

    channels = len(places)
    at = torch.from_numpy(np.ascontiguousarray(places[::-1].T)).reshape(1, *[1] * (channels - 1), -1, channels)
    found = grid_sample(torch.from_numpy(grid)[None], at, padding_mode="border", align_corners=True)
    return found.reshape(channels, -1).numpy()
