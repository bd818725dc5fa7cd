"""Faces through a run of pictures: searched for now and then, followed in between, forwards and backwards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fsvfx.faces.boxes import free_of
from fsvfx.faces.search import FaceFinder, Faces

SEARCH_EVERY = 4
"""Pictures from one search to the next at most. A face that comes and goes between two of them may be missed; one that
stays is followed back to where it came in."""
_SAME_FACE = 0.5

Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class Seen:
    """A picture (H, W, 3) u8, its faces, and which of them were not in the picture before: fresh (k,) bool."""

    picture: Picture
    faces: Faces
    fresh: NDArray[np.bool_]


def watch(pictures: Iterable[tuple[Picture, bool]], finder: FaceFinder) -> Iterator[Seen]:
    """Every picture in its order, with its faces. With each comes whether it is cut off from the one before.

    Searched: the first and the last picture between cuts, every ``SEARCH_EVERY``-th, and where a face is lost. Holds at
    most one picture more than that.
    """
    held: list[_Held] = []
    last: Faces | None = None
    for picture, cut in pictures:
        if cut and held:
            yield from _told(_searched_to_the_end(held, finder), last)
            held, last = [], None
        held.append(_looked_at(picture, held, finder))
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


def _looked_at(picture: Picture, held: list[_Held], finder: FaceFinder) -> _Held:
    if not held:
        return _Held(picture, finder.find(picture), searched=True)
    faces = finder.follow(picture, held[-1].faces)
    if len(held) >= SEARCH_EVERY or len(faces) < len(held[-1].faces):
        return _Held(picture, finder.find(picture, faces), searched=True)
    return _Held(picture, faces, searched=False)


def _searched_to_the_end(held: list[_Held], finder: FaceFinder) -> list[_Held]:
    if not held[-1].searched:
        held[-1].faces = finder.find(held[-1].picture, held[-1].faces)
        _trace_back(held, finder)
    return held


def _trace_back(held: list[_Held], finder: FaceFinder) -> None:
    """Faces that the last search found and the picture before it lacks, followed backwards as far as they are seen."""
    after = held[-1].faces
    for one in reversed(held[:-1]):
        after = finder.follow(one.picture, after.at(_new(after, one.faces)))
        after = after.at(_new(after, one.faces))
        if not len(after):
            return
        one.faces = one.faces.with_more(after)


def _told(held: list[_Held], before: Faces | None) -> Iterator[Seen]:
    for one in held:
        fresh = np.ones(len(one.faces), np.bool_) if before is None else _new(one.faces, before)
        yield Seen(one.picture, one.faces, fresh)
        before = one.faces


def _new(faces: Faces, known: Faces) -> NDArray[np.bool_]:
    return free_of(faces.boxes, known.boxes, _SAME_FACE)
