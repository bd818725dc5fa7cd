"""Reenactment in coefficients: relative to rest, held where the plate has nothing to show."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from toy_morphable import toy

from fsvfx.morphable import Fits, Performance, Placing, at_rest, driven, ict, performance
from fsvfx.morphable.placing import turned_by, turns_of

REST = np.array([0.1, 0, -0.1], np.float32)
DRIVER_REST = np.array([0.3, 0.2, 0.0], np.float32)


def fits(expression: np.ndarray) -> Fits:
    count = len(expression)
    placing = Placing(np.repeat(np.eye(3)[None], count, axis=0), np.ones(count), np.zeros((count, 2)), 0.0)
    light, none = np.zeros((count, 9, 3), np.float32), np.zeros(count, np.float32)
    return Fits(placing, np.asarray(expression, np.float32), light, none, none)


def given(expression: np.ndarray, turns: np.ndarray | None = None, share: float = 1.0) -> Performance:
    count = len(expression)
    rotation = turned_by(np.zeros((count, 3)) if turns is None else turns)
    return performance(np.asarray(expression, np.float32), DRIVER_REST, rotation, np.full(count, share, np.float32))


def test_each_face_moves_away_from_its_own_rest() -> None:
    own = fits(np.array([[0.7, 0.5, 0.2], [0, 0, 0]]))
    acts = DRIVER_REST + np.array([[0, 0, 0], [0.4, -0.1, 0.2]])
    made = driven(toy(), own, REST, given(acts)).expression
    np.testing.assert_allclose(made, REST + np.array([[0, 0, 0], [0.4, -0.1, 0.2]]), atol=1e-6)


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_a_share_of_it(share: float) -> None:
    own = fits(np.array([[0.7, 0.5, 0.2]]))
    made = driven(toy(), own, REST, given(np.ones((1, 3)), share=share)).expression
    whole = REST + 1 - DRIVER_REST
    np.testing.assert_allclose(made, (1 - share) * own.expression + share * whole, atol=1e-6)


def test_light_and_place_stay() -> None:
    own = fits(np.ones((2, 3)))
    made = driven(toy(), own, REST, given(np.zeros((2, 3)), np.full((2, 3), 0.1)), pose=False)
    assert made.placing is own.placing
    assert made.light is own.light
    assert driven(toy(), own, REST, given(np.zeros((2, 3))), expression=False).expression is own.expression


def test_lids_close_and_never_open_farther() -> None:
    model = replace(toy(), names=("eyeBlink_L", "eyeBlink_R", "browUp"))
    own = fits(np.array([[0.8, 0.0, 0.0]]))
    acts = DRIVER_REST + np.array([[0, 0.9, 0]])
    made = driven(model, own, REST, given(acts)).expression[0]
    np.testing.assert_allclose(made[:2], [0.8, 0.9], atol=1e-6)


def test_at_rest_is_the_tenth_that_does_least() -> None:
    expression = np.full((20, 3), 0.8, np.float32)
    expression[4], expression[11] = [0.1, 0, 0], [0, 0.05, 0]
    np.testing.assert_allclose(at_rest(toy(), expression), [0.05, 0.025, 0], atol=1e-6)
    np.testing.assert_array_equal(at_rest(toy(), expression[:3]), expression[0])


def test_turns_are_added_and_held_below_ten_degrees() -> None:
    turns = np.array([[0.02, 0, 0], [0, 0.9, 0], [-0.02, 0, 0], [0, -0.9, 0]])
    own = fits(np.zeros((4, 3)))
    made = driven(toy(), own, REST, given(np.zeros((4, 3)), turns), pose=True)
    found = turns_of(made.placing.rotation)
    np.testing.assert_allclose(found[0], turns[0], atol=5e-4)
    assert 0.9 * np.radians(10) < found[1, 1] < np.radians(10)
    turned = replace(own.placing, rotation=turned_by(np.full((4, 3), 0.3)))
    again = driven(toy(), replace(own, placing=turned), REST, given(np.zeros((4, 3)), turns), pose=True)
    np.testing.assert_allclose(
        turned.rotation.swapaxes(1, 2) @ again.placing.rotation, made.placing.rotation, atol=1e-9
    )


@pytest.mark.usefixtures("head")
def test_the_lower_lip_follows_the_jaw() -> None:
    """It lay on the upper one, which shut lips hide: no fit could open a mouth."""
    jaw = ict().expression_at_points[ict().names.index("jawOpen"), :, 1]
    inner_lower, inner_upper = [95, 88, 178, 87, 14, 317, 402, 318, 324], [191, 80, 81, 82, 13, 312, 311, 310, 415]
    assert (jaw[inner_lower] < 2 * jaw[inner_upper]).all()
    assert jaw[14] < -3
