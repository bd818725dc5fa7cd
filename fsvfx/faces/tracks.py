"""Tracks: detections of one face linked from frame to frame, and the cuts that end them. Pure, over a whole shot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.faces import topology

_REACH = 0.6
"""How far a face may move between two frames, relative to its size."""
_GROWTH = 1.6
_CHANGE = 0.25
"""1 - correlation above which the picture is a different one."""
_SPIKE = 4.0
"""How far a cut stands out from the usual change around it."""
_JUMP = 0.07
"""In heights of the face."""
_ALONE = 3.0
"""How far a jump stands out from every step around it: repeated frames cause steps, too."""
_ABOUT = 4
_SIGNATURE = (64, 36)
_READ = (180, 320)
"""Minimum number of rows and columns that are read."""


@dataclass(frozen=True)
class Finds:
    """All detections in a shot, by frame: frame (k,), box (k, 4), score (k,), landmarks (k, 468, 3), embedding (k, 128;
    NaN: not taken)."""

    frame: NDArray[np.int64]
    box: NDArray[np.float32]
    score: NDArray[np.float32]
    landmarks: NDArray[np.float32]
    embedding: NDArray[np.float32]


@dataclass
class Track:
    """Rows of ``Finds`` that follow each other; never two in one frame."""

    rows: list[int] = field(default_factory=list)


def link(finds: Finds, cuts: frozenset[int], max_gap: int) -> list[Track]:
    """Track each face; a track ends at a cut (frames that start a new picture) and after ``max_gap`` frames without
    it."""
    done: list[Track] = []
    live: list[Track] = []
    order = np.argsort(finds.frame, kind="stable")
    numbers, firsts = np.unique(finds.frame[order], return_index=True)
    for number, rows in zip(numbers, np.split(order, firsts[1:])):
        stale = [track for track in live if _over(finds, track, int(number), cuts, max_gap)]
        done += stale
        live = [track for track in live if track not in stale]
        pairs = _match(finds, live, rows)
        for index, row in pairs:
            live[index].rows.append(row)
        taken = {row for _, row in pairs}
        live += [Track([int(row)]) for row in rows if int(row) not in taken]
    return sorted(done + live, key=lambda track: track.rows[0])


def _over(finds: Finds, track: Track, number: int, cuts: frozenset[int], max_gap: int) -> bool:
    last = int(finds.frame[track.rows[-1]])
    return number - last > max_gap + 1 or any(frame in cuts for frame in range(last + 1, number + 1))


def _match(finds: Finds, live: list[Track], rows: NDArray[np.int64]) -> list[tuple[int, int]]:
    """(live track, row) pairs with the smallest total distance."""
    if not live:
        return []
    last = np.array([track.rows[-1] for track in live])
    cost = distances(finds.box[last], finds.box[rows])
    lost = (finds.frame[rows[0]] - finds.frame[last])[:, None]
    allowed = _REACH * (1.0 + 0.25 * (lost - 1))
    near = cost <= allowed
    if near.sum(axis=0).max() <= 1 and near.sum(axis=1).max() <= 1:
        return [(int(one), int(rows[other])) for one, other in np.argwhere(near)]  # no choice to make
    cost = np.where(near, cost, 1e6)
    from scipy.optimize import linear_sum_assignment  # here: planning imports every stage, and does not need it

    pairs = zip(*linear_sum_assignment(cost), strict=True)
    return [(int(one), int(rows[other])) for one, other in pairs if cost[one, other] < 1e6]


def distances(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float64]:
    """Between the centers of boxes (n, 4) and (m, 4), in sizes of the larger; infinite where the sizes do not match."""
    first, second = one.astype(np.float64), other.astype(np.float64)
    apart = np.linalg.norm(_centres(first)[:, None] - _centres(second)[None], axis=2)
    sizes = np.stack(np.broadcast_arrays(_sizes(first)[:, None], _sizes(second)[None]))
    far: NDArray[np.float64] = apart / np.maximum(sizes.max(axis=0), 1e-6)
    return np.where(sizes.max(axis=0) <= _GROWTH * sizes.min(axis=0), far, np.inf)


def _centres(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    return (boxes[:, :2] + boxes[:, 2:]) / 2


def _sizes(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    sizes: NDArray[np.float64] = (boxes[:, 2:] - boxes[:, :2]).max(axis=1)
    return sizes


def signature(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(36, 64) u8 luminance: enough to distinguish a cut from a movement. Large plates are subsampled."""
    step = max(1, min(rgb.shape[0] // _READ[0], rgb.shape[1] // _READ[1]))
    some = np.ascontiguousarray(rgb[step // 2 :: step, step // 2 :: step])
    return np.asarray(cv2.resize(cv2.cvtColor(some, cv2.COLOR_RGB2GRAY), _SIGNATURE, interpolation=cv2.INTER_AREA))


def changes(signatures: NDArray[np.uint8]) -> NDArray[np.float64]:
    """(n, 36, 64) -> (n,): 1 - correlation with the previous frame, independent of exposure; 0 for the first."""
    flat = signatures.reshape(len(signatures), -1).astype(np.float64)
    flat = flat - flat.mean(axis=1, keepdims=True)
    sizes = np.linalg.norm(flat, axis=1)
    products = (flat[1:] * flat[:-1]).sum(axis=1)
    both = sizes[1:] * sizes[:-1]
    same = np.where(both > 1e-6, products / np.maximum(both, 1e-6), np.isclose(sizes[1:], sizes[:-1]))
    return np.concatenate([[0.0], 1.0 - same])


def is_another(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> bool:
    """Whether two consecutive signatures (36, 64) show pictures that may be unrelated: cheaper and more sensitive than
    ``cuts``."""
    return bool(changes(np.stack([one, other]))[1] > _CHANGE)


def cuts(numbers: NDArray[np.int64], signatures: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """(n,) whether a new picture starts at each frame. A gap in the numbers is not counted as a cut, since nothing is
    known about it."""
    change = changes(signatures)
    change[_after_holes(numbers)] = 0.0
    return (change > _CHANGE) & (change > _SPIKE * _neighbours(change, np.nanmedian))


def jumps(numbers: NDArray[np.int64], landmarks: NDArray[np.floating]) -> NDArray[np.bool_]:
    """(n,) whether a face, (n, 468, 3), jumps: moves much faster than just before and after."""
    if not len(numbers):
        return np.zeros(0, np.bool_)
    points = np.asarray(landmarks[:, topology.RIGID, :2], np.float64)
    sizes = np.ptp(np.asarray(landmarks[..., 1], np.float64), axis=1)
    steps = np.linalg.norm(np.diff(points, axis=0), axis=2).mean(axis=1) / np.maximum(sizes[1:], 1e-6)
    moved = np.concatenate([[0.0], steps])
    moved[_after_holes(numbers)] = 0.0
    return (moved > _JUMP) & (moved > _ALONE * _neighbours(moved, np.nanmax))


def _after_holes(numbers: NDArray[np.int64]) -> NDArray[np.bool_]:
    return np.concatenate([[True], np.diff(numbers) > 1]) if len(numbers) else np.zeros(0, np.bool_)


def _neighbours(values: NDArray[np.float64], of: Callable[..., NDArray[np.float64]]) -> NDArray[np.float64]:
    """``of`` (a nan-function) applied to the values on both sides, without the frame itself."""
    padded = np.pad(values, _ABOUT, constant_values=np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * _ABOUT + 1).copy()
    windows[:, _ABOUT] = np.nan
    windows[np.isnan(windows).all(axis=1)] = 0.0
    return of(windows, axis=1)
