"""Crops find their way to the plate; outside the matte the comp is the plate, bit for bit."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from fsvfx.comp import Patch, apply
from fsvfx.comp.patch import box, regions, to_plate
from fsvfx.faces.geometry import apply as apply_points
from fsvfx.faces.geometry import inverse


def any_bits(shape: tuple[int, ...], seed: int) -> NDArray[np.float16]:
    """Every half float there is: infinities, NaN of all kinds, negative zero, subnormals."""
    return np.random.default_rng(seed).integers(0, 65536, shape, np.uint16).view(np.float16)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(-8, 30), st.integers(-8, 30), st.integers(1, 20), st.integers(1, 20))
def test_bit_equal_outside_the_matte(seed: int, y: int, x: int, height: int, width: int) -> None:
    random = np.random.default_rng(seed)
    plate = any_bits((24, 26, 3), seed)
    matte = (random.random((height, width)) * (random.random((height, width)) < 0.5)).astype(np.float16)
    patch = Patch((y, x), any_bits((height, width, 3), seed + 1), matte)
    before = plate.copy()
    comp, shown = apply(plate, [patch])
    outside = shown == 0
    assert np.array_equal(comp.view(np.uint16)[outside], plate.view(np.uint16)[outside])
    assert np.array_equal(plate.view(np.uint16), before.view(np.uint16))
    for row, column in np.argwhere(~outside):
        assert np.array_equal(comp[row, column].view(np.uint16), patch.patch[row - y, column - x].view(np.uint16))


def test_the_later_patch_lies_on_top() -> None:
    plate = np.zeros((8, 8, 3), np.float16)
    patches = [
        Patch((k, k), np.full((4, 4, 3), value, np.float16), np.full((4, 4), value / 4, np.float16))
        for k, value in ((1, 1.0), (3, 2.0))
    ]
    comp, matte = apply(plate, patches)
    assert comp[2, 2, 0] == 1
    assert comp[4, 4, 0] == 2
    assert matte[4, 4] == 0.5
    assert matte[0, 0] == 0


def test_no_patch_no_change() -> None:
    plate = any_bits((5, 6, 3), 1)
    comp, matte = apply(plate, [])
    assert comp.tobytes() == plate.tobytes()
    assert not matte.any()


def test_refuses_what_is_no_half() -> None:
    with pytest.raises(TypeError, match="float16"):
        apply(np.zeros((2, 2, 3), np.float32), [])  # type: ignore[arg-type]


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


def test_a_highlight_beside_a_brighter_one_is_no_brighter_than_it_was() -> None:
    crop = np.full((64, 64, 3), 0.5, np.float32)
    crop[20:28, 20:28], crop[20:28, 40:48] = 0.95, 1.0
    matrix = similarity(0.8, 10, (3, 2))
    found = to_plate(crop, matrix, np.array([0, 0], np.int32), (80, 80))
    x, y = apply_points(inverse(matrix), np.array([[18.0, 18.0], [30.0, 30.0]])).astype(int).T
    assert found[y[0] : y[1], x[0] : x[1]].max() == pytest.approx(0.95, abs=1e-6)
    assert found.max() == 1


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
