"""The filter over time: less tremble, no lag, no smeared blink, nothing across a break."""

from __future__ import annotations

import numpy as np
import pytest
from face_shapes import face
from hypothesis import given, settings
from hypothesis import strategies as st

from fsvfx.faces import topology
from fsvfx.faces.measures import eye_opening
from fsvfx.faces.trails import REACH, smooth

NUMBERS = np.arange(1001, 1041)
WHOLE = np.zeros(40, np.bool_)


def noisy(points: np.ndarray, amount: float = 0.25) -> np.ndarray:
    return points + np.random.default_rng(3).normal(0, amount, points.shape).astype(np.float32)


def jitter(landmarks: np.ndarray, points: np.ndarray | None = None) -> float:
    """Standard deviation of the acceleration of landmarks (n, 468, 3) in x and y, in thousandths of the distance
    between the outer corners of the eyes, per frame squared. Needs a face that hardly moves; NaN under 3 frames.
    """
    if len(landmarks) < 3:
        return float("nan")
    flat = np.asarray(landmarks[..., :2], np.float64)
    right, left = flat[:, topology.RIGHT_EYE_CORNERS[0]], flat[:, topology.LEFT_EYE_CORNERS[0]]
    eyes = float(np.median(np.linalg.norm(left - right, axis=1)))
    chosen = flat if points is None else flat[:, points]
    return float(np.sqrt((np.diff(chosen, n=2, axis=0) ** 2).mean()) / eyes * 1000.0)


def test_tremble_goes_down_and_zero_leaves_all() -> None:
    still = noisy(np.stack([face(height=150)] * 40))
    assert jitter(smooth(NUMBERS, still, WHOLE, 1.0)) < 0.6 * jitter(still)
    assert (smooth(NUMBERS, still, WHOLE, 0.0) == still).all()


def test_steady_movement_passes() -> None:
    moving = np.stack([face(50 + 6 * step, 100 + 2 * step, height=150) for step in range(40)])
    assert smooth(NUMBERS, moving, WHOLE, 2.0) == pytest.approx(moving, abs=0.02)


def test_blink_is_not_smeared() -> None:
    points = np.stack([face(height=150)] * 40)
    for upper, lower in ((159, 145), (160, 144), (158, 153), (386, 374), (387, 373), (385, 380)):
        points[20:22, upper] = points[20:22, lower]
    before = [eye_opening(each) for each in points]
    after = [eye_opening(each) for each in smooth(NUMBERS, points, WHOLE, 1.0)]
    assert after == pytest.approx(before, abs=0.03)
    assert min(after) < 0.05


@pytest.mark.parametrize("broken", ["segment", "hole"])
def test_nothing_reaches_across_a_break(broken: str) -> None:
    points = noisy(np.stack([face(height=150)] * 40))
    starts, numbers = WHOLE.copy(), NUMBERS.copy()
    if broken == "segment":
        starts[20] = True
    else:
        numbers[20:] += 5
    together = smooth(numbers, points, starts, 1.0)
    assert (together[:20] == smooth(numbers[:20], points[:20], WHOLE[:20], 1.0)).all()
    assert together[20:] == pytest.approx(smooth(numbers[20:], points[20:], WHOLE[20:], 1.0), abs=1e-5)


@settings(max_examples=15, deadline=None)
@given(first=st.integers(0, 30), length=st.integers(1, 10), sigma=st.sampled_from([0.5, 1.0, 2.0]))
def test_frames_beyond_reach_do_not_matter(first: int, length: int, sigma: float) -> None:
    points = noisy(np.stack([face(100 + 3 * step, height=100 + step) for step in range(40)]))
    whole = smooth(NUMBERS, points, WHOLE, sigma)
    low, high = max(first - REACH, 0), min(first + length + REACH, 40)
    piece = smooth(NUMBERS[low:high], points[low:high], WHOLE[low:high], sigma)
    assert (piece[first - low : first - low + length] == whole[first : first + length]).all()
