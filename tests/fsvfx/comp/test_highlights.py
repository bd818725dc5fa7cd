"""Light beyond diffuse white, in swap and plate."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from fsvfx import colour
from fsvfx.comp.blend import blend
from fsvfx.comp.choices import PYRAMIDS
from fsvfx.comp.highlights import glare, held, keep_highlights, most_shown
from schemas.composite import CompositeSettings, Mode

F32 = NDArray[np.float32]
SIZE = 64
GRADED: tuple[Mode, ...] = ("overlay", "seamless", "multi-band", "contrast-preserving")
LIGHT = ("seamless", *PYRAMIDS)


def skin(seed: int = 0) -> F32:
    """(1, h, w, 3)"""
    grain = np.random.default_rng(seed).standard_normal((1, SIZE, SIZE, 1))
    return (np.array([0.45, 0.28, 0.2]) * (1 + 0.03 * grain)).astype(np.float32)


def matte() -> F32:
    drawn = np.zeros((SIZE, SIZE), np.float32)
    cv2.ellipse(drawn, (SIZE // 2, SIZE // 2), (18, 24), 0, 0, 360, 1.0, -1)
    return drawn[None]


def comp(plate: F32, swap: F32, mode: str, highlights: bool = True) -> F32:
    return blend(plate, swap, matte(), CompositeSettings(mode=mode, keep_highlights=highlights))  # type: ignore[arg-type]


SPECK = np.s_[0, 20, 30]


def test_a_swap_shows_no_more_than_white_where_the_plate_is_darker() -> None:
    white = most_shown(np.full((SIZE, SIZE, 3), 0.7, np.float32), matte()[0])
    light = colour.decode(np.full((1, 3), white), colour.DEFAULT_CONFIG, "ACEScg")
    assert light == pytest.approx(1.0, abs=1e-4)


def test_a_swap_shows_as_much_as_the_plates_brightest_under_the_matte() -> None:
    plate = np.full((SIZE, SIZE, 3), 0.7, np.float32)
    plate[32, 32, 1], plate[2, 2] = 0.98, 1.0
    assert most_shown(plate, matte()[0]) == pytest.approx(0.98)


def test_holding_keeps_what_is_not_bright() -> None:
    bright = skin()
    bright[SPECK] = [8.0, 4.0, -0.5]
    found = held(bright, np.full(1, 2.0, np.float32))
    assert found[SPECK] == pytest.approx([2.0, 1.0, -0.125])
    others = np.ones((1, SIZE, SIZE), np.bool_)
    others[SPECK] = False
    assert np.array_equal(found[others], bright[others])
    calm = skin(1)
    both = held(np.concatenate([calm, bright]), np.full(2, 2.0, np.float32))
    assert np.array_equal(both, np.concatenate([calm, found]))


@pytest.mark.parametrize("mode", LIGHT)
@pytest.mark.parametrize("light", [40.0, 65504.0, np.inf])
def test_a_lamp_in_the_plate_does_not_light_the_whole_face(mode: Mode, light: float) -> None:
    plate, swap = skin(), skin(1)
    usual = comp(plate, swap, mode)
    plate[0, 30:33, 30:33] = light
    found = comp(plate, swap, mode, highlights=False)
    far = matte() > 0
    far[0, 22:41, 22:41] = False
    assert np.abs(found - usual)[far].max() < 0.04


@pytest.mark.parametrize("mode", GRADED)
def test_a_face_in_the_sun_stays_as_bright(mode: Mode) -> None:
    """Skin itself beyond white is no highlight."""
    plate, swap = 8 * skin(), 8 * skin(1)
    found = comp(plate, swap, mode)
    inside = matte() > 0
    assert found[inside].mean(axis=0) == pytest.approx(plate[inside].mean(axis=0), rel=0.02)
    assert glare(plate, matte())[0] > plate.max()


@pytest.mark.parametrize("mode", LIGHT)
def test_the_same_picture_stays_with_its_lamp(mode: Mode) -> None:
    plate = skin()
    plate[0, 30:33, 30:33] = 40.0
    assert comp(plate, plate.copy(), mode, highlights=False) == pytest.approx(plate, abs=2e-4, rel=1e-3)


def test_highlights_of_the_plate_are_kept() -> None:
    plate, swap = skin()[0], skin(1)[0]
    plate[40:44, 40:44] = 8.0
    kept = keep_highlights(swap, plate)
    assert kept[42, 42].mean() == pytest.approx(8.0, rel=0.01)
    assert np.array_equal(kept[60], swap[60])


def test_highlights_that_are_there_are_not_doubled() -> None:
    plate = skin()[0]
    plate[40:44, 40:44] = 8.0
    assert np.array_equal(keep_highlights(plate, plate), plate)
