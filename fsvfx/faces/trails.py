"""One face over time: fills short gaps, and filters jitter out of landmarks but not movement.

The filter averages each point with pairs of frames at equal distance before and after it (Gaussian weights), but a pair
has less weight the further its mean is from the point: steady movement passes, and so does a blink. That is the range
weight of the bilateral filter (Tomasi and Manduchi 1998) on second differences. Head and expression are filtered
separately.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from fsvfx.faces import topology
from fsvfx.faces.geometry import similarity
from fsvfx.faces.tracks import distances

REACH: Final = 6
"""Frames on each side that the filter may use: three standard deviations of the widest."""
_HEAD_TOLERANCE = 0.10
_EYE_TOLERANCE = 0.03
_MOUTH_TOLERANCE = 0.06
_REST_TOLERANCE = 0.10
"""In cm of the canonical face: larger deviations are movement."""

Points = NDArray[np.float64]


def _regions() -> tuple[tuple[NDArray[np.int64], float], ...]:
    """Index lists that cover the mesh once, with their tolerances."""
    region = np.zeros(topology.POINTS, np.int64)
    mouth = topology.CANONICAL[topology.LIPS_OUTER].mean(axis=0)
    region[np.linalg.norm((topology.CANONICAL - mouth)[:, :2], axis=1) < 4.5] = 1
    for index, eye in enumerate((topology.RIGHT_EYE, topology.LEFT_EYE), 2):
        middle = topology.CANONICAL[eye].mean(axis=0)
        region[np.linalg.norm((topology.CANONICAL - middle)[:, :2], axis=1) < 2.2] = index
    tolerances = (_REST_TOLERANCE, _MOUTH_TOLERANCE, _EYE_TOLERANCE, _EYE_TOLERANCE)
    return tuple((np.flatnonzero(region == index), tolerance) for index, tolerance in enumerate(tolerances))


_REGIONS: Final = _regions()


def smooth(
    numbers: NDArray[np.int64], landmarks: NDArray[np.floating], starts: NDArray[np.bool_], sigma: float
) -> NDArray[np.float32]:
    """Landmarks (n, 468, 3) of frames ``numbers``, filtered; ``sigma``: standard deviation in frames, 0: unchanged.

    Never across ``starts`` (n,) of a segment, nor across missing frames. A frame's result depends on no frame further
    than REACH away.
    """
    result = np.array(landmarks, np.float32)
    if sigma <= 0 or not len(numbers):
        return result
    for rows in segments(numbers, starts):
        if len(rows) > 2:
            result[rows] = _segment(np.asarray(landmarks[rows], np.float64), sigma)
    return result


def segments(numbers: NDArray[np.int64], starts: NDArray[np.bool_]) -> list[NDArray[np.int64]]:
    """The rows of each run of frames ``numbers`` (n,) without a gap; ``starts`` (n,) begin new ones, too."""
    new = np.concatenate([[True], np.diff(numbers) > 1]) | starts
    return np.split(np.arange(len(numbers)), np.flatnonzero(new)[1:])


def _segment(landmarks: Points, sigma: float) -> NDArray[np.float32]:
    """Head: the canonical mesh aligned with the face. Expression: the remainder, in the head's own axes."""
    fits = [similarity(topology.CANONICAL[topology.RIGID], each[topology.RIGID]) for each in landmarks]
    heads = np.stack([scale * topology.CANONICAL @ turn.T + shift for scale, turn, shift in fits])
    own = np.stack([(each - head) @ fit[1] / fit[0] for each, head, fit in zip(landmarks, heads, fits, strict=True)])
    heads = filtered(heads, sigma, _HEAD_TOLERANCE * np.array([fit[0] for fit in fits]))
    for points, tolerance in _REGIONS:
        own[:, points] = filtered(own[:, points], sigma, np.full(len(own), tolerance))
    calm = np.empty_like(landmarks)
    for index, (head, expression) in enumerate(zip(heads, own, strict=True)):
        scale, turn, _ = similarity(topology.CANONICAL, head)
        calm[index] = head + scale * expression @ turn.T
    return calm.astype(np.float32)


