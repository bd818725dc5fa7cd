"""Shot cuts, from small luminance pictures; and jumps of a head, as where frames were dropped."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from fsvfx.faces import topology

_CHANGE = 0.25
"""1 - correlation above which the picture is another one."""
_SPIKE = 4.0
"""How far a cut stands out from the usual change about it."""
_JUMP = 0.07
"""In heights of the face."""
_ALONE = 3.0
"""How far a jump stands out from every step about it: repeated frames make steps, one beside the other."""
_ABOUT = 4


def changes(signatures: NDArray[np.uint8]) -> NDArray[np.float64]:
    """(n, 36, 64) -> (n,): 1 - correlation with the frame before, blind to exposure; 0 for the first."""
    flat = signatures.reshape(len(signatures), -1).astype(np.float64)
    flat = flat - flat.mean(axis=1, keepdims=True)
    sizes = np.linalg.norm(flat, axis=1)
    products = (flat[1:] * flat[:-1]).sum(axis=1)
    both = sizes[1:] * sizes[:-1]
    same = np.where(both > 1e-6, products / np.maximum(both, 1e-6), np.isclose(sizes[1:], sizes[:-1]))
    return np.concatenate([[0.0], 1.0 - same])


def cuts(numbers: NDArray[np.int64], signatures: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """(n,) whether a new picture starts at each frame. What follows a hole in the numbers is no cut: nobody knows."""
    change = changes(signatures)
    change[_after_holes(numbers)] = 0.0
    return (change > _CHANGE) & (change > _SPIKE * _neighbours(change, np.nanmedian))


def jumps(numbers: NDArray[np.int64], landmarks: NDArray[np.floating]) -> NDArray[np.bool_]:
    """(n,) whether one face, (n, 468, 3), is suddenly elsewhere: much faster than just before and after."""
    points = np.asarray(landmarks[:, topology.RIGID, :2], np.float64)
    sizes = np.ptp(np.asarray(landmarks[..., 1], np.float64), axis=1)
    steps = np.linalg.norm(np.diff(points, axis=0), axis=2).mean(axis=1) / np.maximum(sizes[1:], 1e-6)
    moved = np.concatenate([[0.0], steps])
    moved[_after_holes(numbers)] = 0.0
    return (moved > _JUMP) & (moved > _ALONE * _neighbours(moved, np.nanmax))


def _after_holes(numbers: NDArray[np.int64]) -> NDArray[np.bool_]:
    return np.concatenate([[True], np.diff(numbers) > 1]) if len(numbers) else np.zeros(0, np.bool_)


def _neighbours(values: NDArray[np.float64], of: Callable[..., NDArray[np.float64]]) -> NDArray[np.float64]:
    """``of`` (a nan-function) the values on both sides, without the frame itself."""
    padded = np.pad(values, _ABOUT, constant_values=np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * _ABOUT + 1).copy()
    windows[:, _ABOUT] = np.nan
    windows[np.isnan(windows).all(axis=1)] = 0.0
    return of(windows, axis=1)
