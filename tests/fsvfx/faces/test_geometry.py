"""Pose, crops, squares, boxes and measures, on the canonical face."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from face_shapes import face
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from fsvfx.colour.curves import white_shown
from fsvfx.faces import facemesh, topology
from fsvfx.faces.boxes import iou, keep_best, weighted_merge
from fsvfx.faces.geometry import apply, crop, crop_matrix, inverse, move_points, sample, turns
from fsvfx.faces.measures import expression, eye_opening, head_pose, mouth_opening
from fsvfx.faces.resizing import bicubic, resized
from fsvfx.faces.search import tiles_of, turn

ANGLES = st.floats(-60, 60)


@settings(max_examples=50, deadline=None)
@given(yaw=ANGLES, pitch=st.floats(-50, 50), roll=st.floats(-150, 150))
def test_pose_is_read_back(yaw: float, pitch: float, roll: float) -> None:
    assert head_pose(face(yaw=yaw, pitch=pitch, roll=roll)) == pytest.approx((yaw, pitch, roll), abs=0.01)


@settings(max_examples=50, deadline=None)
@given(
    x=st.floats(-50, 700), y=st.floats(-50, 500), height=st.floats(20, 900), roll=st.floats(-179, 179),
    size=st.sampled_from([128, 256, 512]),
)  # fmt: skip
def test_crop_matrix_sets_any_face_upright_in_the_same_place(
    x: float, y: float, height: float, roll: float, size: int
) -> None:
    points = face(x, y, height=height, roll=roll)
    matrix = crop_matrix(points, size)
    moved = move_points(matrix, points)
    low, high = moved[:, :2].min(axis=0), moved[:, :2].max(axis=0)
    assert high[1] - low[1] == pytest.approx(0.7 * size, rel=0.01)
    assert (low + high) / 2 == pytest.approx(np.full(2, size / 2 - 0.5), abs=0.01 * size)
    assert head_pose(moved)[2] == pytest.approx(0.0, abs=0.1)
    assert apply(inverse(matrix), moved[:, :2]) == pytest.approx(points[:, :2], abs=1e-2)


def test_shrinking_crop_does_not_alias() -> None:
    stripes = np.zeros((512, 512, 3), np.float32)
    stripes[:, ::2] = 1.0
    to_small = np.array([[0.125, 0.0, -0.4375], [0.0, 0.125, -0.4375]])
    assert sample(stripes, to_small, 64) == pytest.approx(0.5, abs=0.02)


def test_crop_at_full_size_is_the_plate() -> None:
    plate = np.random.default_rng(0).random((40, 40, 3)).astype(np.float32)
    matrix = np.array([[1.0, 0.0, -4.0], [0.0, 1.0, -6.0]])
    assert crop(plate, matrix, 16) == pytest.approx(plate[6:22, 4:20], abs=1e-6)


def hard_edges(seed: int, most: float) -> NDArray[np.float32]:
    """Boxes of display light on grey, (60, 70, 3); the brightest is ``most``."""
    random = np.random.default_rng(seed)
    picture = np.full((60, 70, 3), 0.4, np.float32)
    for value in [*random.uniform(0, most, 9), most]:
        y, x = random.integers(0, 50, 2)
        height, width = random.integers(1, 12, 2)
        picture[y : y + height, x : x + width] = value * random.uniform(0.8, 1, 3)
    return picture


def placed(scale: float, degrees: float, shift: float) -> NDArray[np.float64]:
    """About the middle of that picture and of a crop of 64 px."""
    linear = scale * turns(np.radians(np.array(degrees)))
    return np.column_stack([linear, 31.5 + shift - linear @ np.array([34.5, 29.5])])


CROPS = {"scale": st.floats(0.85, 4), "degrees": st.floats(-180, 180), "shift": st.floats(-3, 3)}


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), **CROPS)
def test_no_highlight_of_a_crop_is_brighter_than_what_it_is_made_of(
    seed: int, scale: float, degrees: float, shift: float
) -> None:
    """Each sample above white against the sixteen pixels about its place."""
    picture, matrix = hard_edges(seed, 1.0), placed(scale, degrees, shift)
    found = crop(picture, matrix, 64)
    y, x = np.mgrid[:64, :64]
    places = apply(inverse(matrix), np.stack([x, y], axis=-1).astype(np.float64))
    near = 1 / 16  # OpenCV's places are that fine
    low, high = np.floor(places - near).astype(int) - 1, np.floor(places + near).astype(int) + 2
    mirrored = np.pad(picture, ((99, 99), (99, 99), (0, 0)), mode="reflect") + np.float32(1e-6)
    for row, column in np.argwhere((found > white_shown()).any(axis=-1)):
        (left, top), (right, bottom) = low[row, column] + 99, high[row, column] + 100
        most = mirrored[top:bottom, left:right].max(axis=(0, 1))
        assert (found[row, column] <= np.maximum(most, white_shown())).all()


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), **CROPS)
def test_up_to_white_a_crop_is_as_cubics_make_it(seed: int, scale: float, degrees: float, shift: float) -> None:
    """Bit for bit: all of a crop without a highlight, and what lies beside one."""
    matrix = placed(scale, degrees, shift)
    for most in (0.7, 1.0):
        picture = hard_edges(seed, most)
        plain = cv2.warpAffine(picture, matrix, (64, 64), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101)
        same = plain <= white_shown()
        assert most == 1 or same.all()
        assert np.array_equal(crop(picture, matrix, 64)[same], plain[same])


@pytest.mark.parametrize("size", [40, 64, 100])
def test_tensors_made_larger_or_smaller_keep_highlights_as_bright_as_they_are(size: int) -> None:
    picture = torch.full((1, 3, 64, 64), 0.4)
    picture[..., 20:44, 20:44] = 0.95
    found, middle = resized(picture, size), size // 2
    assert bicubic(picture, size).max() > (0.96 if size != 64 else 0.94)
    assert found.max() == pytest.approx(0.95, abs=1e-6)
    assert found[..., middle, middle] == pytest.approx(0.95, abs=1e-6)
    shown = bicubic(picture, size) <= white_shown()
    assert torch.equal(found[shown], bicubic(picture, size)[shown])


def test_rois_follow_the_roll() -> None:
    squares = facemesh.squares_of_landmarks(np.stack([face(roll=roll) for roll in (-90.0, 0.0, 35.0, 170.0)]))
    assert np.degrees(squares[:, 3]) == pytest.approx([-90, 0, 35, 170], abs=0.1)
    assert np.ptp(squares[:, 2]) < 1.0


def test_shaken_rois_are_fixed_and_lie_about_the_first() -> None:
    square = np.array([100.0, 80.0, 60.0, 0.2])
    shaken = facemesh.shaken(square, 5)
    assert shaken.shape == (5, 4)
    assert shaken[0] == pytest.approx(square)
    assert shaken.mean(axis=0) == pytest.approx(square)
    assert (shaken == facemesh.shaken(square, 5)).all()
    assert (np.abs(shaken[1:] - square) > 0).all()


def test_measures_tell_open_from_shut() -> None:
    points = face()
    shut = points.copy()
    lids = ((159, 145), (160, 144), (158, 153), (386, 374), (387, 373), (385, 380))
    for upper, lower in (*lids, (13, 14), (82, 87), (312, 317)):
        shut[upper] = shut[lower]
    assert eye_opening(shut) < 0.01 < 0.2 < eye_opening(points)
    opened = shut.copy()
    opened[[14, 87, 317], 1] += 20
    assert mouth_opening(shut) < 0.01 < 0.3 < mouth_opening(opened)
    assert expression(face(roll=70, height=400)).left_eye == pytest.approx(expression(points).left_eye, rel=1e-3)


def test_boxes() -> None:
    boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [50, 50, 60, 60], [2, 2, 6, 6]], np.float32)
    assert iou(boxes[:1], boxes)[0] == pytest.approx([1.0, 90 / 110, 0.0, 0.16])
    assert keep_best(boxes, np.array([0.6, 0.9, 0.5, 0.7], np.float32), 0.5).tolist() == [1, 2]
    merged, scores = weighted_merge(boxes, np.array([0.75, 0.25, 0.5, 0.1], np.float32), 0.3)
    assert merged[0] == pytest.approx([0.25, 0, 10.25, 10])
    assert scores.tolist() == pytest.approx([0.75, 0.5, 0.1])


@pytest.mark.parametrize(
    ("shape", "side"), [((1080, 1920), 480), ((480, 640), 480), ((300, 2000), 480), ((500, 481), 480)]
)
def test_tiles_cover_all_and_overlap(shape: tuple[int, int], side: int) -> None:
    hits = np.zeros(shape, np.uint8)
    for left, top, tile in tiles_of(np.zeros((*shape, 3), np.uint8), side):
        hits[top : top + side, left : left + side] += 1
        assert tile.shape[:2] == (min(side, shape[0]), min(side, shape[1]))
    assert hits.min() >= 1
    assert not list(tiles_of(np.zeros((100, 100, 3), np.uint8), 480))


@pytest.mark.parametrize("degrees", [45.0, 90.0, -135.0, 180.0])
def test_turning_loses_nothing(degrees: float) -> None:
    picture = np.full((60, 101, 3), 200, np.uint8)
    turned, matrix = turn(picture, degrees)
    corners = apply(matrix, np.array([[0.0, 0.0], [100.0, 59.0], [100.0, 0.0], [0.0, 59.0]]))
    assert corners.min() > -1e-6
    assert (corners <= np.array(turned.shape[1::-1])).all()
    assert turned.mean() * turned[..., 0].size == pytest.approx(200 * 6060, rel=0.03)


def test_topology_is_the_official_mesh() -> None:
    edges = {
        tuple(sorted((int(a), int(b)))) for t in topology.TRIANGLES for a, b in zip(t, np.roll(t, -1), strict=True)
    }
    assert topology.TRIANGLES.shape == (898, 3)
    for loop in (topology.OVAL, topology.LIPS_OUTER, topology.LIPS_INNER, topology.LEFT_EYE, topology.RIGHT_EYE):
        assert all(tuple(sorted(pair)) in edges for pair in zip(loop.tolist(), np.roll(loop, -1).tolist(), strict=True))