def filtered(points: Points, sigma: float, tolerance: NDArray[np.float64]) -> Points:
    """(n, p, d) of successive frames, with a tolerance for each (n,); symmetric around each, so that there is no lag.

    sigma: standard deviation in frames. Deviations above the tolerance (RMS over d, mean over p) are movement.
    """
    count = len(points)
    total, weights = points.copy(), np.ones(count)
    for step in range(1, min(REACH, int(np.ceil(3 * sigma))) + 1):
        if 2 * step >= count:
            break
        middle = slice(step, count - step)
        pair = (points[: -2 * step] + points[2 * step :]) / 2
        off = np.sqrt(((pair - points[middle]) ** 2).sum(axis=2).mean(axis=1))
        weight = 2.0 * np.exp(-0.5 * (step / sigma) ** 2) * np.exp(-0.5 * (off / tolerance[middle]) ** 2)
        total[middle] += weight[:, None, None] * pair
        weights[middle] += weight
    filtered: Points = total / weights[:, None, None]
    return filtered


@dataclass(frozen=True)
class Trail:
    """One face, frame by frame: frame (n,), box (n, 4), score (n,), landmarks (n, 468, 3), filled (n,) bool."""

    frame: NDArray[np.int64]
    box: NDArray[np.float32]
    score: NDArray[np.float32]
    landmarks: NDArray[np.float32]
    filled: NDArray[np.bool_]

    def at(self, which: NDArray[np.generic]) -> Trail:
        """A subset of its frames, by index or mask."""
        return Trail(self.frame[which], self.box[which], self.score[which], self.landmarks[which], self.filled[which])

    def joined(self, other: Trail) -> Trail:
        """Both, by frame; for frames in both, ``self`` takes precedence."""
        whole = Trail(*(np.concatenate(pair) for pair in zip(_columns(self), _columns(other), strict=True)))
        return whole.at(np.argsort(whole.frame, kind="stable"))

    @classmethod
    def none(cls) -> Trail:
        return cls(
            np.zeros(0, np.int64),
            np.zeros((0, 4), np.float32),
            np.zeros(0, np.float32),
            np.zeros((0, 468, 3), np.float32),
            np.zeros(0, np.bool_),
        )


def fill(trail: Trail, numbers: NDArray[np.int64], cuts: frozenset[int], max_gap: int) -> Trail:
    """Interpolate over gaps of up to ``max_gap`` frames, except across cuts, or where the face moved far in between.

    numbers: the frames that exist; no others are added.
    """
    there = set(numbers.tolist())
    pieces = [trail]
    for left in range(len(trail.frame) - 1):
        first, last = int(trail.frame[left]), int(trail.frame[left + 1])
        if not 1 < last - first <= max_gap + 1 or any(frame in cuts for frame in range(first + 1, last + 1)):
            continue
        if distances(trail.box[left : left + 1], trail.box[left + 1 : left + 2])[0, 0] > 1.0:
            continue
        lost = [number for number in range(first + 1, last) if number in there]
        pieces += [_between(trail, left, number) for number in lost]
    whole = Trail(*(np.concatenate(columns) for columns in zip(*map(_columns, pieces), strict=True)))
    return whole.at(np.argsort(whole.frame, kind="stable"))


def _between(trail: Trail, left: int, number: int) -> Trail:
    first, last = int(trail.frame[left]), int(trail.frame[left + 1])
    share = np.float32((number - first) / (last - first))
    box, score, landmarks = (
        (column[left : left + 1] * (1 - share) + column[left + 1 : left + 2] * share).astype(np.float32)
        for column in (trail.box, trail.score, trail.landmarks)
    )
    return Trail(np.array([number], np.int64), box, score, landmarks, np.ones(1, np.bool_))


def _columns(trail: Trail) -> tuple[NDArray[np.generic], ...]:
    return trail.frame, trail.box, trail.score, trail.landmarks, trail.filled
