"""Figures tell good comps from bad ones."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from fsvfx.qc.figures import cells, flicker, nearest, seam

F32 = NDArray[np.float32]


def matte(width: float = 8) -> F32:
    picture = np.zeros((120, 120), np.float32)
    cv2.circle(picture, (60, 60), 35, 1.0, -1)
    return np.clip(cv2.GaussianBlur(picture, (0, 0), width / 4), 0, 1) * (picture > 0)


def plate(seed: int = 0) -> F32:
    noise = np.random.default_rng(seed).standard_normal((120, 120)).astype(np.float32)
    return np.linspace(0.3, 0.6, 120, dtype=np.float32)[None] + 0.01 * noise


@pytest.mark.parametrize(("step", "least", "most"), [(0.0, 0.99, 1.01), (0.1, 1.2, 9), (0.3, 2.0, 99)])
def test_seam_grows_with_the_step(step: float, least: float, most: float) -> None:
    assert least <= seam(plate(), plate() + step * matte(), matte()) <= most


def test_no_edge_no_seam() -> None:
    assert np.isnan(seam(plate(), plate(), np.zeros((120, 120), np.float32)))


def test_flicker_is_what_the_plate_does_not_do() -> None:
    matrix = np.array([[1.0, 0, 0], [0, 1, 0]])
    soft = cells(matte(), matrix, 120)
    steady = tuple(cells(plate(), matrix, 120) for _ in range(2))
    brighter = steady[0] + 0.1, steady[1] + 0.1
    jumping = steady[0], steady[1] + 0.05
    assert flicker(steady, brighter, soft) == pytest.approx(0, abs=1e-6)
    assert flicker(steady, jumping, soft) == pytest.approx(0.05, rel=1e-3)
    assert np.isnan(flicker(steady, steady, 0 * soft))


def test_cells_follow_the_face() -> None:
    picture = np.zeros((200, 220), np.float32)
    picture[100:, 110:] = 1
    still = cells(picture, np.array([[1.0, 0, -60], [0, 1, -50]]), 100)
    moved = cells(np.roll(picture, (7, 9), (0, 1))[:, :], np.array([[1.0, 0, -69], [0, 1, -57]]), 100)
    assert np.abs(still - moved).max() < 1e-3
    assert still[-1, -1] == pytest.approx(1)
    assert still[0, 0] == 0
    assert still.mean() == pytest.approx(0.25, abs=0.01)


def test_nearest_reference() -> None:
    references = np.eye(3, 128, dtype=np.float32)
    references[2] = np.nan
    assert nearest(references[0] * 0.5, references) == pytest.approx(0.5)
    assert np.isnan(nearest(references[0], np.zeros((0, 128), np.float32)))
