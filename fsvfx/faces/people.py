"""Who is who in a shot: tracks of one person are joined, false faces dropped, people numbered."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fsvfx.faces.embed import SAME_PERSON, distance
from fsvfx.faces.tracks import Finds, Track, distances

_NEARBY = 0.75
"""Embedding distance that passes for the same person where the face is just where it was left."""
_SHORTEST = 3
"""Fewer finds than this in a shot are no face."""
_FIRMER = 0.1
"""How far a face's mean score is above the least score of a find; measured: faces .86 and more, a printed skull .53."""


@dataclass(frozen=True)
class Seen:
    """One person of a shot: rows of ``Finds``, in the order of frames, never two in one frame."""

    number: int
    rows: NDArray[np.int64]
    embedding: NDArray[np.float64]
    """(128,) mean of those taken."""


def people(finds: Finds, tracks: list[Track], cuts: frozenset[int], *, frames: int, min_score: float) -> list[Seen]:
    """Join the tracks of each person, drop what is no face, and number the rest: first seen first, then the larger.

    ``frames``: how many the shot has; in very short ones fewer finds make a face.
    """
    groups = [np.array(track.rows, np.int64) for track in tracks]
    while (pair := _best_pair(finds, groups, cuts)) is not None:
        one, other = pair
        joined = np.sort(np.concatenate([groups[one], groups[other]]))
        groups = [rows for index, rows in enumerate(groups) if index not in pair] + [joined]
    needed = min(_SHORTEST, frames)
    firm = min_score + _FIRMER
    real = [rows for rows in groups if len(rows) >= needed and float(finds.score[rows].mean()) >= firm]
    real.sort(key=lambda rows: (int(finds.frame[rows[0]]), -_size(finds, rows), int(rows[0])))
    return [Seen(number, rows, mean_embedding(finds.embedding[rows])) for number, rows in enumerate(real, 1)]


def mean_embedding(embeddings: NDArray[np.floating]) -> NDArray[np.float64]:
    """Mean of those that were taken (n, 128) -> (128,); NaN if none was."""
    taken = embeddings[np.isfinite(embeddings).all(axis=1)]
    return taken.mean(axis=0, dtype=np.float64) if len(taken) else np.full(embeddings.shape[1], np.nan)


def _best_pair(finds: Finds, groups: list[NDArray[np.int64]], cuts: frozenset[int]) -> tuple[int, int] | None:
    """The two groups that are most surely one person."""
    means = [mean_embedding(finds.embedding[rows]) for rows in groups]
    best, found = np.inf, None
    for one in range(len(groups)):
        for other in range(one + 1, len(groups)):
            if np.isin(finds.frame[groups[one]], finds.frame[groups[other]]).any():
                continue
            apart = float(np.nan_to_num(distance(means[one], means[other]), nan=1.0))
            limit = _NEARBY if _continues(finds, groups[one], groups[other], cuts) else SAME_PERSON
            if apart < limit and apart < best:
                best, found = apart, (one, other)
    return found


def _continues(finds: Finds, one: NDArray[np.int64], other: NDArray[np.int64], cuts: frozenset[int]) -> bool:
    """Whether the later group starts where the earlier one ends, with no cut between."""
    first, second = (one, other) if finds.frame[one[0]] < finds.frame[other[0]] else (other, one)
    end, start = int(finds.frame[first[-1]]), int(finds.frame[second[0]])
    if end >= start or any(frame in cuts for frame in range(end + 1, start + 1)):
        return False
    return float(distances(finds.box[first[-1:]], finds.box[second[:1]])[0, 0]) < 0.5


def _size(finds: Finds, rows: NDArray[np.int64]) -> float:
    boxes = finds.box[rows]
    return float(np.median(boxes[:, 3] - boxes[:, 1]))
