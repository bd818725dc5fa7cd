"""Crops find their way back to the plate."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from fsvfx.comp.region import box, regions, to_plate


def similarity(scale: float, degrees: float, shift: tuple[float, float]) -> np.ndarray:
    turn = np.radians(degrees)
    linear = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return np.column_stack([linear, shift])


CASES = [(1.0, 0.0), (0.6, 25.0), (2.3, -40.0), (5.0, 180.0)]


@pytest.mark.parametrize(("scale", "degrees"), CASES)
def test_a_point_of_the_crop_lands_where_the_matrix_says(scale: float, degrees: float) -> None:
    size, at = 128, np.array([70.0, 45.0])
    matrix = similarity(scale, degrees, (0.0, 0.0))
    place = np.array([90.0, 60.0])
    matrix[:, 2] = at - matrix[:, :2] @ place
    spot = np.exp(
        -((np.mgrid[:size, :size][1] - at[0]) ** 2 + (np.mgrid[:size, :size][0] - at[1]) ** 2) / (8 * scale**2)
    )
    origin = np.array([40, 60], np.int32)
    found = to_plate(spot.astype(np.float32), matrix, origin, (48, 64))
    y, x = np.mgrid[:48, :64]
    centre = np.array([(found * x).sum(), (found * y).sum()]) / found.sum() + origin[::-1]
    assert np.abs(centre - place).max() < 0.1


def test_sharp_sampling_stays_in_range() -> None:
    steps = (np.indices((64, 64)).sum(0) % 8 < 4).astype(np.float32)[..., None].repeat(3, 2)
    found = to_plate(steps, similarity(0.7, 10, (3, 2)), np.array([5, 5], np.int32), (64, 64))
    assert found.min() >= 0
    assert found.max() <= 1


def test_shrinking_does_not_alias() -> None:
    checks = (np.indices((256, 256)).sum(0) % 2).astype(np.float32)
    found = to_plate(checks, similarity(4, 0, (0, 0)), np.array([8, 8], np.int32), (40, 40))
    assert np.abs(found - 0.5).max() < 0.05


@pytest.mark.parametrize(("scale", "degrees"), CASES)
def test_the_region_holds_the_whole_matte(scale: float, degrees: float) -> None:
    matte = np.zeros((128, 128), np.float32)
    cv2.ellipse(matte, (64, 64), (30, 45), 0, 0, 360, 1.0, -1)
    matrix = similarity(scale, degrees, (0, 0))
    matrix[:, 2] = np.array([64, 64]) - matrix[:, :2] @ np.array([300.0, 200.0])
    origins, size = regions([box(matte, matrix)], (400, 600))
    everything = to_plate_whole(matte, matrix)
    inside = everything[origins[0][0] : origins[0][0] + size[0], origins[0][1] : origins[0][1] + size[1]]
    assert inside.sum() == pytest.approx(everything.sum())
    rows, columns = np.flatnonzero(everything.any(1)), np.flatnonzero(everything.any(0))
    assert size[0] <= np.ptp(rows) + 1 + 32
    assert size[1] <= np.ptp(columns) + 1 + 32


def to_plate_whole(matte: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    return cv2.warpAffine(matte, matrix, (600, 400), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)


@pytest.mark.parametrize(
    ("boxes", "plate", "size"),
    [
        ([None, None], (100, 120), (16, 16)),
        ([(10.0, 10.0, 40.0, 30.0), None], (100, 120), (48, 32)),
        ([(-30.0, 90.0, 20.0, 170.0)], (100, 120), (64, 96)),
        ([(-500.0, -500.0, 500.0, 500.0)], (100, 121), (100, 121)),
        ([(300.0, 300.0, 320.0, 330.0)], (100, 120), (32, 48)),
    ],
)
def test_regions_lie_in_the_plate(
    boxes: list[tuple[float, ...] | None], plate: tuple[int, int], size: tuple[int, int]
) -> None:
    origins, found = regions(boxes, plate)  # type: ignore[arg-type]
    assert found == size
    assert (origins >= 0).all()
    assert (origins + found <= plate).all()


def test_an_empty_matte_has_no_box() -> None:
    assert box(np.zeros((8, 8), np.float32), similarity(1, 0, (0, 0))) is None
