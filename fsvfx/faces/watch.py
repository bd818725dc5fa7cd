"""Faces in a run of pictures: detected at intervals, tracked in between, forward and backward."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fsvfx.faces.boxes import free_of, overlap
from fsvfx.faces.search import FaceFinder, Faces

SEARCH_EVERY = 4
"""Maximum number of pictures from one search to the next. A face that appears and disappears between two of them may be
missed; one that stays is tracked back to where it entered."""
_SAME_FACE = 0.5

Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class Seen:
    """A picture (H, W, 3) u8, its k faces, and the index of each in the previous picture: origin (k,), -1: it is
    new."""

    picture: Picture
    faces: Faces
    origin: NDArray[np.int64]


def watch(pictures: Iterable[tuple[Picture, bool]], finder: FaceFinder, every: int = SEARCH_EVERY) -> Iterator[Seen]:
    """Every picture in order, with its faces. Each is given with a flag: whether there is a cut before it.

    Searched: the first and the last picture between cuts, every ``every``-th, and where a face is lost. Holds at most
    one more picture than that.
    """
    held: list[_Held] = []
    last: Faces | None = None
    for picture, cut in pictures:
        if cut and held:
            yield from _told(_searched_to_the_end(held, finder), last)
            held, last = [], None
        held.append(_looked_at(picture, held, finder, every))
        if held[-1].searched and len(held) > 1:
            _trace_back(held, finder)
            yield from _told(held[:-1], last)
            held, last = held[-1:], held[-2].faces
    if held:
        yield from _told(_searched_to_the_end(held, finder), last)


@dataclass
class _Held:
    picture: Picture
    faces: Faces
    searched: bool


def _looked_at(picture: Picture, held: list[_Held], finder: FaceFinder, every: int) -> _Held:
    if not held:
        return _Held(picture, finder.find(picture), searched=True)
    faces = finder.follow(picture, held[-1].faces)
    if len(held) >= every or len(faces) < len(held[-1].faces):
        return _Held(picture, finder.find(picture, faces), searched=True)
    return _Held(picture, faces, searched=False)


def _searched_to_the_end(held: list[_Held], finder: FaceFinder) -> list[_Held]:
    if not held[-1].searched:
        held[-1].faces = finder.find(held[-1].picture, held[-1].faces)
        _trace_back(held, finder)
    return held


def _trace_back(held: list[_Held], finder: FaceFinder) -> None:
    """Track faces that the last search found, and the previous picture lacks, backward as far as they are visible."""
    after = held[-1].faces
    for one in reversed(held[:-1]):
        after = finder.follow(one.picture, after.at(_new(after, one.faces)))
        after = after.at(_new(after, one.faces))
        if not len(after):
            return
        one.faces = one.faces.with_more(after)


def _told(held: list[_Held], before: Faces | None) -> Iterator[Seen]:
    for one in held:
        yield Seen(one.picture, one.faces, _origin(one.faces, Faces.none() if before is None else before))
        before = one.faces


def _new(faces: Faces, known: Faces) -> NDArray[np.bool_]:
    return free_of(faces.boxes, known.boxes, _SAME_FACE)


def _origin(faces: Faces, before: Faces) -> NDArray[np.int64]:
    if not len(before):
        return np.full(len(faces), -1, np.int64)
    same = overlap(faces.boxes, before.boxes)
    return np.where(same.max(axis=1) > _SAME_FACE, same.argmax(axis=1), -1)
