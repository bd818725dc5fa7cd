"""The plate's softness against the swap's, and what grain makes of it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from made_pictures import disc, grain, scene

from fsvfx.comp.finish.resolution import match_resolution, softer_by

SHARP, SHARE = scene(256), disc(256)


def softened(sigma: float, picture: np.ndarray = SHARP) -> np.ndarray:
    return cv2.GaussianBlur(picture, (0, 0), sigma)


@pytest.mark.parametrize("sigma", [0.6, 1.0, 1.5, 2.0, 3.0, 4.0])
@pytest.mark.parametrize(
    ("on_plate", "on_swap"), [(0, 0), (0.015, 0), (0.03, 0), (0.02, 0.02)], ids=["clean", "grain", "heavy", "both"]
)
def test_a_known_blur_is_found(sigma: float, on_plate: float, on_swap: float) -> None:
    plate, swap = softened(sigma), SHARP
    if on_plate:
        plate = plate + grain((256, 256), on_plate, 0.5, seed=1)
    if on_swap:
        swap = swap + grain((256, 256), on_swap, 0.5, seed=2)
    assert softer_by(plate, swap, SHARE) == pytest.approx(sigma, rel=0.15)


@pytest.mark.parametrize("times", [2, 3, 4])
def test_a_plate_that_was_upscaled_is_found(times: int) -> None:
    """Bilinear growth is a blur too: what is found, put on the swap, makes it as soft by another measure."""
    small = cv2.resize(SHARP, (256 // times,) * 2, interpolation=cv2.INTER_AREA)
    plate = cv2.resize(small, (256, 256), interpolation=cv2.INTER_LINEAR)
    matched = match_resolution(SHARP, plate, SHARE, 100, scale=1.0)

    def steepness(picture: np.ndarray) -> float:
        slopes = np.abs(np.diff(picture[40:-40, 40:-40], axis=1))
        return float(np.percentile(slopes, 99))

    assert steepness(SHARP) > 1.4 * steepness(plate)
    assert steepness(matched) == pytest.approx(steepness(plate), rel=0.12)


def test_a_sharper_plate_leaves_the_swap_alone() -> None:
    soft = softened(2.0)
    assert match_resolution(soft, SHARP, SHARE, 100, scale=1.0) is soft


def test_grain_alone_is_no_softness() -> None:
    assert softer_by(SHARP + grain((256, 256), 0.02, 0.6), SHARP, SHARE) < 0.5


def test_other_contents_of_the_same_sharpness_differ_little() -> None:
    found = [softer_by(softened(2.0, scene(256, seed)), scene(256, seed + 9), SHARE) for seed in (2, 3, 4)]
    assert np.all(np.abs(np.array(found) - 2.0) < 0.6)


def test_half_the_amount_is_half_the_blur() -> None:
    plate = softened(3.0)
    half = match_resolution(SHARP, plate, SHARE, 50, scale=1.0)
    assert softer_by(half, SHARP, SHARE) == pytest.approx(1.5, rel=0.15)


def test_a_crop_finer_than_its_plate_is_not_softened_twice() -> None:
    """Half of the crop's pixels go when it is laid into the plate: that blur is there without our help."""
    plate = cv2.resize(
        cv2.resize(SHARP, (128, 128), interpolation=cv2.INTER_AREA), (256, 256), interpolation=cv2.INTER_CUBIC
    )
    assert match_resolution(SHARP, plate, SHARE, 100, scale=2.0) is SHARP
    assert match_resolution(SHARP, plate, SHARE, 100, scale=1.0) is not SHARP


def test_too_little_face_is_left_alone() -> None:
    assert match_resolution(SHARP, softened(3.0), np.zeros((256, 256)), 100, scale=1.0) is SHARP
