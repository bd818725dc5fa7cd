"""Plates into comp space: OCIO's own values, the same bits every time."""

from __future__ import annotations

import numpy as np
import pytest

from fsvfx.colour import DEFAULT_CONFIG, PlateColour, comp_space, convert, plate_to_comp
from fsvfx.colour.conversion import channel_curves
from fsvfx.colour.plate import display_codes, preview_codes
from fsvfx.colour.spaces import check_space
from fsvfx.errors import PlateError

CURVED = ["sRGB", "Rec.709", "ACEScct", "LogC4", "linear_rec709", "ACES2065-1"]
CURVELESS = ["ACEScc", "ADX10", "hlg_rec2020_display"]


def _codes(dtype: type, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, np.iinfo(dtype).max + 1, (70, 90, 3)).astype(dtype)


@pytest.mark.parametrize("space", CURVED + CURVELESS)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_integer_plates_are_what_ocio_says(space: str, dtype: type) -> None:
    codes = _codes(dtype)
    target = comp_space(DEFAULT_CONFIG, space)
    wanted = convert(codes / np.iinfo(dtype).max, space, target, DEFAULT_CONFIG)
    got = plate_to_comp(codes, space, DEFAULT_CONFIG)
    assert got.dtype == np.float16
    ulp = np.spacing(np.abs(np.clip(wanted, -65504, 65504)).astype(np.float16)).astype(np.float64)
    reach = np.abs(wanted).max(axis=-1, keepdims=True) * 2e-6
    assert np.all(np.abs(got.astype(np.float64) - np.clip(wanted, -65504, 65504)) <= 0.51 * ulp + reach)


def test_curves_are_used_where_they_hold_only() -> None:
    for space, there in [(name, True) for name in CURVED] + [(name, False) for name in CURVELESS]:
        source = check_space(DEFAULT_CONFIG, space)
        curves = channel_curves(DEFAULT_CONFIG, source, comp_space(DEFAULT_CONFIG, space), 256)
        assert (curves is not None) == there, space


@pytest.mark.parametrize("space", ["sRGB", "ADX10"])
def test_a_crop_has_the_bits_of_the_frame(space: str) -> None:
    codes = _codes(np.uint8)
    whole = plate_to_comp(codes, space, DEFAULT_CONFIG)
    assert np.array_equal(plate_to_comp(codes[13:30, 7:50], space, DEFAULT_CONFIG), whole[13:30, 7:50])


def test_white_and_black_stay() -> None:
    ends = plate_to_comp(np.array([[[0, 0, 0], [255, 255, 255]]], np.uint8), "sRGB", DEFAULT_CONFIG)
    assert ends.tolist() == [[[0, 0, 0], [1, 1, 1]]]


def test_a_linear_half_plate_passes_bit_for_bit() -> None:
    bits = np.random.default_rng(0).integers(0, 65536, (40, 50, 3), dtype=np.uint16)  # every NaN and infinity too
    plate = bits.view(np.float16)
    assert np.array_equal(plate_to_comp(plate, "ACEScg", DEFAULT_CONFIG).view(np.uint16), bits)


def test_a_log_half_plate_is_held_to_what_half_can_say() -> None:
    plate = np.array([[[0.5, 0.5, 0.5], [2.0, 2.0, 2.0]]], np.float16)
    comp = plate_to_comp(plate, "ACEScct", DEFAULT_CONFIG)
    assert np.isfinite(comp).all()
    assert comp[0, 1].tolist() == [65504.0] * 3


@pytest.mark.parametrize(
    "plate", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 4), np.uint8), np.zeros((4, 4, 3), np.float32)]
)
def test_what_is_no_plate_is_refused(plate: np.ndarray) -> None:
    with pytest.raises(PlateError):
        plate_to_comp(plate, "sRGB", DEFAULT_CONFIG)


@pytest.mark.parametrize(("space", "exposure"), [("sRGB", 0.0), ("Rec.709", 0.5), ("ACEScct", 0.0), ("P3", 0.0)])
def test_a_plate_is_shown_as_its_comp_is_previewed(space: str, exposure: float) -> None:
    colour, codes = PlateColour(space, exposure=exposure), _codes(np.uint8, 1)
    wanted = colour.preview(colour.to_comp(codes)).astype(int)
    assert np.abs(colour.shown(codes) - wanted).max() <= 2
    assert (preview_codes(space, DEFAULT_CONFIG, exposure) is not None) == (space in ("sRGB", "Rec.709"))


@pytest.mark.parametrize(("space", "exposure"), [("sRGB", 0.0), ("Rec.709", 0.5), ("ACEScct", 0.0), ("P3", 0.0)])
def test_engines_see_a_plate_as_they_see_its_comp(space: str, exposure: float) -> None:
    colour, codes = PlateColour(space, exposure=exposure), _codes(np.uint8, 1)
    comp = colour.to_comp(codes).astype(np.float64)
    apart = np.abs(colour.display(codes) - np.clip(colour.encode(comp), 0, 1))
    assert apart.mean() < 3e-4
    assert apart[codes.min(axis=2) > 64].max() < 2e-3
    assert (display_codes(space, DEFAULT_CONFIG, exposure) is not None) == (space in ("sRGB", "Rec.709"))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("space", ["ACEScg", "ACEScct"])
def test_engines_see_what_is_no_number_as_some_light(space: str) -> None:
    """Renders have infinities of both signs, whose sum is no number, and numpy would say so in the middle of a run."""
    plate = np.array([[[np.inf, -np.inf, 0.5], [np.nan, 0.5, 0.5]]], np.float16)
    seen = PlateColour(space).display(plate)
    assert ((seen >= 0) & (seen <= 1)).all()
    assert seen[0, 0, :2].tolist() == [1, 0]
