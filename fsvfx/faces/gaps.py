"""Short gaps in a face's frames, filled between the finds on both sides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fsvfx.faces.tracks import distances


@dataclass(frozen=True)
class Path:
    """One face, frame by frame: frame (n,), box (n, 4), score (n,), landmarks (n, 468, 3), filled (n,) bool."""

    frame: NDArray[np.int64]
    box: NDArray[np.float32]
    score: NDArray[np.float32]
    landmarks: NDArray[np.float32]
    filled: NDArray[np.bool_]

    def at(self, which: NDArray[np.generic]) -> Path:
        """Some of its frames, by index or mask."""
        return Path(self.frame[which], self.box[which], self.score[which], self.landmarks[which], self.filled[which])

    @classmethod
    def none(cls) -> Path:
        return cls(
            np.zeros(0, np.int64),
            np.zeros((0, 4), np.float32),
            np.zeros(0, np.float32),
            np.zeros((0, 468, 3), np.float32),
            np.zeros(0, np.bool_),
        )


def fill(path: Path, numbers: NDArray[np.int64], cuts: frozenset[int], max_gap: int) -> Path:
    """Interpolate over up to ``max_gap`` lost frames, not over cuts, nor where the face went far in between.

    numbers: the frames that there are; others are not made up.
    """
    there = set(numbers.tolist())
    pieces = [path]
    for left in range(len(path.frame) - 1):
        first, last = int(path.frame[left]), int(path.frame[left + 1])
        if not 1 < last - first <= max_gap + 1 or any(frame in cuts for frame in range(first + 1, last + 1)):
            continue
        if distances(path.box[left : left + 1], path.box[left + 1 : left + 2])[0, 0] > 1.0:
            continue
        lost = [number for number in range(first + 1, last) if number in there]
        pieces += [_between(path, left, number) for number in lost]
    whole = Path(*(np.concatenate(columns) for columns in zip(*map(_columns, pieces), strict=True)))
    return whole.at(np.argsort(whole.frame, kind="stable"))


def _between(path: Path, left: int, number: int) -> Path:
    first, last = int(path.frame[left]), int(path.frame[left + 1])
    share = np.float32((number - first) / (last - first))
    box, score, landmarks = (
        (column[left : left + 1] * (1 - share) + column[left + 1 : left + 2] * share).astype(np.float32)
        for column in (path.box, path.score, path.landmarks)
    )
    return Path(np.array([number], np.int64), box, score, landmarks, np.ones(1, np.bool_))


def _columns(path: Path) -> tuple[NDArray[np.generic], ...]:
    return path.frame, path.box, path.score, path.landmarks, path.filled
