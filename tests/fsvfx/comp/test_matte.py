"""What holds for every matte."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from fsvfx.comp.matte import border_fade, erode, feather, shape
from schemas.composite import CompositeSettings

F32 = NDArray[np.float32]


def disc(size: int = 128, share: float = 0.35, value: float = 1.0) -> F32:
    picture = np.zeros((size, size), np.float32)
    cv2.circle(picture, (size // 2, size // 2), round(share * size), value, -1, cv2.LINE_AA)
    return picture


mattes = st.builds(
    lambda seed, cut: cv2.GaussianBlur(np.random.default_rng(seed).random((64, 64), np.float32), (0, 0), 4) > cut,
    st.integers(0, 1000),
    st.floats(0.4, 0.6),
).map(lambda each: each.astype(np.float32))
chosen = st.builds(
    CompositeSettings,
    erode=st.floats(-20, 20),
    feather=st.floats(0, 40),
    mode=st.just("seamless"),
)


@settings(max_examples=60, deadline=None)
@given(mattes, chosen)
def test_stays_in_range_and_off_the_border(matte: F32, settings_: CompositeSettings) -> None:
    shaped = shape(matte, settings_)
    assert shaped.dtype == np.float32
    assert shaped.min() >= 0
    assert shaped.max() <= 1
    assert not np.concatenate([shaped[[0, -1]].ravel(), shaped[:, [0, -1]].ravel()]).any()
    assert np.array_equal(shaped, shape(matte, settings_))


@settings(max_examples=40, deadline=None)
@given(mattes, st.floats(0, 12), st.floats(0, 12))
def test_more_erosion_is_less_matte(matte: F32, one: float, other: float) -> None:
    small, large = sorted((one, other))
    assert (erode(matte, large) <= erode(matte, small) + 1e-6).all()
    assert (erode(matte, -small) <= erode(matte, -large) + 1e-6).all()


@settings(max_examples=40, deadline=None)
@given(mattes, st.floats(0, 30))
def test_feather_goes_inwards(matte: F32, width: float) -> None:
    assert (feather(matte, width) <= matte).all()


@pytest.mark.parametrize("width", [4.0, 8.0, 16.0])
def test_feather_is_as_wide_as_asked(width: float) -> None:
    line = feather(disc(256), width)[128, 128:]
    edge = 0.35 * 256
    ramp = np.flatnonzero((line > 0.02) & (line < 0.98))
    assert abs(ramp[-1] + 1 - edge) <= 2
    assert width * 0.6 <= len(ramp) <= width + 1


@pytest.mark.parametrize("radius", [-5.0, -2.5, 0.0, 1.0, 3.3, 8.0])
def test_erosion_moves_the_edge_as_asked(radius: float) -> None:
    before, after = disc(256), erode(disc(256), radius)
    moved = np.sqrt(before.sum() / np.pi) - np.sqrt(after.sum() / np.pi)
    assert moved == pytest.approx(radius, abs=0.5)


def test_lengths_grow_with_the_crop() -> None:
    """The same settings on a crop twice as large give the same matte, twice as large."""
    settings_ = CompositeSettings(erode=4, feather=20)
    small, large = shape(disc(192), settings_), shape(disc(384), settings_)
    assert np.abs(cv2.resize(large, (192, 192), interpolation=cv2.INTER_AREA) - small).max() < 0.1


def test_half_transparent_parts_stay_so() -> None:
    shaped = shape(disc(128, value=0.5), CompositeSettings(feather=6))
    assert shaped[64, 64] == pytest.approx(0.5)


@pytest.mark.parametrize(
    "settings_", [CompositeSettings(erode=-64, feather=0), CompositeSettings(erode=64, feather=128)]
)
def test_extremes(settings_: CompositeSettings) -> None:
    assert not shape(np.zeros((128, 128), np.float16), settings_).any()
    assert shape(np.ones((128, 128), np.float16), settings_)[[0, -1]].max() == 0
    assert np.isfinite(shape(np.full((64, 64), np.nan, np.float32), settings_)).all()


def test_moves_smoothly() -> None:
    """A matte that drifts by a tenth of a pixel changes by no more than that tells."""
    shifts = [cv2.warpAffine(disc(256), np.array([[1, 0, s], [0, 1, 0.0]]), (256, 256)) for s in (0.0, 0.1)]
    one, other = (shape(each, CompositeSettings()) for each in shifts)
    assert np.abs(one - other).max() < 0.06


def test_border_fade_is_one_inside() -> None:
    fade = border_fade(100)
    assert fade[50, 50] == 1
    assert fade[0].max() == 0
