"""To display and back, without loss; and pictures to look at."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from fsvfx.colour import DEFAULT_CONFIG, decode, encode, plate_to_comp, preview
from fsvfx.colour.curves import KNEE, shoulder, srgb, to_display, to_light
from fsvfx.colour.planes import from_half, half_of

SPACES = ["ACEScg", "ACES2065-1", "Linear Rec.709 (sRGB)", "Linear ARRI Wide Gamut 4"]
HALVES = st.floats(float(np.float16(-0.05)), 64, width=16)
PIXELS = hnp.arrays(np.float64, (5, 3), elements=HALVES)


def _half_ulp(values: np.ndarray) -> np.ndarray:
    return np.spacing(np.abs(values).astype(np.float16)).astype(np.float64) / 2


@given(PIXELS, st.sampled_from(SPACES), st.floats(-6, 6))
def test_double_precision_comes_back_channel_by_channel(pixels: np.ndarray, space: str, exposure: float) -> None:
    back = decode(encode(pixels, DEFAULT_CONFIG, space, exposure), DEFAULT_CONFIG, space, exposure)
    assert back.dtype == np.float64
    assert np.all(np.abs(back - pixels) <= _half_ulp(pixels))


@given(PIXELS, st.sampled_from(SPACES))
def test_single_precision_comes_back_as_seen_on_the_largest_channel(pixels: np.ndarray, space: str) -> None:
    back = decode(encode(pixels.astype(np.float32), DEFAULT_CONFIG, space), DEFAULT_CONFIG, space)
    assert back.dtype == np.float32
    largest = np.abs(pixels).max(axis=-1, keepdims=True)
    assert np.all(np.abs(back - pixels) <= _half_ulp(largest))


def _halves() -> np.ndarray:
    every = np.arange(65536, dtype=np.uint16).view(np.float16)
    return every[(every >= np.float16(-0.05)) & (every <= 64)].astype(np.float64)  # NaN fails both


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("channel", [0, 1, 2])
def test_every_half_comes_back_in_every_channel_beside_any_other_light(space: str, channel: int) -> None:
    halves = _halves()
    for others in (-0.05, 0.0, 0.18, 1.0, 64.0):  # out of gamut too: most of these go negative in Rec.709
        pixels = np.full((len(halves), 3), np.float16(others), np.float64)
        pixels[:, channel] = halves
        exact = decode(encode(pixels, DEFAULT_CONFIG, space), DEFAULT_CONFIG, space)
        assert np.all(np.abs(exact - pixels) <= _half_ulp(pixels))
        fast = decode(encode(pixels.astype(np.float32), DEFAULT_CONFIG, space), DEFAULT_CONFIG, space)
        assert np.all(np.abs(fast - pixels) <= _half_ulp(np.abs(pixels).max(axis=1, keepdims=True)))


@pytest.mark.parametrize("space", SPACES)
def test_every_grey_half_comes_back_to_half_an_ulp_in_single_precision(space: str) -> None:
    grey = np.repeat(_halves()[:, None], 3, axis=1)
    back = decode(encode(grey.astype(np.float32), DEFAULT_CONFIG, space), DEFAULT_CONFIG, space)
    assert np.all(np.abs(back - grey) <= _half_ulp(grey))


def test_the_fast_curves_are_the_curves() -> None:
    light = np.concatenate([np.geomspace(1e-8, 65504, 300_001), np.linspace(0, 1, 300_001)])
    shown = srgb(shoulder(light))
    assert np.abs(to_display(light.astype(np.float32)) - shown).max() < 1e-6
    back = to_light(shown.astype(np.float32))
    assert np.all(np.abs(back - light) <= 2e-5 * light + 1e-8)


@pytest.mark.parametrize("scale", [1e-7, 1e-3, 1.0, 1e5])
def test_half_floats_are_rounded_as_numpy_rounds_them(scale: float) -> None:
    values = (np.random.default_rng(0).standard_normal((64, 999)) * scale).astype(np.float32)
    every = np.arange(65536, dtype=np.uint16).view(np.float16)
    with np.errstate(over="ignore"):
        assert np.array_equal(half_of(values).view(np.uint16), values.astype(np.float16).view(np.uint16))
    kept = every[~np.isnan(every)]
    assert np.isnan(from_half(every)[np.isnan(every)]).all()
    assert np.array_equal(from_half(kept).view(np.uint32), kept.astype(np.float32).view(np.uint32))
    assert np.array_equal(half_of(from_half(kept)).view(np.uint16), kept.view(np.uint16))
    middles = (from_half(kept[:31743]) + from_half(kept[1:31744])) / 2
    assert np.array_equal(half_of(middles), middles.astype(np.float16))


def test_display_is_srgb_below_the_knee_and_ends_at_one() -> None:
    def shown(value: float) -> float:
        return float(encode(np.full((1, 3), value), DEFAULT_CONFIG, SPACES[2])[0, 0])

    for value, wanted in [(0, 0), (0.001, 0.01292), (0.18, 0.4613561), (0.5, 0.7353569), (KNEE, 0.9063317), (64, 1)]:
        assert shown(value) == pytest.approx(wanted, abs=2e-6)
    assert shown(-0.18) == -shown(0.18)
    for space in SPACES:
        assert encode(np.ones((1, 3)), DEFAULT_CONFIG, space) == pytest.approx(shown(1.0), abs=1e-4)


def test_display_rises_all_the_way_and_smoothly_at_the_knee() -> None:
    light = np.repeat(np.linspace(0, 70, 200_001)[:, None], 3, axis=1)
    shown = encode(light, DEFAULT_CONFIG, SPACES[2])[:, 0]
    slopes = np.diff(shown)
    assert (slopes > 0).all()
    at = int(KNEE / 70 * 200_000)
    assert slopes[at + 1] == pytest.approx(slopes[at - 2], rel=0.1)


@given(hnp.arrays(np.float32, (3, 3), elements=st.floats(-65504, 65504, width=32)), st.sampled_from(SPACES))
def test_nothing_finite_becomes_nan(pixels: np.ndarray, space: str) -> None:
    shown = encode(pixels, DEFAULT_CONFIG, space)
    assert np.isfinite(shown).all()
    assert np.isfinite(decode(np.clip(shown, 0, 1), DEFAULT_CONFIG, space)).all()


def test_video_looks_as_it_did() -> None:
    codes = np.random.default_rng(0).integers(0, 256, (60, 70, 3), dtype=np.uint8)
    for space in ("sRGB", "linear_rec709"):
        shown = preview(plate_to_comp(codes, space, DEFAULT_CONFIG), space, DEFAULT_CONFIG)
        if space == "sRGB":
            assert np.abs(shown.astype(int) - codes).max() <= 1
            assert (shown != codes).mean() < 0.01
        else:
            assert shown.max() < 240  # rolls off: white is not the display's


def test_preview_takes_what_exr_may_hold() -> None:
    frame = np.array([[[np.nan, np.inf, -np.inf], [1e4, -5, 0.5]]], np.float16)
    shown = preview(frame, "linear_rec709", DEFAULT_CONFIG)
    assert shown.shape == (1, 2, 3)
    assert shown[0, 1].tolist()[:2] == [255, 0]
