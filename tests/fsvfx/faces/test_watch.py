"""Faces through a run of pictures: what is searched, what is followed, and what comes in or goes in the middle."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest
from face_shapes import face
from numpy.typing import NDArray

from fsvfx.faces.facemesh import is_still
from fsvfx.faces.near import Near, halved, thinned
from fsvfx.faces.search import Faces
from fsvfx.faces.watch import SEARCH_EVERY, Seen, watch


@dataclass
class Finder:
    """Knows who is where in each picture, which is told by its first pixel: x of each face, or NaN."""

    places: NDArray[np.float64]
    searched: list[int] = field(default_factory=list)
    followed: list[int] = field(default_factory=list)

    def find(self, rgb: NDArray[np.uint8], known: Faces | None = None) -> Faces:
        number = int(rgb[0, 0, 0])
        self.searched.append(number)
        return self._at(number, self.places[:, number])

    def follow(self, rgb: NDArray[np.uint8], before: Faces) -> Faces:
        """Those that are where they were, but for a step."""
        number = int(rgb[0, 0, 0])
        if len(before):
            self.followed.append(number)
        middles = before.boxes[:, [0, 2]].mean(axis=1)
        return self._at(number, [x for x in self.places[:, number] if (np.abs(middles - x) < 30).any()])

    def _at(self, number: int, places: NDArray[np.float64] | list[float]) -> Faces:
        there = [face(x, 100, height=100) for x in places if np.isfinite(x)]
        landmarks = np.array(there, np.float32).reshape(-1, 468, 3)
        return Faces.of(landmarks, np.full(len(there), 0.9, np.float32))


def seen(places: list[list[float]], cuts: tuple[int, ...] = (), every: int = SEARCH_EVERY) -> tuple[list[Seen], Finder]:
    finder = Finder(np.array(places))
    pictures = ((np.full((1, 1, 3), number, np.uint8), number in cuts) for number in range(len(places[0])))
    return list(watch(pictures, finder, every)), finder  # type: ignore[arg-type]


def counts(told: list[Seen]) -> list[int]:
    return [len(one.faces) for one in told]


def test_one_face_is_searched_now_and_then_and_followed_between() -> None:
    told, finder = seen([[100.0 + i for i in range(11)]])
    assert [int(one.picture[0, 0, 0]) for one in told] == list(range(11))
    assert counts(told) == [1] * 11
    assert finder.searched == [0, SEARCH_EVERY, 2 * SEARCH_EVERY, 10]
    assert [bool((one.origin < 0).any()) for one in told] == [True] + [False] * 10


@pytest.mark.parametrize("comes", range(1, 11))
def test_a_face_that_comes_in_is_there_from_its_first_frame(comes: int) -> None:
    late = [np.nan] * comes + [400.0] * (11 - comes)
    told, _ = seen([[100.0] * 11, late])
    assert counts(told) == [1] * comes + [2] * (11 - comes)
    assert [int((one.origin < 0).sum()) for one in told] == [1] + [int(i == comes) for i in range(1, 11)]


@pytest.mark.parametrize("goes", range(1, 11))
def test_a_face_that_goes_out_is_there_to_its_last_frame(goes: int) -> None:
    told, _ = seen([[100.0] * 11, [400.0] * goes + [np.nan] * (11 - goes)])
    assert counts(told) == [2] * goes + [1] * (11 - goes)


def test_a_face_that_leaps_is_searched_for_at_once() -> None:
    told, finder = seen([[100.0, 100.0, 300.0, 300.0, 300.0]])
    assert counts(told) == [1] * 5
    assert 2 in finder.searched


@pytest.mark.parametrize(("every", "found"), [(1, True), (4, False)])
def test_a_face_between_two_searches_is_found_by_searching_every_frame(every: int, found: bool) -> None:
    there = [np.nan, np.nan, 50.0, np.nan, np.nan, np.nan]
    told, _ = seen([there], every=every)
    assert counts(told) == [0, 0, int(found), 0, 0, 0]


def test_nothing_is_followed_over_a_cut() -> None:
    told, finder = seen([[100.0] * 8], cuts=(3,))
    assert counts(told) == [1] * 8
    assert finder.searched == [0, 2, 3, 7]
    assert 3 not in finder.followed
    assert [bool((one.origin < 0).any()) for one in told] == [i in (0, 3) for i in range(8)]


def test_pictures_without_a_face_are_told_too() -> None:
    told, finder = seen([[np.nan] * 6])
    assert counts(told) == [0] * 6
    assert not finder.followed
    assert list(watch(iter(()), finder)) == []  # type: ignore[arg-type]


@pytest.mark.parametrize("side", [90.0, 200.0, 700.0, 3000.0])
def test_what_is_near_shows_the_same_place_at_less_size(side: float) -> None:
    """A ramp tells where each pixel is: points found in the part come back to their place in the whole."""
    ramp = np.stack(np.broadcast_arrays(np.arange(300)[:, None] % 256, np.arange(400) / 2, 0), -1).astype(np.uint8)
    near = Near.of(ramp, np.array([210.0, 120.0, side, 0.1]), 192)
    assert max(near.picture.shape) <= 2 * 0.85 * side / near.times + 3
    assert 0.7 < side / near.times / 192 < 1.5 or near.times == 1
    x, y, *_ = near.square(np.array([210.0, 120.0, side, 0.1]))
    assert near.points(np.array([[x, y, 1.0]], np.float32)) == pytest.approx(
        np.array([[210, 120, near.times]]), abs=1e-3
    )
    column, row = round(float(x)), round(float(y))
    expected = near.points(np.array([[column, row, 0.0]], np.float32))[0]
    assert near.picture[row, column, 1] == pytest.approx(expected[0] / 2, abs=1.0 + near.times / 2)


def test_halving_averages_and_thinning_stops_in_time() -> None:
    stripes = np.zeros((64, 63, 3), np.uint8)
    stripes[:, ::2] = 200
    assert halved(stripes, 2).shape == (16, 16, 3)
    assert halved(stripes, 1)[:, :31] == pytest.approx(100, abs=1)
    thin, times = thinned(np.zeros((2160, 3840, 3), np.uint8), 256)
    assert (thin.shape, times) == ((270, 480, 3), 8)
    assert thinned(stripes, 256)[1] == 1


def test_a_square_is_still_whichever_way_round_its_angle_is() -> None:
    one = np.array([100.0, 100.0, 200.0, np.pi - 0.001])
    assert is_still(one, np.array([101.0, 99.0, 202.0, -np.pi + 0.001]))
    assert not is_still(one, np.array([120.0, 100.0, 200.0, np.pi]))
