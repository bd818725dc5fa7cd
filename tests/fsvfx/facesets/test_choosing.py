"""What is left out of a faceset, what is held out, and how poses are balanced: pure functions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsvfx.faces.topology import POINTS
from fsvfx.facesets.faceset import FEWEST, weights
from fsvfx.facesets.footage import Seen
from fsvfx.facesets.selection import Reason, blurred, choose, duplicates, split
from schemas.faceset import FacesetSettings
from schemas.frames import FrameRange

sharpnesses = st.lists(st.floats(0.015625, 10, width=32), min_size=1, max_size=40).map(
    lambda v: np.array(v, np.float32)
)


@given(sharpnesses, st.floats(0, 1), st.floats(0, 1))
def test_more_blur_is_culled_by_a_higher_share_and_never_the_sharpest(
    sharpness: np.ndarray, one: float, other: float
) -> None:
    low, high = (blurred(sharpness, share) for share in sorted((one, other)))
    assert not (low & ~high).any()
    assert not high[np.argmax(sharpness)]


@pytest.mark.parametrize(
    ("sharpness", "share", "expected"),
    [
        ([1, 1, 1, 0.3], 0.4, [0, 0, 0, 1]),
        ([10, 10, 10, 3], 0.4, [0, 0, 0, 1]),
        ([1, 1, 1, 0.3], 0.0, [0, 0, 0, 0]),
        ([], 0.4, []),
    ],
)
def test_blur_is_relative_to_the_person(sharpness: list[float], share: float, expected: list[int]) -> None:
    assert blurred(np.array(sharpness, np.float32), share).tolist() == [bool(one) for one in expected]


@given(st.integers(1, 40), st.floats(0, 10), st.integers(0, 2**32 - 1))
def test_every_duplicate_has_a_sharper_one_that_is_kept(count: int, unlike: float, seed: int) -> None:
    random = np.random.default_rng(seed)
    look = 0.5 + random.normal(0, 0.02, (count, 4, 4)).astype(np.float32)
    shape = random.normal(0, 0.004, (count, 5, 2)).astype(np.float32)
    sharpness = random.random(count).astype(np.float32)
    dropped = duplicates(look, shape, sharpness, unlike)

    def far(a: int, b: int) -> float:
        return max(
            np.sqrt(((look[a] - look[b]) ** 2).mean()) / 0.005, np.sqrt(((shape[a] - shape[b]) ** 2).mean()) / 0.0012
        )

    kept = np.flatnonzero(~dropped)
    assert all(far(a, b) >= unlike * 0.999 for a in kept for b in kept if a < b)
    for face in np.flatnonzero(dropped):
        assert any(far(face, a) < unlike * 1.001 and sharpness[a] >= sharpness[face] for a in kept)


takes = st.lists(st.sets(st.integers(0, 300), min_size=0, max_size=60), min_size=1, max_size=3)


@given(takes, st.floats(0, 0.5), st.integers(1, 30), st.integers(1, 20), st.integers(0, 99))
def test_no_trained_face_is_near_a_held_out_one(
    frames: list[set[int]], share: float, stretch: int, gap: int, seed: int
) -> None:
    take = np.array([index for index, numbers in enumerate(frames) for _ in numbers], np.int64)
    place = np.array([number for numbers in frames for number in sorted(numbers)], np.int64)
    held, near = split(take, place, share, stretch=stretch, gap=gap, seed=seed)
    assert not (held & near).any()
    wanted = round(share * len(take))
    assert abs(held.sum() - wanted) <= 0.5 * max(1, round(wanted / stretch))  # each stretch is of whole faces
    trained = ~held & ~near
    apart = np.abs(place[held][:, None] - place[trained][None])
    assert (apart[take[held][:, None] == take[trained][None]] > gap).all()


def test_a_long_take_has_stretches_all_through_it_and_another_seed_moves_them() -> None:
    place, take = np.arange(1000), np.zeros(1000, np.int64)
    held, near = split(take, place, 0.1, stretch=25, gap=12, seed=0)
    starts = np.flatnonzero(np.diff(held.astype(int), prepend=0) == 1)
    assert held.sum() == 100
    assert [int(start) // 250 for start in starts] == [0, 1, 2, 3]
    assert near.sum() <= 4 * 24
    assert (split(take, place, 0.1, stretch=25, gap=12, seed=0)[0] == held).all()
    assert (split(take, place, 0.1, stretch=25, gap=12, seed=1)[0] != held).any()


@given(st.integers(1, 60), st.floats(0, 1), st.booleans(), st.integers(0, 99))
def test_weights_sum_to_one_and_spare_what_is_held_out(count: int, share: float, balanced: bool, seed: int) -> None:
    random = np.random.default_rng(seed)
    pose = random.normal(0, 20, (count, 3))
    held = random.random(count) < share
    given_weights = weights(pose, held, balanced=balanced)
    assert (given_weights[held] == 0).all()
    assert given_weights.sum() == pytest.approx(0 if held.all() else 1)


def test_rare_poses_weigh_as_much_as_usual_ones_but_for_single_frames() -> None:
    yaw = np.array([0.0] * 90 + [30.0] * FEWEST + [60.0])
    given_weights = weights(np.stack([yaw, 0 * yaw], 1), np.zeros(len(yaw), np.bool_))
    usual, rare, single = (given_weights[yaw == degrees].sum() for degrees in (0, 30, 60))
    assert usual == pytest.approx(rare)
    assert single == pytest.approx(usual / FEWEST)


def seen(count: int = 100) -> Seen:
    random = np.random.default_rng(0)
    return Seen(
        footage=np.zeros(count, np.int64),
        frame=np.arange(1001, 1001 + count),
        take=np.zeros(count, np.int64),
        place=np.arange(count),
        present=np.ones(count, np.bool_),
        filled=np.zeros(count, np.bool_),
        landmarks=random.random((count, POINTS, 3)).astype(np.float32),
        pose=np.zeros((count, 3), np.float32),
        sharpness=np.ones(count, np.float32),
        look=random.random((count, 16, 16)).astype(np.float32),
    )


def test_each_frame_that_is_left_out_says_why() -> None:
    every = seen()
    present, filled, sharpness = every.present.copy(), every.filled.copy(), every.sharpness.copy()
    present[3], filled[4], sharpness[5] = False, True, 0.1
    look, landmarks = every.look.copy(), every.landmarks.copy()
    look[7], landmarks[7] = look[6], landmarks[6]
    found = choose(
        replace(every, present=present, filled=filled, sharpness=sharpness, look=look, landmarks=landmarks),
        ["talk"],
        FacesetSettings(held_out=0, exclude={"talk": FrameRange.parse("1001-1003"), "walk": FrameRange.parse("1050")}),
    )
    assert [Reason(reason).name for reason in found.reason[:8] if reason] == [
        *["EXCLUDED"] * 3,
        "MISSING",
        "INTERPOLATED",
        "BLURRED",
        "DUPLICATE",
    ]
    assert not found.reason[8:].any()


def test_held_out_stretches_keep_what_is_blurred_or_alike() -> None:
    every = seen()
    alike = replace(every, look=0 * every.look, landmarks=0 * every.landmarks, sharpness=np.linspace(0.1, 1, 100))
    found = choose(alike, ["talk"], FacesetSettings(held_out=0.2, stretch=10, gap=5))
    assert found.held_out.sum() == 20
    assert (found.held_out & found.kept).sum() == 20
    assert (found.kept & ~found.held_out).sum() == 1
