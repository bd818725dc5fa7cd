"""Shape: proportions come from the identity; pose, expression and outline stay the performer's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsvfx.engines.mesh.shape import ShapeSpace
from fsvfx.faces.measures import eye_opening, mouth_opening
from fsvfx.faces.topology import CANONICAL, OVAL

Made = Callable[..., Any]

NOSE = [1, 2, 98, 327, 4, 5]


@pytest.fixture(scope="module")
def person(mesh: Made) -> ShapeSpace:
    """Like the canonical face, with the nose up to 6 px lower."""
    meshes = [mesh(128, yaw, 0, opening) for yaw in (-20, 0, 20) for opening in (0, 0.5, 1.0)]
    longer = np.zeros((468, 3), np.float32)
    away = np.linalg.norm(CANONICAL - CANONICAL[1], axis=1)
    longer[:, 1] = 6 * np.exp(-((away / 2.5) ** 2))
    return ShapeSpace.learn(np.stack(meshes) + longer)


def test_no_strength_moves_nothing(person: ShapeSpace, mesh: Made) -> None:
    made = mesh(128, 12, 5, 0.4)
    assert np.allclose(person.move(made, 0), made, atol=1e-4)


def test_features_take_the_identitys_place(person: ShapeSpace, mesh: Made) -> None:
    made = mesh(128)
    moved = person.move(made, 1)
    assert 1 < (moved[NOSE, 1] - made[NOSE, 1]).mean() < 8
    assert np.abs(moved - made)[OVAL].max() < 1e-3


@pytest.mark.parametrize("opening", [0, 0.6, 1.5])
def test_lips_and_lids_keep_their_opening(person: ShapeSpace, mesh: Made, opening: float) -> None:
    made = mesh(128, opening=opening)
    moved = person.move(made, 1)
    assert mouth_opening(moved) == pytest.approx(mouth_opening(made), abs=0.06)
    assert eye_opening(moved) == pytest.approx(eye_opening(made), rel=0.1)


@settings(max_examples=25, deadline=None)
@given(scale=st.floats(0.3, 3), angle=st.floats(-180, 180), x=st.floats(-200, 200))
def test_it_turns_and_grows_with_the_face(person: ShapeSpace, mesh: Made, scale: float, angle: float, x: float) -> None:
    made = mesh(128, 15, 0, 0.5)
    a = np.radians(angle)
    turn = scale * np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
    expected = person.move(made, 1) @ turn.T + [x, 0, 0]
    assert np.allclose(
        person.move((made @ turn.T + [x, 0, 0]).astype(np.float32), 1), expected, atol=0.05 * scale + 0.02
    )


def test_one_reference_is_enough(mesh: Made) -> None:
    made = mesh(128)
    assert np.allclose(ShapeSpace.learn(made[None]).move(made, 1), made, atol=0.01)
