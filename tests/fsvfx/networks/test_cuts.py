"""Faces cut as networks want them: points within half a pixel, whatever way the face is turned."""

from __future__ import annotations

import numpy as np
import pytest

from fsvfx.faces.geometry import apply, inverse, turns
from fsvfx.faces.topology import CANONICAL
from fsvfx.networks.cuts import TEMPLATES, cut_matrix, five_points
from schemas.network_pictures import Cut


def face(scale: float = 20.0, angle: float = 0.0, shift: float = 300.0) -> np.ndarray:
    flat = CANONICAL[:, :2].astype(np.float64) * np.array([1.0, -1.0]) @ turns(np.array(angle)).T
    return np.column_stack([flat * scale + shift, CANONICAL[:, 2]])


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_canonical_face_lies_as_the_template_has_it(name: str) -> None:
    """The residual is what the reference measured, at most .015 of the side."""
    matrix = cut_matrix(face(angle=0.4), Cut.model_validate({"template": name}), 256)
    found = apply(matrix, five_points(face(angle=0.4)))
    assert np.abs(found - np.array(TEMPLATES[name]) * 256).max() < 0.02 * 256
    turned = cut_matrix(face(31, -1.2, 77), Cut.model_validate({"template": name}), 256)
    assert np.abs(apply(turned, face(31, -1.2, 77)[:, :2]) - apply(matrix, face(angle=0.4)[:, :2])).max() < 1e-6


def test_points_that_lie_as_the_template_says_are_left_where_they_are() -> None:
    points = np.array(TEMPLATES["ffhq_512"])
    mesh = face()
    own = (apply(cut_matrix(mesh, Cut.model_validate({"template": "ffhq_512"}), 1), five_points(mesh))).tolist()
    matrix = cut_matrix(mesh, Cut.model_validate({"points": own}), 512)
    assert np.abs(apply(matrix, five_points(mesh)) - np.array(own) * 512).max() < 1e-6
    assert np.abs(np.array(own) - points).max() < 0.02


def test_the_way_back_is_exact() -> None:
    matrix = cut_matrix(face(angle=0.7), Cut.model_validate({"template": "mtcnn_512"}), 512)
    there = np.random.default_rng(1).uniform(0, 600, (50, 2))
    assert np.abs(apply(inverse(matrix), apply(matrix, there)) - there).max() < 1e-9
