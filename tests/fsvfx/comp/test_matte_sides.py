"""Lengths by side of the upright face."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from fsvfx.comp.matte import SIDES, Side, shape, side_weight
from fsvfx.faces.geometry import FILL
from schemas.composite import CompositeSettings

SIZE = 256
RADIUS = 0.34 * SIZE
UNIT = FILL * SIZE / 256
RAYS: dict[Side, tuple[int, int]] = {"top": (-1, 0), "bottom": (1, 0), "left": (0, -1), "right": (0, 1)}


def disc() -> NDArray[np.float32]:
    y, x = np.mgrid[:SIZE, :SIZE] - (SIZE - 1) / 2
    return np.clip(RADIUS + 0.5 - np.hypot(x, y), 0, 1).astype(np.float32)


def reach(matte: NDArray[np.float32], side: Side, above: float = 0.5) -> float:
    """How far from the middle the matte is above a value, towards a side."""
    dy, dx = RAYS[side]
    steps = np.arange(SIZE // 2)
    line = matte[SIZE // 2 + dy * steps, SIZE // 2 + dx * steps]
    return float((line > above).sum())


@pytest.mark.parametrize("length", [-12.0, 8.0, 24.0])
@pytest.mark.parametrize("side", SIDES)
def test_erosion_moves_the_edge_at_its_side_only(side: Side, length: float) -> None:
    plain = shape(disc(), CompositeSettings(feather=0))
    moved = shape(disc(), CompositeSettings(feather=0, **{f"erode_{side}": length}))
    for other in SIDES:
        expected = length * UNIT if other == side else 0
        assert reach(plain, other) - reach(moved, other) == pytest.approx(expected, abs=1.5)


@pytest.mark.parametrize("side", SIDES)
def test_feather_widens_at_its_side_only(side: Side) -> None:
    plain = shape(disc(), CompositeSettings(feather=4))
    wide = shape(disc(), CompositeSettings(feather=4, **{f"feather_{side}": 40}))
    assert (wide <= plain + 1e-6).all()
    for other in SIDES:
        ramp = reach(wide, other, 0.02) - reach(wide, other, 0.98)
        before = reach(plain, other, 0.02) - reach(plain, other, 0.98)
        if other == side:
            assert ramp == pytest.approx(44 * UNIT, rel=0.35)
        else:
            assert ramp == pytest.approx(before, abs=1.5)


def test_sides_sum_to_one() -> None:
    assert np.allclose(sum(side_weight(side, 64) for side in SIDES), 1, atol=1e-6)
    assert side_weight("top", 64)[0, 32] > 0.99
    assert side_weight("left", 64)[32, 0] > 0.99


def test_all_sides_alike_are_as_the_whole() -> None:
    """An octagon stands in for the disc: 3 px off at most over 14."""
    lengths = {f"erode_{side}": 20.0 for side in SIDES}
    one, other = (
        shape(disc(), CompositeSettings(feather=0, **lengths)),
        shape(disc(), CompositeSettings(feather=0, erode=20)),
    )
    radii = [np.sqrt(each.sum() / np.pi) for each in (one, other)]
    assert radii[0] == pytest.approx(radii[1], abs=2)
