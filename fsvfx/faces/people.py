"""The people in a shot: joins tracks into people, drops false detections, and chooses each entry's performer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fsvfx.errors import InputError, Where
from fsvfx.faces.embedding import SAME_PERSON
from fsvfx.faces.tracks import Finds, Track, distances
from fsvfx.identity.contract import distance
from fsvfx.printable import counted
from schemas.frames import FrameRange

_NEARBY = 0.75
"""Maximum embedding distance within one person if the face reappears where it was lost."""
_SHORTEST = 3
"""With fewer detections in a shot, it is not a face."""
_FIRMER = 0.1
"""Minimum difference between a face's mean score and the minimum score of a detection; measured: faces .86 and more, a
printed skull .53."""


@dataclass(frozen=True)
class PersonTrack:
    """One person in a shot: rows of ``Finds``, in frame order, never two in one frame."""

    number: int
    rows: NDArray[np.int64]
    embedding: NDArray[np.float64]
    """(128,) mean of the embeddings taken."""


def people(
    finds: Finds, tracks: list[Track], cuts: frozenset[int], *, frames: int, min_score: float
) -> list[PersonTrack]:
    """Join the tracks of each person, drop false faces, and number the rest: by first frame, then by size.

    ``frames``: number of frames in the shot; very short shots need fewer detections per face.
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
    return [PersonTrack(number, rows, mean_embedding(finds.embedding[rows])) for number, rows in enumerate(real, 1)]


def mean_embedding(embeddings: NDArray[np.floating]) -> NDArray[np.float64]:
    """Mean of the embeddings taken (n, 128) -> (128,); NaN if there are none."""
    taken = embeddings[np.isfinite(embeddings).all(axis=1)]
    return taken.mean(axis=0, dtype=np.float64) if len(taken) else np.full(embeddings.shape[1], np.nan)


def _best_pair(finds: Finds, groups: list[NDArray[np.int64]], cuts: frozenset[int]) -> tuple[int, int] | None:
    """The two groups that most probably show one person."""
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
    """Whether the later group starts where the earlier one ends, without a cut in between."""
    first, second = (one, other) if finds.frame[one[0]] < finds.frame[other[0]] else (other, one)
    end, start = int(finds.frame[first[-1]]), int(finds.frame[second[0]])
    if end >= start or any(frame in cuts for frame in range(end + 1, start + 1)):
        return False
    return float(distances(finds.box[first[-1:]], finds.box[second[:1]])[0, 0]) < 0.5


def _size(finds: Finds, rows: NDArray[np.int64]) -> float:
    boxes = finds.box[rows]
    return float(np.median(boxes[:, 3] - boxes[:, 1]))


_MARGIN = 0.05
_STRANGER = 0.75
"""A shot's only face is not the performer if none of its detections is this close to the references."""


@dataclass(frozen=True)
class Wanted:
    """The manifest's description of the performer. references: (m, 128), m may be 0; shot: for messages."""

    performer: str
    track: int | None
    position: tuple[float, float] | None
    references: NDArray[np.floating]
    where: Where


def choose(finds: Finds, seen: list[PersonTrack], wanted: Wanted) -> list[PersonTrack]:
    """The people in the tracks that are the performer (several if they could not be joined); never two in a frame.

    Raises InputError that lists the tracks if none or several match.
    """
    if not seen:
        raise InputError(
            "no face was found in the plate",
            hint="Look at the plate; for small or turned faces set faces.tiles: always, a lower faces.min_size "
            "or faces.min_score",
            where=wanted.where,
        )
    if wanted.track is not None:
        return _by_number(finds, seen, wanted)
    if wanted.position is not None:
        return _by_position(finds, seen, wanted)
    if len(wanted.references):
        return _by_references(finds, seen, wanted)
    if len(seen) == 1:
        return seen
    raise _unclear(finds, seen, wanted, f"there are {len(seen)} faces in the plate")


