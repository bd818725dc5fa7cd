"""Outside the matte the comp is the plate, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from fsvfx.comp import Patch, apply


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
