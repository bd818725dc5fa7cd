"""The operators together: neutral ones cost nothing, each of them shows, none breaks the picture."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_pictures import disc, face, scene

from fsvfx.comp.finish import finish
from fsvfx.faces import topology
from schemas.composite import CompositeSettings

SIZE = 96
CROP, PLATE, SHARE = scene(SIZE, 1), scene(SIZE, 2), disc(SIZE)
FACE = face(SIZE)


def finished(crop: np.ndarray = CROP, scale: float = 1.0, **values) -> np.ndarray:
    soft = PLATE if "match_resolution" not in values else np.full_like(PLATE, 0.4) + 0.1 * PLATE.mean(axis=1)[:, None]
    return finish(
        crop, soft, SHARE, CompositeSettings(**values), landmarks=FACE, before=FACE - 4, after=FACE + 4, scale=scale
    )


def test_neutral_settings_give_the_very_crop() -> None:
    assert FACE.shape == (topology.POINTS, 2)
    assert finished() is CROP


ONE_BY_ONE = (
    {"denoise": 60.0},
    {"super_resolution": 100.0},
    {"sharpen": 50.0},
    {"sharpen": -50.0},
    {"sharpen": 50.0, "sharpen_kernel": "box"},
    {"motion_blur": 100.0},
    {"match_resolution": 100.0},
    {"degrade": 50.0},
)


@pytest.mark.parametrize("values", ONE_BY_ONE, ids=str)
def test_each_shows_and_keeps_range_and_crop(values: dict) -> None:
    before = CROP.copy()
    made = finished(**values)
    assert made.dtype == np.float32
    assert made.shape == CROP.shape
    assert np.isfinite(made).all()
    assert np.abs(made - CROP).max() > 0.01
    assert made.min() >= CROP.min()
    assert made.max() <= CROP.max()
    np.testing.assert_array_equal(CROP, before)


@pytest.mark.parametrize("values", ONE_BY_ONE, ids=str)
def test_an_even_crop_stays_even(values: dict) -> None:
    even = np.full_like(CROP, 0.37)
    np.testing.assert_allclose(finished(even, **values), even, atol=1e-4)


@settings(max_examples=25, deadline=None)
@given(
    denoise=st.floats(0, 100),
    super_resolution=st.floats(0, 100),
    sharpen=st.floats(-100, 100),
    kernel=st.sampled_from(["gaussian", "box"]),
    motion=st.floats(0, 200),
    match=st.floats(0, 100),
    degrade=st.floats(0, 100),
    scale=st.floats(0.5, 4),
)
def test_any_settings_stay_finite_and_in_range(
    denoise: float,
    super_resolution: float,
    sharpen: float,
    kernel: str,
    motion: float,
    match: float,
    degrade: float,
    scale: float,
) -> None:
    made = finished(
        scale=scale,
        denoise=denoise,
        super_resolution=super_resolution,
        sharpen=sharpen,
        sharpen_kernel=kernel,
        motion_blur=motion,
        match_resolution=match,
        degrade=degrade,
    )
    assert np.isfinite(made).all()
    assert made.min() >= CROP.min()
    assert made.max() <= CROP.max()
