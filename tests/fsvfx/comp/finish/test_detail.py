"""Sharpen, denoise, degrade."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from made_pictures import grain, scene

from fsvfx.comp.finish.detail import denoise, sharpen
from fsvfx.comp.finish.pictures import to_display, to_light, unit_of
from fsvfx.comp.finish.resolution import degrade


def detail(picture: np.ndarray) -> float:
    return float(np.abs(cv2.Laplacian(picture, cv2.CV_32F)).mean())


@pytest.mark.parametrize("kernel", ["gaussian", "box"])
def test_sharpening_and_blur_grow_with_the_amount(kernel: str) -> None:
    picture = cv2.GaussianBlur(scene(), (0, 0), 1.0)
    shown = [detail(sharpen(picture, amount, kernel)) for amount in (-100, -50, -10, 0, 10, 50, 100)]
    assert shown == sorted(shown)
    assert shown[0] < 0.5 * shown[3] < shown[3] < 0.75 * shown[-1]


@pytest.mark.parametrize("amount", [-80.0, 60.0])
def test_lengths_grow_with_the_face(amount: float) -> None:
    """At twice the size the same picture comes out, at twice the size."""
    large = scene(384)
    small = cv2.resize(large, (192, 192), interpolation=cv2.INTER_AREA)
    both = cv2.resize(sharpen(large, amount), (192, 192), interpolation=cv2.INTER_AREA)
    inner = (slice(16, -16), slice(16, -16))
    assert np.abs(both - sharpen(small, amount))[inner].mean() < 0.15 * np.abs(both - small)[inner].mean()


def test_a_box_is_as_wide_as_its_gaussian() -> None:
    point = np.zeros((365, 365, 3), np.float32)
    point[182, 182] = 1.0
    place = np.arange(365) - 182.0
    for kernel in ("gaussian", "box"):
        line = sharpen(point, -100, kernel)[..., 0].sum(axis=0)
        assert line.sum() == pytest.approx(1.0, abs=1e-3)
        assert np.sqrt((line * place**2).sum()) == pytest.approx(4.0 * unit_of(365), rel=0.03)


def test_denoise_takes_noise_and_keeps_edges() -> None:
    step = np.full((192, 192, 3), 0.3, np.float32)
    step[:, 96:] = 0.7
    noisy = step + grain((192, 192), 0.02, 0.0)
    clean = denoise(noisy, 100)
    assert (clean - step)[:, 20:80].std() < 0.3 * 0.02
    assert clean[:, 98:101].mean() - clean[:, 91:94].mean() > 0.95 * 0.4


def test_denoise_acts_the_more_the_higher() -> None:
    noisy = np.float32(0.5) + grain((128, 128), 0.02, 0.0)
    left = [float(denoise(noisy, amount).std()) for amount in (0, 20, 50, 100)]
    assert left == sorted(left, reverse=True)


@pytest.mark.parametrize(("amount", "scale", "kept"), [(50, 1.0, 96), (75, 1.0, 48), (50, 2.0, 48), (50, 0.5, 96)])
def test_degrade_leaves_so_many_pixels(amount: float, scale: float, kept: int) -> None:
    """Nothing finer than what ``kept`` pixels a side can hold is left; what they hold stays."""
    wave = np.arange(192, dtype=np.float32)

    def shown(pixels_per_wave: float) -> float:
        line = 0.5 + 0.2 * np.cos(2 * np.pi * wave / pixels_per_wave)
        picture = np.broadcast_to(line[None, :, None], (192, 192, 3)).astype(np.float32)
        return float(degrade(picture, amount, scale=scale)[:, 24:-24].std() / picture.std())

    pixel = 192 / kept
    assert shown(pixel) < 0.2
    assert shown(8 * pixel) > 0.85


def test_light_and_back() -> None:
    values = np.linspace(-0.2, 1.3, 1000, dtype=np.float32)
    np.testing.assert_allclose(to_display(to_light(values)), values, atol=1e-6)
