"""What no comp may do to a plate's values, in every mode."""

from __future__ import annotations

from typing import get_args

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from fsvfx.comp.blend import blend, sealed
from schemas.composite import CompositeSettings, Mode

F32 = NDArray[np.float32]
SIZE = 64
MODES = [mode for mode in get_args(Mode) if mode != "original"]
ODD = [np.nan, np.inf, -np.inf]


def scene() -> tuple[NDArray[np.float16], F32, F32]:
    """Plate and swap (1, h, w, 3), scene-linear, and a soft matte (1, h, w)."""
    random = np.random.default_rng(0)
    plate, swap = (
        (np.array(tint) * (1 + 0.05 * random.standard_normal((1, SIZE, SIZE, 1)))).astype(np.float32)
        for tint in ((0.4, 0.25, 0.2), (0.3, 0.22, 0.2))
    )
    soft = np.zeros((SIZE, SIZE), np.float32)
    cv2.ellipse(soft, (SIZE // 2, SIZE // 2), (16, 20), 0, 0, 360, 1.0, -1)
    return plate.astype(np.float16), swap, np.maximum(cv2.GaussianBlur(soft, (7, 7), 2) - 0.01, 0)[None]


def comp(plate: NDArray[np.float16], swap: F32, matte: F32, mode: Mode) -> NDArray[np.float16]:
    return sealed(blend(plate, swap, matte, CompositeSettings(mode=mode)), plate, matte)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("where", ["plate", "swap", "both"])
def test_no_nan_and_no_infinity_leaves_the_matte(mode: Mode, where: str) -> None:
    plate, swap, matte = scene()
    for index, value in enumerate(ODD):
        spot = np.s_[0, 24 + 6 * index : 27 + 6 * index, 30:34, index % 3]
        if where != "swap":
            plate[spot] = value
        if where != "plate":
            swap[spot] = value
    made = comp(plate, swap, matte, mode)
    assert np.isfinite(made[matte > 0]).all()
    usual = (matte > 0) & (np.abs(made.astype(np.float32)).max(axis=-1) < 1)
    assert usual.sum() > 0.9 * (matte > 0).sum()  # and it does not spread


@pytest.mark.parametrize("mode", MODES)
def test_outside_the_matte_every_bit_stays(mode: Mode) -> None:
    plate, swap, matte = scene()
    outside = matte == 0
    values = np.array([np.nan, np.inf, -np.inf, -0.05, -3.0, 64.0, 65504.0, -0.0, 6e-8], np.float16)
    odd = values[np.random.default_rng(1).integers(0, len(values), plate.shape)]
    plate = np.where(outside[..., None], odd, plate)
    made = comp(plate, swap, matte, mode)
    assert np.array_equal(made.view(np.uint16)[outside], plate.view(np.uint16)[outside])
    assert np.isfinite(made[matte > 0]).all()


@pytest.mark.parametrize("value", [-0.05, -1.5])
def test_negative_and_out_of_gamut_plate_values_show_through_a_half_open_matte(value: float) -> None:
    plate, swap, matte = scene()
    half = np.full_like(matte, 0.5)
    plate[..., 2] = np.float16(value)  # blue below zero: outside the comp's own gamut
    made = comp(plate, swap, half, "overlay").astype(np.float32)
    assert made[..., 2] == pytest.approx((np.float32(np.float16(value)) + swap[..., 2]) / 2, abs=2e-3)


@pytest.mark.parametrize("mode", [mode for mode in MODES if mode != "raw"])
@pytest.mark.parametrize("light", [4.0, 40.0])
def test_the_plates_highlights_stay_inside_the_matte(mode: Mode, light: float) -> None:
    plate, swap, matte = scene()
    lamp = np.s_[0, 30:34, 30:34]
    plate[lamp] = light
    assert (matte[lamp] > 0.98).all()
    made = comp(plate, swap, matte, mode)[lamp].astype(np.float32)
    assert made.mean() == pytest.approx(light, rel=0.15)
