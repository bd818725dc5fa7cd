"""Pixel boost: parted and woven without a loss, its pattern measured, and taken out where it is smooth."""

from __future__ import annotations

import numpy as np
import pytest

from fsvfx.networks.boost import calm, parted, pattern, woven


def soft(size: int, seed: int = 0) -> np.ndarray:
    """A ramp with some texture."""
    y, x = np.mgrid[:size, :size] / size
    noise = np.random.default_rng(seed).standard_normal((size, size, 3)) * 0.02
    return (np.stack([x, y, (x + y) / 2], axis=-1) * 0.6 + 0.2 + noise).astype(np.float32)


@pytest.mark.parametrize("times", [2, 3, 4])
def test_parts_are_every_kth_pixel_and_are_woven_back(times: int) -> None:
    pictures = np.stack([soft(48, 1), soft(48, 2)])
    parts = parted(pictures, times)
    assert parts.shape == (2 * times**2, 48 // times, 48 // times, 3)
    assert np.array_equal(parts[1], pictures[0, ::times, 1::times])
    assert np.array_equal(woven(parts, times), pictures)


@pytest.mark.parametrize("times", [2, 3, 4])
def test_a_pattern_is_measured_and_taken_out_and_detail_stays(times: int) -> None:
    picture = soft(192)
    lift = np.random.default_rng(3).standard_normal((times**2, 1, 1, 1)).astype(np.float32) * 0.02
    lift -= lift.mean()
    spoiled = woven(parted(picture[None], times) + lift, times)[0]
    there = pattern(spoiled, times)
    assert there == pytest.approx(float(np.sqrt(np.mean(lift**2))), rel=0.15)
    assert pattern(calm(spoiled, times), times) < there / 5
    assert np.sqrt(np.square(calm(spoiled, times) - picture).mean()) < 0.004
    assert np.square(calm(picture, times) - picture).mean() < 1e-5


def test_without_boost_there_is_no_pattern() -> None:
    assert pattern(soft(32), 1) == 0
    assert calm(soft(32), 1) is not None
