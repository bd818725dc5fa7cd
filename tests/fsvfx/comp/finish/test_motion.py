"""Motion blur against the average of many shifted pictures."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from made_pictures import disc, face, scene

from fsvfx.comp.finish.motion_blur import motion_blur, way_of
from fsvfx.comp.finish.pictures import to_display, to_light
from fsvfx.faces import topology

SIZE = 192
PICTURE, SHARE = scene(SIZE), disc(SIZE)
FACE = face(SIZE)
INNER = (slice(40, -40), slice(40, -40))


def turned(points: np.ndarray, degrees: float, shift: tuple[float, float] = (0, 0)) -> np.ndarray:
    return points @ matrix_of(degrees, shift)[:, :2].T + matrix_of(degrees, shift)[:, 2]


def matrix_of(degrees: float, shift: tuple[float, float]) -> np.ndarray:
    matrix = cv2.getRotationMatrix2D(((SIZE - 1) / 2, (SIZE - 1) / 2), degrees, 1.0)
    matrix[:, 2] += shift
    return matrix


def brute_force(degrees: float, shift: tuple[float, float], share: float) -> np.ndarray:
    """The mean of 200 pictures, in light, while the shutter is open for ``share`` of a frame."""
    total = np.zeros_like(PICTURE)
    for time in (np.arange(200) + 0.5) / 200 - 0.5:
        matrix = matrix_of(degrees * time * share, (shift[0] * time * share, shift[1] * time * share))
        total += to_light(cv2.warpAffine(PICTURE, matrix, (SIZE, SIZE), flags=cv2.INTER_LINEAR))
    return to_display(total / 200)


@pytest.mark.parametrize(
    ("degrees", "shift", "percent"),
    [(0, (12, 0), 100), (0, (0, -20), 100), (0, (14, 9), 200), (0, (24, 10), 50), (8, (0, 0), 200), (5, (10, -6), 100)],
)
def test_it_is_the_average_over_the_shutter(degrees: float, shift: tuple[float, float], percent: float) -> None:
    around = {"before": turned(FACE, -degrees, (-shift[0], -shift[1])), "after": turned(FACE, degrees, shift)}
    made = motion_blur(PICTURE, SHARE, percent, landmarks=FACE, **around)
    wanted = brute_force(degrees, shift, 0.5 * percent / 100)
    effect = np.abs(wanted - PICTURE)[INNER].mean()
    assert effect > 0.005
    assert np.abs(made - wanted)[INNER].mean() < 0.12 * effect


@pytest.mark.parametrize("side", ["before", "after"])
def test_one_neighbour_in_time_is_enough(side: str) -> None:
    both = motion_blur(PICTURE, SHARE, 100, landmarks=FACE, before=FACE - 8, after=FACE + 8)
    one = motion_blur(PICTURE, SHARE, 100, landmarks=FACE, **{side: FACE - 8 if side == "before" else FACE + 8})
    np.testing.assert_allclose(one, both, atol=1e-5)


STILL = np.random.default_rng(0).normal(0, 0.15, FACE.shape)


@pytest.mark.parametrize(
    "around", [{}, {"before": FACE, "after": FACE}, {"before": FACE + STILL, "after": FACE - STILL}],
    ids=["alone", "still", "trembling"],
)  # fmt: skip
def test_a_still_face_stays_as_it_is(around: dict) -> None:
    assert motion_blur(PICTURE, SHARE, 100, landmarks=FACE, **around) is PICTURE


def test_the_mouth_moves_on_its_own() -> None:
    """A jaw that drops blurs chin and lip; forehead and eyes stay sharp."""
    after, before = FACE.copy(), FACE.copy()
    low = FACE[:, 1] > FACE[topology.LIPS_INNER, 1].mean()
    after[low, 1] += 10
    before[low, 1] -= 10
    way = way_of(FACE, before, after, SIZE)
    x, y = (int(value) for value in FACE[topology.CHIN] - (0, 8))
    assert way[y, x, 1] == pytest.approx(10, abs=2)
    x, y = (int(value) for value in FACE[9])
    assert np.hypot(*way[y, x]) < 1


def test_what_is_outside_the_share_stays() -> None:
    made = motion_blur(PICTURE, SHARE, 100, landmarks=FACE, before=FACE - 8, after=FACE + 8)
    rows = np.flatnonzero((SHARE > 0).any(axis=1))
    np.testing.assert_array_equal(made[: rows[0]], PICTURE[: rows[0]])
