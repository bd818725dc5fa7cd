"""Short gaps in a face's frames, filled between the finds on both sides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fsvfx.faces.tracks import distances


@dataclass(frozen=True)
class Trail:
    """One face, frame by frame: frame (n,), box (n, 4), score (n,), landmarks (n, 468, 3), filled (n,) bool."""

    frame: NDArray[np.int64]
    box: NDArray[np.float32]
    score: NDArray[np.float32]
    landmarks: NDArray[np.float32]
    filled: NDArray[np.bool_]

    def at(self, which: NDArray[np.generic]) -> Trail:
        """Some of its frames, by index or mask."""
        return Trail(self.frame[which], self.box[which], self.score[which], self.landmarks[which], self.filled[which])

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
    """Interpolate over up to ``max_gap`` lost frames, not over cuts, nor where the face went far in between.

    numbers: the frames that there are; others are not made up.
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
