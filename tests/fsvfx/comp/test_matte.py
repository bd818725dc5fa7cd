"""Mattes stay in range whatever shapes them, and join as their expression says."""

from __future__ import annotations

import re

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pydantic import ValidationError

from fsvfx.comp.expressions import sources
from fsvfx.comp.matte import border_fade, erode, feather, hull, joined, shape
from schemas.composite import MATTE_PATTERN, CompositeSettings

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


NAMES = ("learned", "hull", "plate", "identity", "external", "full")
GIVEN = {name: np.random.default_rng(seed).random((6, 6), np.float32) for seed, name in enumerate(NAMES)}
expressions = st.lists(st.sampled_from(NAMES), min_size=1, max_size=8).flatmap(
    lambda names: st.lists(st.sampled_from("*+"), min_size=len(names) - 1, max_size=len(names) - 1).map(
        lambda signs: "".join(a + b for a, b in zip(names, [*signs, ""]))
    )
)


@settings(max_examples=80, deadline=None)
@given(expressions)
def test_what_the_schema_takes_is_evaluated(expression: str) -> None:
    assert re.fullmatch(MATTE_PATTERN, expression)
    found = joined(expression, GIVEN)
    assert found.shape == (6, 6)
    assert 0 <= found.min() <= found.max() <= 1
    assert sources(expression) == frozenset(re.split(r"[*+]", expression))
    assert np.array_equal(joined(expression.replace("*", " * ").replace("+", " + "), GIVEN), found)


@settings(max_examples=40, deadline=None)
@given(expressions, st.sampled_from(NAMES))
def test_unions_grow_and_products_shrink(expression: str, name: str) -> None:
    found = joined(expression, GIVEN)
    assert (joined(f"{expression}+{name}", GIVEN) >= found).all()
    assert (joined(f"{name}+{expression}", GIVEN) == joined(f"{expression}+{name}", GIVEN)).all()
    assert np.array_equal(joined(f"{expression}+{expression}", GIVEN), found)
    if "+" not in expression:
        assert (joined(f"{expression}*{name}", GIVEN) <= found).all()
        everything = {**GIVEN, "full": np.ones((6, 6), np.float32)}
        assert np.array_equal(joined(f"{expression}*full", everything), joined(expression, everything))


def test_products_bind_tighter() -> None:
    expected = np.maximum(GIVEN["learned"] * GIVEN["plate"], GIVEN["external"])
    assert np.array_equal(joined("learned*plate+external", GIVEN), expected)


@pytest.mark.parametrize(
    "wrong", ["", "face", "learned-plate", "learned*", "*learned", "(learned+hull)*plate", "hull hull"]
)
def test_other_expressions_are_refused(wrong: str) -> None:
    with pytest.raises(ValidationError):
        CompositeSettings(matte=wrong)


def test_a_hull_covers_its_mesh_and_no_more() -> None:
    corners = np.array([[20.5, 30.25], [90.0, 25.0], [80.0, 100.0], [30.0, 95.0], [55.0, 60.0]])
    found = hull(corners, 128)
    y, x = np.mgrid[:128, :128]
    x0, y0 = corners[:4, 0], corners[:4, 1]
    area = 0.5 * abs(np.dot(x0, np.roll(y0, 1)) - np.dot(y0, np.roll(x0, 1)))
    assert found.sum() == pytest.approx(area, rel=0.06)
    assert found[60, 55] == 1
    assert not found[(x < 18) | (x > 92) | (y < 23) | (y > 102)].any()
