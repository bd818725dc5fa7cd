"""DeepFaceLab's and DeepFaceLive's cuts: where their own steps, taken one by one, put a face."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from fsvfx.faces.geometry import apply, crop_matrix, inverse, move_points, turns
from fsvfx.faces.topology import CANONICAL, MIRRORED, UV
from fsvfx.networks import dfl_cuts
from fsvfx.networks.cuts import TEMPLATES, cut_matrix
from fsvfx.networks.dfl_cuts import LANDMARKS, coverage_of, facemesh_matrix
from schemas.network_pictures import Cut, DflFace, FaceMeshCut

SIDED: tuple[DflFace, ...] = ("head", "whole_face")
F64 = NDArray[np.float64]
PADDING: dict[DflFace, float] = {"half": 0.0, "mid": 0.0675, "full": 0.2109375, "whole_face": 0.4, "head": 0.7}
PUBLISHED = {
    1: (0.49042386, 0.52723485), 4: (0.4905825, 0.49120593), 93: (-0.37090415, 0.5509728), 100: (0.2635329, 0.39636588),
    127: (-0.36162117, 0.27013144), 234: (-0.3824783, 0.41054142), 454: (1.362823, 0.4074953),
}  # fmt: skip
"""Where DeepFaceLive's table has some of its vertices in the unit square."""


def face(yaw: float = 0.0, roll: float = 0.0, scale: float = 20.0) -> NDArray[np.float32]:
    """(468, 3) px of a plate."""
    turned = CANONICAL.astype(np.float64) @ np.array(
        [[np.cos(yaw), 0, -np.sin(yaw)], [0, 1, 0], [np.sin(yaw), 0, np.cos(yaw)]]
    )
    flat = turned[:, :2] * (1, -1) @ turns(np.array(roll)).T
    return np.column_stack([flat * scale + 400, turned[:, 2]]).astype(np.float32)


def fitted(source: F64, target: F64) -> F64:
    """The similarity with the least squares, as the four unknowns of a linear system."""
    rows = [((x, -y, 1, 0), (y, x, 0, 1)) for x, y in source]
    (a, b, x, y), *_ = np.linalg.lstsq(np.array(rows).reshape(-1, 4), target.ravel(), rcond=None)
    return np.array([[a, -b, x], [b, a, y]])


def extracted(points: dict[int, F64], face_type: DflFace, size: int) -> F64:
    """DeepFaceLab's way: corners of the unit square in the plate, a diagonal made longer about a moved middle."""
    square = fitted(np.array([points[k] for k in (*range(17, 49), 54)]), dfl_cuts._SQUARE)
    corners = np.array([(0, 0), (1, 0), (1, 1), (0, 1), (0.5, 0.5)], np.float64)
    left_top, right_top, right_bottom, left_bottom, middle = apply(inverse(square), corners)
    if face_type == "whole_face":
        middle = middle + 0.07 * (left_top - left_bottom)
    if face_type == "head":
        there = {k: apply(square, point) for k, point in points.items()}
        left = np.mean([there[a][0] - there[b][0] for a, b in ((27, 0), (28, 1), (29, 2))])
        right = np.mean([there[a][0] - there[b][0] for a, b in ((16, 27), (15, 28), (14, 29))])
        yaw = (right - left) * abs(np.tanh(2 * (right - left)))
        middle = middle - (left_top - right_top) * yaw / 2 + 0.5 * (left_top - left_bottom)
    half = np.linalg.norm(left_top - right_bottom) * (PADDING[face_type] * np.sqrt(2) + 0.5)
    down = (right_bottom - left_top) / np.linalg.norm(right_bottom - left_top)
    up = (right_top - left_bottom) / np.linalg.norm(right_top - left_bottom)
    shown = np.array([middle - down * half, middle + up * half, middle + down * half], np.float32)
    return cv2.getAffineTransform(shown, np.array([(0, 0), (size, 0), (size, size)], np.float32))


@pytest.mark.parametrize("face_type", PADDING)
@pytest.mark.parametrize(("yaw", "roll"), [(0.0, 0.0), (0.6, 0.4), (-0.4, -1.3)])
def test_a_face_lies_as_deepfacelabs_extractor_puts_it(face_type: DflFace, yaw: float, roll: float) -> None:
    mesh = face(yaw, roll)
    points = {k: mesh[vertex, :2].astype(np.float64) for k, vertex in LANDMARKS.items()}
    wanted, made = extracted(points, face_type, 256), cut_matrix(mesh, Cut(dfl=face_type), 256)
    assert np.abs(apply(made, mesh[:, :2]) - apply(wanted, mesh[:, :2])).max() < 0.02


