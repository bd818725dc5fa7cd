"""Blending in light: seams, highlights, negatives."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from fsvfx.comp import blend as blending
from fsvfx.comp.matte import feather
from schemas.composite import CompositeSettings

MODES: tuple[Literal["seamless", "overlay"], ...] = ("seamless", "overlay")
F32 = NDArray[np.float32]


def blend(
    plate: NDArray[np.float16], swap: F32, soft: F32, mode: Literal["seamless", "overlay"]
) -> NDArray[np.float16]:
    """One frame."""
    patch = blending.blend(plate[None], swap[None], soft[None], CompositeSettings(mode=mode))[0]
    return blending.sealed(patch, plate, soft)


def matte(size: int = 96, width: float = 6) -> F32:
    picture = np.zeros((size, size), np.float32)
    cv2.ellipse(picture, (size // 2, size // 2), (size // 4, size // 3), 0, 0, 360, 1.0, -1, cv2.LINE_AA)
    return feather(picture, width)


def skin(size: int = 96, seed: int = 0) -> F32:
    noise = np.random.default_rng(seed).standard_normal((size, size, 1)).astype(np.float32)
    shade = np.linspace(0.5, 1.0, size, dtype=np.float32)[None, :, None]
    return np.array([0.45, 0.28, 0.2], np.float32) * (shade + 0.02 * noise)


def edge_excess(comp: NDArray[np.floating], plate: F32, soft: F32) -> float:
    band = (soft > 0) & (soft < 1)
    slopes = [np.hypot(*np.gradient(cv2.GaussianBlur(p.astype(np.float32), (0, 0), 1)[..., 0])) for p in (comp, plate)]
    return float(slopes[0][band].mean() - slopes[1][band].mean())


def test_seamless_has_less_of_a_seam_than_overlay() -> None:
    plate, swap, soft = skin(), 1.6 * skin(seed=1), matte()
    smooth, hard = (edge_excess(blend(plate.astype(np.float16), swap, soft, mode), plate, soft) for mode in MODES)
    assert smooth < 0.1 * hard


@pytest.mark.parametrize("mode", MODES)
def test_same_colours_stay(mode: Literal["seamless", "overlay"]) -> None:
    plate = skin().astype(np.float16)
    assert np.array_equal(blend(plate, plate.astype(np.float32), matte(), mode), plate)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("value", [64.0, -0.04, 6e4])
def test_values_beyond_the_display_survive(mode: Literal["seamless", "overlay"], value: float) -> None:
    plate, swap = skin().astype(np.float16), skin(seed=2)
    swap[44:52, 44:52] = value
    found = blend(plate, swap, matte(), mode)[48, 48].astype(np.float32)
    assert np.allclose(found, value, rtol=0.01, atol=0.03)


@pytest.mark.parametrize("mode", MODES)
def test_the_plates_bits_where_the_matte_is_zero(mode: Literal["seamless", "overlay"]) -> None:
    plate = skin().astype(np.float16)
    plate[0, :4, 0] = np.array([np.nan, np.inf, -np.inf, -0.0])
    plate[48, 48] = np.nan
    soft = matte()
    found = blend(plate, skin(seed=3), soft, mode)
    outside = soft == 0
    assert np.array_equal(found.view(np.uint16)[outside], plate.view(np.uint16)[outside])
    assert np.isfinite(found[~outside]).all()


@pytest.mark.parametrize("light", [0.5, 1.8])
def test_pupils_stay_dark_and_above_black(light: float) -> None:
    """Skin takes on the plate's light; what is near black in the swap neither turns milky nor negative."""
    plate, swap = skin(), skin(seed=5) / light
    swap[46:50, 46:50] = 0.01
    found = blend(plate.astype(np.float16), swap, matte(), "seamless").astype(np.float32)
    assert np.allclose(found[40:44, 40:44].mean((0, 1)), plate[40:44, 40:44].mean((0, 1)), rtol=0.1)
    assert found[47:49, 47:49].min() > 0
    assert found[47:49, 47:49].max() < 0.03


def test_grain_on_the_rim_does_not_flicker() -> None:
    """Frames that differ by grain only: the comp's mean inside moves less than a tenth of the grain."""
    soft = matte(96)
    core = soft > 0.99
    means = []
    for seed in range(8):
        comp = blend(skin(seed=seed).astype(np.float16), 1.3 * skin(seed=99), soft, "seamless")
        means.append(comp.astype(np.float32)[core].mean(axis=0))
    assert np.std(means, axis=0).max() < 0.1 * 0.02 * 0.45
