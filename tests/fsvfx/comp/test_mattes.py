"""Matte expressions: products and unions, and the hull of a mesh."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from fsvfx.comp.mattes import hull, joined, sources
from schemas.composite import MATTE_PATTERN, CompositeSettings

NAMES = ("learned", "hull", "plate", "identity", "external", "full")
GIVEN = {name: np.random.default_rng(seed).random((6, 6), np.float32) for seed, name in enumerate(NAMES)}
expressions = st.lists(st.sampled_from(NAMES), min_size=1, max_size=8).flatmap(
    lambda names: st.lists(st.sampled_from("*+"), min_size=len(names) - 1, max_size=len(names) - 1).map(
        lambda signs: "".join(a + b for a, b in zip(names, [*signs, ""]))
    )
)


@settings(max_examples=80, deadline=None)
@given(expressions)
def test_what_the_schema_takes_is_evaluated(expression: str) -> None:
    assert re.fullmatch(MATTE_PATTERN, expression)
    found = joined(expression, GIVEN)
    assert found.shape == (6, 6)
    assert 0 <= found.min() <= found.max() <= 1
    assert sources(expression) == frozenset(re.split(r"[*+]", expression))
    assert np.array_equal(joined(expression.replace("*", " * ").replace("+", " + "), GIVEN), found)


@settings(max_examples=40, deadline=None)
@given(expressions, st.sampled_from(NAMES))
def test_unions_grow_and_products_shrink(expression: str, name: str) -> None:
    found = joined(expression, GIVEN)
    assert (joined(f"{expression}+{name}", GIVEN) >= found).all()
    assert (joined(f"{name}+{expression}", GIVEN) == joined(f"{expression}+{name}", GIVEN)).all()
    assert np.array_equal(joined(f"{expression}+{expression}", GIVEN), found)
    if "+" not in expression:
        assert (joined(f"{expression}*{name}", GIVEN) <= found).all()
        everything = {**GIVEN, "full": np.ones((6, 6), np.float32)}
        assert np.array_equal(joined(f"{expression}*full", everything), joined(expression, everything))


def test_products_bind_tighter() -> None:
    expected = np.maximum(GIVEN["learned"] * GIVEN["plate"], GIVEN["external"])
    assert np.array_equal(joined("learned*plate+external", GIVEN), expected)


@pytest.mark.parametrize(
    "wrong", ["", "face", "learned-plate", "learned*", "*learned", "(learned+hull)*plate", "hull hull"]
)
def test_other_expressions_are_refused(wrong: str) -> None:
    with pytest.raises(ValidationError):
        CompositeSettings(matte=wrong)


def test_a_hull_covers_its_mesh_and_no_more() -> None:
    corners = np.array([[20.5, 30.25], [90.0, 25.0], [80.0, 100.0], [30.0, 95.0], [55.0, 60.0]])
    found = hull(corners, 128)
    y, x = np.mgrid[:128, :128]
    x0, y0 = corners[:4, 0], corners[:4, 1]
    area = 0.5 * abs(np.dot(x0, np.roll(y0, 1)) - np.dot(y0, np.roll(x0, 1)))
    assert found.sum() == pytest.approx(area, rel=0.06)
    assert found[60, 55] == 1
    assert not found[(x < 18) | (x > 92) | (y < 23) | (y > 102)].any()