def test_a_heads_cut_goes_to_its_back_and_a_faces_does_not() -> None:
    middle = np.array([0.5, 0.5])
    for yaw in (0.6, -0.6):
        looks = np.sign(face(yaw)[1, 0] - face()[1, 0])
        head, whole = (apply(inverse(cut_matrix(face(yaw), Cut(dfl=each), 1)), middle) for each in SIDED)
        assert (whole[0] - head[0]) * looks > 50


def test_landmarks_are_as_symmetrical_as_the_face() -> None:
    mirrored = {k: MIRRORED[vertex] for k, vertex in LANDMARKS.items()}
    other = {0: 16, 1: 15, 2: 14, 17: 26, 18: 25, 19: 24, 20: 23, 21: 22, 31: 35, 32: 34, 36: 45, 37: 44, 38: 43,
             39: 42, 40: 47, 41: 46, 48: 54, 27: 27, 28: 28, 29: 29, 30: 30, 33: 33}  # fmt: skip
    assert {k: mirrored[k] for k in other} == {k: LANDMARKS[other[k]] for k in other}


def test_the_flat_layout_lies_where_deepfacelives_table_has_it() -> None:
    """A mesh that is the layout itself, so that nothing is fitted."""
    flat = np.column_stack([UV * (1, -1) + (0, 1), np.zeros(468)]).astype(np.float32)
    matrix = facemesh_matrix(flat, FaceMeshCut(coverage=1, up=0), 1)
    for vertex, place in PUBLISHED.items():
        assert np.abs(apply(matrix, flat[vertex, :2].astype(np.float64)) - place).max() < 1e-6


def test_deepfacelives_cut_is_coverage_squares_wide_and_a_little_up() -> None:
    mesh = face(roll=0.3)
    square = facemesh_matrix(mesh, FaceMeshCut(coverage=1, up=0), 1)
    usual = facemesh_matrix(mesh, FaceMeshCut(), 224)
    corners = apply(square, apply(inverse(usual), np.array([(0, 0), (224, 224)], np.float64)))
    assert np.abs(corners - ((0.5 - 1.1, 0.42 - 1.1), (0.5 + 1.1, 0.42 + 1.1))).max() < 1e-9
    assert coverage_of(usual, mesh, 224) == pytest.approx((2.2, 0, 0), abs=1e-9)


def test_fsvfxs_own_crop_is_nearly_a_whole_face() -> None:
    mesh = face()
    crop, whole = crop_matrix(mesh, 256), cut_matrix(mesh, Cut(dfl="whole_face"), 256)
    corners = np.array([(0, 0), (256, 256)], np.float64)
    assert np.abs(apply(crop, apply(inverse(whole), corners)) - corners).max() < 0.04 * 256


def test_the_aligned_cut_is_the_whole_crop() -> None:
    mesh = face(0.2, 0.5)
    moved = move_points(crop_matrix(mesh, 192), mesh)
    matrix = cut_matrix(moved, Cut(aligned=True), 64)
    assert np.abs(matrix - ((1 / 3, 0, -1 / 3), (0, 1 / 3, -1 / 3))).max() < 1e-3


@pytest.mark.parametrize(
    "cut",
    [
        *({"dfl": each} for each in PADDING),
        *({"template": each} for each in TEMPLATES),
        *({"facemesh": {"coverage": coverage, "up": up}} for coverage, up in ((2.2, 0.08), (3.0, 0.08), (2.2, 0.3))),
        {"aligned": True},
    ],
    ids=str,
)
def test_pictures_are_wide_enough_for_a_cut(cut: dict[str, object]) -> None:
    """Whole networks' pictures of faces turned by up to 46 degrees lie in them; and they are no wider for nothing."""
    said, found = Cut.model_validate(cut), []
    for yaw in (0.0, 0.4, -0.8):
        mesh = move_points(crop_matrix(face(yaw), 256), face(yaw))
        corners = apply(inverse(cut_matrix(mesh, said, 256)), np.array([(0, 0), (255, 0), (255, 255), (0, 255)]))
        found.append(np.abs(corners - 127.5).max() / 127.5)
    assert max(found) <= said.wide + 1e-6
    assert said.wide == 1 or said.wide < 1.25 * max(found)
