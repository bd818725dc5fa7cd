"""Colour and light."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from fsvfx.engines.mesh import regions, tone
from fsvfx.faces.topology import OVAL

Made = Callable[..., Any]


@settings(max_examples=50, deadline=None)
@given(gain=st.floats(0.7, 1.3), shift=st.floats(-0.2, 0.2), seed=st.integers(0, 99))
def test_match_gives_the_other_mean(gain: float, shift: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    ours = rng.uniform(0.2, 0.8, (500, 3)).astype(np.float32)
    theirs = (ours * gain + shift).astype(np.float32)
    matched = tone.match(ours, theirs, np.ones(500, np.float32))
    assert np.allclose(matched.mean(0), theirs.mean(0), atol=1e-3)


def test_match_of_equals_changes_nothing(picture: Made) -> None:
    ours = picture(32).reshape(-1, 3)
    assert np.allclose(tone.match(ours, ours, np.ones(len(ours), np.float32)), ours, atol=1e-4)


def test_match_looks_at_weighted_pixels_only() -> None:
    ours = np.full((10, 3), 0.5, np.float32)
    theirs = np.concatenate([np.full((5, 3), 0.7), np.zeros((5, 3))]).astype(np.float32)
    weight = np.array([1] * 5 + [0] * 5, np.float32)
    assert np.allclose(tone.match(ours, theirs, weight), 0.7, atol=1e-4)


def test_relight_finds_a_soft_light(picture: Made) -> None:
    plain = picture(128)
    light = np.linspace(0.6, 1.4, 128, dtype=np.float32)[None, :, None]
    gain = tone.relight(plain, plain * light, np.ones((128, 128), np.float32), 8.0)
    assert np.abs(gain / light - 1)[:, 20:-20].max() < 0.1


def test_texture_takes_the_plates_crispness(picture: Made) -> None:
    crisp, mask = picture(128), np.ones((128, 128), np.float32)
    soft = cv2.GaussianBlur(crisp, (0, 0), 1.2)

    def detail(shown: NDArray[np.float32]) -> float:
        return float(np.abs(cv2.Laplacian(shown, cv2.CV_32F)).mean())

    def textured(swap: NDArray[np.float32], plate: NDArray[np.float32]) -> NDArray[np.float32]:
        return tone.texture(swap, tone.crispness(plate, mask, 1.0), mask, 1.0)

    assert detail(soft) < detail(textured(soft, crisp)) < 1.2 * detail(crisp)
    assert 0.6 * detail(soft) < detail(textured(crisp, soft)) < detail(crisp)
    assert np.allclose(textured(crisp, crisp), crisp, atol=1e-5)


@pytest.mark.parametrize(("opening", "shown"), [(-0.65, False), (1.0, True), (2.5, True)])
def test_the_mouth_shows_when_open(mesh: Made, opening: float, shown: bool) -> None:
    mask = regions.own_mouth(mesh(128, opening=opening), 128)
    assert bool(mask.max() > 0.5) is shown


def test_eyes_are_masked_and_nothing_else(mesh: Made) -> None:
    made = mesh(128)
    mask = regions.own_eyes(made, 128)
    for ring, masked in (((159, 145), True), ((386, 374), True), ((1, 4), False), ((9, 151), False)):
        x, y = made[list(ring), :2].mean(0).round().astype(int)
        assert bool(mask[y, x] > 0.5) is masked


@pytest.mark.parametrize("width", [0, 0.05, 0.14, 0.4])
def test_the_rim_is_the_performers(width: float) -> None:
    rim = regions.rim(width)[:, 0]
    assert (rim[OVAL] == 1).all()
    assert rim[4] < 0.05
    assert ((rim >= 0) & (rim <= 1)).all()
