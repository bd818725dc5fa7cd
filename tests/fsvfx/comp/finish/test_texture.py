"""The plate's texture in the swap."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from made_pictures import disc, grain

from fsvfx.comp.finish import plate_texture

SIZE = 192
LIGHT = 0.3
MATTE = disc(SIZE)


def skin(deviation: float, size: float = 0.6, seed: int = 5) -> np.ndarray:
    """(SIZE, SIZE, 3): even light with grain, as a share of it."""
    return (LIGHT * (1 + grain((SIZE, SIZE), deviation, size, seed))).astype(np.float32)


def over(swap: np.ndarray, plate: np.ndarray) -> np.ndarray:
    return (plate + MATTE[..., None] * (swap - plate)).astype(np.float32)


def fine(picture: np.ndarray) -> float:
    """Standard deviation of the finest band, where all is swap."""
    grey = picture.mean(axis=2)
    return float((grey - cv2.GaussianBlur(grey, (0, 0), 1.5))[MATTE > 0.95].std())


@pytest.mark.parametrize("swaps", [0.0, 0.004, 0.01, 0.02])
@pytest.mark.parametrize("plates", [0.02, 0.04])
def test_a_smooth_swap_gets_what_it_lacks(swaps: float, plates: float) -> None:
    plate = skin(plates)
    patch = over(skin(swaps, seed=9), plate)
    made = plate_texture(patch, plate, MATTE)
    assert fine(made) == pytest.approx(fine(plate), rel=0.15)


@pytest.mark.parametrize("swaps", [0.02, 0.03, 0.05, 0.1])
def test_a_crisp_swap_stays(swaps: float) -> None:
    plate = skin(0.01)
    patch = over(skin(swaps, seed=9), plate)
    assert np.abs(plate_texture(patch, plate, MATTE) - patch).max() < 1e-3 * LIGHT


@pytest.mark.parametrize("width", [2, 3, 5, 8])
def test_the_performers_brows_and_lines_stay_out(width: int) -> None:
    plate = skin(0.01)
    cv2.line(plate, (60, 90), (130, 96), (0.05, 0.05, 0.05), width, cv2.LINE_AA)
    made = plate_texture(over(skin(0), plate), plate, MATTE)
    edge = np.abs(made - LIGHT)[70:116, 60:130]
    assert edge.max() < 0.12 * LIGHT, "of an edge of five sixths of the light"


@pytest.mark.parametrize("opacity", [1.0, 0.5])
@pytest.mark.parametrize("level", [0.0, 1.0, 100.0, 65504.0])
def test_outside_the_matte_nothing_changes_and_all_is_finite(level: float, opacity: float) -> None:
    plate = skin(0.02) / LIGHT * level
    plate[100, 100] = np.inf
    patch = over(np.full_like(plate, level), np.nan_to_num(plate, posinf=65504.0))
    made = plate_texture(patch, plate.astype(np.float32), MATTE * opacity)
    assert np.isfinite(made).all()
    assert np.array_equal(made[MATTE == 0], patch[MATTE == 0])


def test_it_moves_as_the_plate_does() -> None:
    """What the comp changes from frame to frame is what the plate changes: no grain of its own."""
    plates = [skin(0.03, seed=seed) for seed in (1, 2)]
    made = [plate_texture(over(skin(0), plate), plate, MATTE) for plate in plates]
    inside = MATTE > 0.95
    changes = [(pair[1] - pair[0]).mean(axis=2)[inside] for pair in (plates, made)]
    assert np.corrcoef(*changes)[0, 1] > 0.9
    assert changes[1].std() < 1.05 * changes[0].std()


@pytest.mark.parametrize("pixels", [0, 1, 10])
def test_too_little_to_tell(pixels: int) -> None:
    matte = np.zeros_like(MATTE)
    matte[90, 90 : 90 + pixels] = 1
    patch = skin(0)
    assert plate_texture(patch, skin(0.03), matte) is patch
