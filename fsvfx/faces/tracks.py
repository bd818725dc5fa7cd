"""Tracks: the finds of one face, followed from frame to frame. Pure functions over the finds of a whole shot."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

_REACH = 0.6
"""How far a face may go between two frames, in its own size."""
_GROWTH = 1.6


@dataclass(frozen=True)
class Finds:
    """All that detection found in a shot, by frame: frame (k,), box (k, 4), score (k,), landmarks (k, 468, 3),
    embedding (k, 128; NaN: not taken)."""

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
    """Follow each face; a track ends at a cut (frames that start a new picture) and after ``max_gap`` lost frames."""
    done: list[Track] = []
    live: list[Track] = []
    for number in np.unique(finds.frame):
        rows = np.flatnonzero(finds.frame == number)
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
    """(live track, row) pairs: together the least way to go."""
    if not live:
        return []
    last = np.array([track.rows[-1] for track in live])
    cost = distances(finds.box[last], finds.box[rows])
    lost = (finds.frame[rows[0]] - finds.frame[last])[:, None]
    allowed = _REACH * (1.0 + 0.25 * (lost - 1))
    cost = np.where(cost <= allowed, cost, 1e6)
    from scipy.optimize import linear_sum_assignment  # here: planning imports every stage, and must not wait for it

    pairs = zip(*linear_sum_assignment(cost), strict=True)
    return [(int(one), int(rows[other])) for one, other in pairs if cost[one, other] < 1e6]


def distances(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float64]:
    """Between the centres of boxes (n, 4) and (m, 4), in sizes of the larger; infinite where the sizes do not fit."""
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
