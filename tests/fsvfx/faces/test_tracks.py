"""Linking, joining, gaps, cuts and the choice of the performer, on faces made of numbers."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from face_shapes import face, finds
from hypothesis import given, settings
from hypothesis import strategies as st

from fsvfx.errors import InputError, Where
from fsvfx.faces.people import PersonTrack, Wanted, choose, people
from fsvfx.faces.tracks import Finds, cuts, jumps, link
from fsvfx.faces.trails import Trail, fill

NO_CUTS: frozenset[int] = frozenset()


def seen_in(given: Finds, starts: frozenset[int] = NO_CUTS, frames: int = 100) -> list[PersonTrack]:
    return people(given, link(given, starts, 8), starts, frames=frames, min_score=0.5)


def two_people(first: int = 1001, last: int = 1020) -> Finds:
    rows = []
    for number in range(first, last + 1):
        rows.append((number, face(100 + number - first, 100, height=90), 0))
        rows.append((number, face(400 - number + first, 110, height=120), 1))
    return finds(rows)


def wanted(
    *, track: int | None = None, position: tuple[float, float] | None = None, person: int | None = None
) -> Wanted:
    references = np.zeros((0, 128)) if person is None else np.eye(128)[[person]]
    return Wanted("double", track, position, references, Where(shot="sh1"))


def test_two_people_keep_their_numbers_larger_first() -> None:
    given = two_people()
    seen = seen_in(given)
    assert [each.number for each in seen] == [1, 2]
    assert [np.ptp(given.box[each.rows[0]][[1, 3]]) > 100 for each in seen] == [True, False]
    assert all(len(each.rows) == 20 for each in seen)


@settings(max_examples=25, deadline=None)
@given(st.permutations(range(40)), st.sets(st.integers(1001, 1020), max_size=6))
def test_order_of_finds_and_holes_do_not_mix_people_up(order: list[int], hole: set[int]) -> None:
    whole = two_people()
    rows = np.array([row for row in order if int(whole.frame[row]) not in hole])
    mixed = Finds(*(getattr(whole, key)[rows] for key in ("frame", "box", "score", "landmarks", "embedding")))
    for each in seen_in(mixed):
        assert len({int(np.argmax(mixed.embedding[row])) for row in each.rows}) == 1
        assert len(set(mixed.frame[each.rows].tolist())) == len(each.rows)
    assert len(seen_in(mixed)) == 2


def test_of_two_faces_within_reach_the_nearer_goes_on() -> None:
    shot = finds([(1, face(200), 0), (2, face(240), 1), (2, face(205), 0), (3, face(206), 0), (3, face(241), 1)])
    assert [track.rows for track in link(shot, frozenset(), 2)] == [[0, 2, 3], [1, 4]]


def test_tracks_break_at_a_cut_and_the_same_person_is_joined_again() -> None:
    rows = [(number, face(100, 100), 0) for number in range(1001, 1011)]
    rows += [(number, face(105, 100), 1) for number in range(1011, 1021)]
    rows += [(number, face(300, 180, height=200), 0) for number in range(1021, 1031)]
    given, starts = finds(rows), frozenset({1011, 1021})
    assert [len(track.rows) for track in link(given, starts, 8)] == [10, 10, 10]
    assert [len(track.rows) for track in link(given, NO_CUTS, 8)] != [10, 10, 10]
    seen = seen_in(given, starts)
    assert [len(each.rows) for each in seen] == [20, 10]


def test_false_faces_are_dropped() -> None:
    rows = [(number, face(100, 100), 0) for number in range(1001, 1021)]
    flash = [(1005, face(400, 300, height=200), 1), (1006, face(400, 300, height=200), 1)]
    assert len(seen_in(finds(rows + flash))) == 1
    weak = finds([(number, face(400, 300), 1) for number in range(1001, 1021)], score=0.55)
    assert seen_in(weak) == []


def test_a_hole_in_the_frames_makes_no_second_person() -> None:
    rows = [
        (number, face(100, 100, yaw=40 if number > 1050 else 0), 0)
        for number in [*range(1001, 1025), *range(1073, 1090)]
    ]
    assert len(seen_in(finds(rows))) == 1


@pytest.mark.parametrize(
    ("choice", "number"),
    [
        (wanted(track=2), 2),
        (wanted(position=(400.0, 110.0)), 1),
        (wanted(position=(100.0, 100.0)), 2),
        (wanted(person=0), 2),
        (wanted(person=1), 1),
    ],
)
def test_performer_is_chosen(choice: Wanted, number: int) -> None:
    given = two_people()
    assert [each.number for each in choose(given, seen_in(given), choice)] == [number]


def test_only_face_needs_no_references() -> None:
    given = finds([(number, face(), 3) for number in range(1001, 1011)])
    assert len(choose(given, seen_in(given), wanted())) == 1


@pytest.mark.parametrize(
    "choice", [wanted(), wanted(track=3), wanted(position=(10.0, 400.0)), wanted(person=9)], ids=str
)  # fmt: skip
def test_unclear_performer_lists_the_tracks(choice: Wanted) -> None:
    given = two_people()
    with pytest.raises(InputError) as caught:
        choose(given, seen_in(given), choice)
    said = str(caught.value)
    assert "track 1: 1001-1020, at [" in said
    assert "track 2: 1001-1020" in said
    assert "fsvfx faces" in said
    assert "sh1" in said


def test_only_face_that_is_somebody_else_is_refused() -> None:
    given = finds([(number, face(), 3) for number in range(1001, 1011)])
    with pytest.raises(InputError, match="No face resembles"):
        choose(given, seen_in(given), wanted(person=5))


def test_no_face_at_all_says_what_to_try() -> None:
    with pytest.raises(InputError, match=r"faces\.tiles"):
        choose(finds([]), [], wanted())


def trail(numbers: list[int]) -> Trail:
    given = finds([(number, face(100 + 2 * (number - 1001), 100), 0) for number in numbers])
    return Trail(given.frame, given.box, given.score, given.landmarks, np.zeros(len(numbers), np.bool_))


def test_short_gaps_are_filled_on_the_way() -> None:
    numbers = np.arange(1001, 1041)
    got = fill(trail([1001, 1002, 1006, 1007, 1030]), numbers, NO_CUTS, 8)
    assert got.frame.tolist() == [1001, 1002, 1003, 1004, 1005, 1006, 1007, 1030]
    assert got.frame[got.filled].tolist() == [1003, 1004, 1005]
    assert got.landmarks[3] == pytest.approx(face(106, 100), abs=1e-3)


def test_gaps_are_not_filled_over_cuts_or_for_frames_that_are_not_there() -> None:
    assert not fill(trail([1001, 1004]), np.arange(1001, 1005), frozenset({1003}), 8).filled.any()
    assert fill(trail([1001, 1004]), np.array([1001, 1002, 1004]), NO_CUTS, 8).frame.tolist() == [1001, 1002, 1004]


def pictures(count: int, seed: int) -> np.ndarray:
    coarse = np.random.default_rng(seed).uniform(40, 160, (5, 8))
    base = cv2.resize(coarse, (64, 36), interpolation=cv2.INTER_CUBIC)
    return np.stack([np.roll(base, index // 4, axis=1) for index in range(count)])


def test_cuts_are_found_and_exposure_steps_and_holes_are_none() -> None:
    one, two = pictures(40, 1), pictures(20, 2)
    one[20:] = np.clip(one[20:] * 1.2 + 3, 0, 255)
    stack = np.concatenate([one, two]).astype(np.uint8)
    numbers = np.arange(1001, 1061)
    assert numbers[cuts(numbers, stack)].tolist() == [1041]
    holed = np.concatenate([np.arange(1001, 1041), np.arange(1101, 1121)])
    assert not cuts(holed, stack).any()
    assert not cuts(np.arange(3), np.zeros((3, 36, 64), np.uint8)).any()


def test_jump_stands_alone_and_steady_speed_is_none() -> None:
    numbers = np.arange(1001, 1021)
    jump = np.stack([face(100 + (60 if number >= 1011 else 0), 100) for number in numbers])
    assert numbers[jumps(numbers, jump)].tolist() == [1011]
    fast = np.stack([face(100 + 40 * (number - 1001), 100) for number in numbers])
    doubled = np.stack([face(100 + 40 * ((number - 1001) // 2), 100) for number in numbers])
    assert not jumps(numbers, fast).any()
    assert not jumps(numbers, doubled).any()