def _by_number(finds: Finds, seen: list[PersonTrack], wanted: Wanted) -> list[PersonTrack]:
    found = [each for each in seen if each.number == wanted.track]
    if not found:
        raise _unclear(finds, seen, wanted, f"no track {wanted.track}")
    return found


def _by_position(finds: Finds, seen: list[PersonTrack], wanted: Wanted) -> list[PersonTrack]:
    point = np.array(wanted.position, np.float64)
    hits: list[tuple[int, float, PersonTrack]] = []
    for each in seen:
        boxes = finds.box[each.rows].astype(np.float64)
        inside = (boxes[:, :2] <= point).all(axis=1) & (point <= boxes[:, 2:]).all(axis=1)
        if inside.any():
            row = int(np.argmax(inside))
            apart = float(np.linalg.norm((boxes[row, :2] + boxes[row, 2:]) / 2 - point))
            hits.append((int(finds.frame[each.rows[row]]), apart, each))
    if not hits:
        raise _unclear(finds, seen, wanted, f"no face is at {wanted.position}")
    return [min(hits, key=lambda hit: hit[:2])[2]]


def _by_references(finds: Finds, seen: list[PersonTrack], wanted: Wanted) -> list[PersonTrack]:
    own = mean_embedding(wanted.references)
    apart = {each.number: _apart(finds, each, own) for each in seen}
    limit = _STRANGER if len(seen) == 1 else SAME_PERSON
    near = sorted((each for each in seen if apart[each.number] < limit), key=lambda each: apart[each.number])
    if not near:
        raise _unclear(finds, seen, wanted, f"no face resembles {wanted.performer}'s references", apart)
    chosen: list[PersonTrack] = []
    for each in near:
        rivals = [one for one in chosen if np.isin(finds.frame[each.rows], finds.frame[one.rows]).any()]
        if any(apart[each.number] - apart[one.number] < _MARGIN for one in rivals):
            raise _unclear(finds, seen, wanted, f"two faces resemble {wanted.performer}'s references", apart)
        if not rivals:
            chosen.append(each)
    return chosen


def _apart(finds: Finds, each: PersonTrack, own: NDArray[np.float64]) -> float:
    """The smaller distance of the person's mean and its best quarter of detections: turned heads embed badly."""
    taken = finds.embedding[each.rows]
    singles = distance(taken[np.isfinite(taken).all(axis=1)], own)
    best = float(np.quantile(singles, 0.25)) if len(singles) else np.inf
    return min(float(np.nan_to_num(distance(each.embedding, own), nan=np.inf)), best)


def listing(finds: Finds, seen: list[PersonTrack]) -> list[str]:
    """One line per track: number, frames, position and size."""
    lines = []
    for each in seen:
        frames = FrameRange(int(number) for number in finds.frame[each.rows])
        x0, y0, x1, y1 = finds.box[each.rows[0]]
        some = f"{counted(len(frames), 'frame')} of {frames.first}-{frames.last}"
        span = str(frames) if frames.is_contiguous else some
        at = f"at [{(x0 + x1) / 2:.0f}, {(y0 + y1) / 2:.0f}] in {frames.first}"
        lines.append(f"track {each.number}: {span}, {at}, {x1 - x0:.0f}x{y1 - y0:.0f} px")
    return lines


def _unclear(
    finds: Finds, seen: list[PersonTrack], wanted: Wanted, why: str, apart: dict[int, float] | None = None
) -> InputError:
    lines = listing(finds, seen)
    if apart:
        lines = [
            f"{line}, distance to the references {apart[each.number]:.2f}"
            for line, each in zip(lines, seen, strict=True)
        ]
    return InputError(
        f"which face is {wanted.performer}? {why[0].upper()}{why[1:]}: {'; '.join(lines)}",
        hint="Add `track: N` or `position: [x, y]` in the replace entry (`fsvfx faces MANIFEST` shows the tracks), "
        "or give the performer references",
        where=wanted.where,
    )
