"""Who of a bank goes into which face: the fit, nobody twice, nobody who is taken for the performer."""

from __future__ import annotations

import numpy as np
import pytest
import toy_banks

from fsvfx.banks.casting import ROUNDS, Part, Shown, cast
from fsvfx.banks.looks import SIZE
from fsvfx.errors import InputError, Where

FAR = np.eye(128)
"""Vectors 1.4 from each other: different people by dlib's threshold, .6."""


def face(name: str, yaw: float, vector: np.ndarray, frames: int = 3) -> Shown:
    look = np.zeros((frames, SIZE), np.float32)
    look[:, 0] = yaw
    return Shown(name, look, {"dlib": np.repeat(vector[None], frames, 0).astype(np.float32)})


def looks(*yaws: float) -> np.ndarray:
    found = np.zeros((len(yaws), SIZE))
    found[:, 0] = yaws
    return found


def rows_of(faces: list[Shown], yaws: tuple[float, ...], vectors: np.ndarray, *, seed: int = 0, pick=None) -> list[int]:
    bank = toy_banks.bank(looks(*yaws), vectors)
    may = [list(range(len(yaws))) if pick is None else pick] * len(faces)
    return [part.row for part in cast(faces, bank, may, [seed] * len(faces), Where())]


@pytest.mark.parametrize(
    ("faces", "expected"),
    [
        ([0.0], [1]),
        ([2.1], [2]),
        ([-3.0, 2.0], [0, 2]),
        ([0.0, 0.1], [1, 2]),  # two want the same member: the sum decides
        ([0.1, -0.1, 0.0], [2, 0, 1]),
    ],
)
def test_poses_decide_and_nobody_goes_in_twice(faces: list[float], expected: list[int]) -> None:
    shown = [face(f"crowd_{i}", yaw, FAR[10 + i]) for i, yaw in enumerate(faces)]
    assert rows_of(shown, (-2.0, 0.0, 2.0), FAR[:3]) == expected


def test_whoever_a_network_takes_for_the_performer_stays_out() -> None:
    alike = FAR[10] * 0.8 + FAR[0] * 0.2  # .28 from the performer
    assert rows_of([face("crowd_1", 0.0, FAR[10])], (0.0, 3.0), np.stack([alike, FAR[1]])) == [1]


def test_of_two_that_fit_as_well_the_further_one_goes_in() -> None:
    near, far = FAR[10] * 0.4 + FAR[0] * 0.4, FAR[1] * 1.5
    assert rows_of([face("crowd_1", 0.0, FAR[10])], (0.0, 0.2), np.stack([near, far])) == [1]


@pytest.mark.parametrize(
    ("count", "pick", "alike"), [(2, None, False), (3, [1], False), (3, None, True)], ids=["few", "picked", "alike"]
)
def test_too_few_members_are_an_error_never_a_double(count: int, pick: list[int] | None, alike: bool) -> None:
    faces = [face(f"crowd_{i}", 0.0, FAR[10]) for i in range(3)]
    vectors = np.repeat(FAR[10:11], count, 0) if alike else FAR[:count]
    with pytest.raises(InputError, match="too few members for 3 faces, as none is used twice") as refused:
        rows_of(faces, tuple([0.0] * count), vectors, pick=pick)
    assert "larger bank" in refused.value.hint


def test_another_seed_is_another_cast_and_the_same_seed_the_same() -> None:
    faces = [face(f"crowd_{i}", 0.0, FAR[40 + i]) for i in range(2)]
    yaws = tuple(np.linspace(-0.5, 0.5, 20).tolist())
    casts = {seed: tuple(rows_of(faces, yaws, FAR[:20], seed=seed)) for seed in range(5)}
    assert casts[3] == tuple(rows_of(faces, yaws, FAR[:20], seed=3))
    assert len(set(casts.values())) > 2


def tried(delivered: list[list[float]], yaws: tuple[float, ...]) -> list[Part]:
    """Cast with trials that show these distances, in thresholds, for each face and member."""
    faces = [face(f"crowd_{i}", 0.0, FAR[40 + i]) for i in range(len(delivered))]
    bank = toy_banks.bank(looks(*yaws), FAR[: len(yaws)])
    attempts = [lambda row, place=place: {"dlib": delivered[place][row]} for place in range(len(faces))]
    return cast(faces, bank, [list(range(len(yaws)))] * len(faces), [0] * len(faces), Where(), attempts)


@pytest.mark.parametrize(
    ("delivered", "expected", "counts"),
    [
        ([[1.2, 1.2, 1.2]], [0], [1]),
        ([[0.9, 1.2, 1.2]], [1], [2]),
        ([[1.02, 0.9, 1.2]], [2], [3]),  # hardly beyond the threshold: other frames may not be
        ([[0.8, 0.9, 0.7]], [1], [3]),
        ([[0.9, 1.2, 1.2], [0.9, 1.2, 1.2]], [1, 2], None),
        ([[0.9, 1.2, 0.9], [0.9, 1.2, 0.7]], [0, 1], None),
    ],
    ids=[
        "hidden at once",
        "the next",
        "just beyond",
        "none",
        "two who want one",
        "one for two: the best tried",
    ],
)
def test_who_does_not_hide_the_performer_makes_room(
    delivered: list[list[float]], expected: list[int], counts: list[int] | None
) -> None:
    parts = tried(delivered, (0.0, 0.5, 1.0))
    assert sorted(part.row for part in parts) == sorted(expected)
    for place, part in enumerate(parts):
        assert part.delivered == {"dlib": delivered[place][part.row]}
        assert part.is_hidden == (delivered[place][part.row] > 1)
    if counts:
        assert [part.tried for part in parts] == counts


def test_trials_are_few() -> None:
    (part,) = tried([[0.5 + 0.01 * row for row in range(40)]], tuple(np.linspace(0, 3, 40)))
    assert part.tried == ROUNDS
    assert part.row == ROUNDS - 1, "the best of those who were tried, not of all"
    assert not part.is_hidden


def test_after_a_failure_those_are_tried_who_are_furthest_by_the_network_that_knew_the_performer() -> None:
    count = 30
    vectors = FAR[10] - np.linspace(1.0, 2.0, count)[:, None] * FAR[11]  # the last ones are furthest, and fit worst
    bank = toy_banks.bank(looks(*np.linspace(0, 6, count)), vectors)
    away = [np.linalg.norm(each - FAR[10]) / 0.6 for each in vectors]

    def attempt(row: int) -> dict[str, float]:
        return {"dlib": float(away[row] - 2.1)}  # what a swap takes of the distance

    (part,) = cast([face("crowd_1", 0.0, FAR[10])], bank, [list(range(count))], [0], Where(), [attempt])
    assert part.is_hidden
    assert part.tried <= 3


def test_without_trials_nothing_is_claimed() -> None:
    bank = toy_banks.bank(looks(0.0), FAR[:1])
    (part,) = cast([face("crowd_1", 0.0, FAR[10])], bank, [[0]], [0], Where())
    assert (part.tried, part.delivered) == (0, {})
