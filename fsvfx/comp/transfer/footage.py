"""The input of color transfer: swap and plate as planes with a weight per pixel, and the weights of neighbor frames."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Planes = NDArray[np.float32]
"""(C, N): one row per channel."""
Map = Callable[[Planes], Planes]
"""From colors to colors, (C, N) each."""

MOST = 65504.0
"""Half float's maximum: values are clipped to it on input and output."""
ENOUGH = 256
"""Colors are sampled at this many pixels a side."""


@dataclass(frozen=True)
class Side:
    """Swap or plate, frame by frame: ``planes`` (3, N), and ``shares`` (N,) in [0, 1]: each pixel's weight."""

    planes: tuple[Planes, ...]
    shares: tuple[NDArray[np.float32], ...]

    def moved(self, change: Map) -> Side:
        """The same in another color space."""
        return Side(tuple(change(planes) for planes in self.planes), self.shares)

    def rows(self, which: slice) -> Side:
        """Some of the channels only."""
        return self.moved(lambda planes: planes[which])


def side_of(pictures: NDArray[np.floating], shares: NDArray[np.floating]) -> Side:
    """Pictures (n, S, S, 3) with shares (n, S, S). Pixels that are not finite have no share.

    In large pictures every second (third ...) row and column is used: that is enough to know their colors.
    """
    step = max(1, pictures.shape[1] // ENOUGH)
    pictures, shares = pictures[:, ::step, ::step], shares[:, ::step, ::step]
    planes = [planes_of(picture) for picture in pictures]
    flat = [np.clip(np.nan_to_num(share.reshape(-1).astype(np.float32)), 0.0, 1.0) for share in shares]
    for share, picture in zip(flat, pictures, strict=True):
        share[~np.isfinite(picture).all(axis=-1).reshape(-1)] = 0
    return Side(tuple(planes), tuple(flat))


def planes_of(picture: NDArray[np.floating]) -> Planes:
    """(H, W, 3) as finite planes (3, H*W)."""
    planes = np.ascontiguousarray(picture.reshape(-1, picture.shape[-1]).T, dtype=np.float32)
    if np.isnan(planes).any():
        np.nan_to_num(planes, copy=False, nan=0.0)
    return np.clip(planes, -MOST, MOST, out=planes)


def reach(steady: float) -> int:
    """Frames used on each side: three standard deviations."""
    return math.ceil(3 * steady)


def windows(known: NDArray[np.bool_], starts: NDArray[np.bool_], steady: float, wanted: slice) -> NDArray[np.float64]:
    """(m, n): the weight of each of the n frames for each of the m ``wanted``. Rows sum to 1.

    A Gaussian with a standard deviation of ``steady`` frames, not across ``starts`` (n,) of a segment; frames that are
    not ``known`` (n,) have no weight, and a row without any is zero.
    """
    places = np.arange(len(known))
    segment = np.cumsum(starts)
    apart = places[wanted, None] - places
    weights = np.exp(-0.5 * (apart / max(steady, 1e-3)) ** 2)
    weights *= (np.abs(apart) <= reach(steady)) & (segment[wanted, None] == segment) & known
    total = weights.sum(axis=1, keepdims=True)
    result: NDArray[np.float64] = weights / np.where(total > 0, total, 1.0)
    return result


def nearest(windows: NDArray[np.float64]) -> NDArray[np.intp]:
    """(m,) the frame with the largest weight for each: itself, or the nearest known one."""
    return np.asarray(windows.argmax(axis=1), np.intp)


def alike(windows: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same frames, all with equal weight: noisy values are averaged over as many frames as there are."""
    counts = np.asarray(windows > 0, np.float64)
    result: NDArray[np.float64] = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return result
