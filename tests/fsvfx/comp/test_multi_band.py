"""Matted Laplacian pyramids, and the blends by bands."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from fsvfx.comp.matte import feather
from fsvfx.comp.multi_band import joined, levels_of, multi_band, split, weights_of

F32 = NDArray[np.float32]


def picture(seed: int, shape: tuple[int, int] = (96, 80), scale: float = 1.0) -> F32:
    random = np.random.default_rng(seed)
    smooth = cv2.resize(random.random((6, 5, 3)).astype(np.float32), shape[::-1], interpolation=cv2.INTER_CUBIC)
    return scale * (smooth + 0.1 * random.standard_normal((*shape, 3)).astype(np.float32))


def oval(shape: tuple[int, int] = (96, 80), width: float = 6) -> F32:
    drawn = np.zeros(shape, np.float32)
    cv2.ellipse(drawn, (shape[1] // 2, shape[0] // 2), (shape[1] * 3 // 8, shape[0] * 3 // 8), 0, 0, 360, 1, -1)
    return feather(drawn, width)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 99),
    st.tuples(st.integers(8, 70), st.integers(8, 70)),
    st.integers(1, 9),
    st.sampled_from([1e-3, 1.0, 64.0, 6e4]),
)
def test_bands_add_up_to_the_picture(seed: int, shape: tuple[int, int], count: int, scale: float) -> None:
    given_, matte = picture(seed, shape, scale), oval(shape)
    back = joined(split(given_, weights_of(matte, count)))
    assert np.abs(back - given_)[matte > 0].max(initial=0) < 4e-6 * np.abs(given_).max()
    assert not back[matte == 0].any()


def test_nothing_beyond_the_matte_bleeds_in() -> None:
    matte, given_ = oval(), picture(1)
    other = np.where(matte[..., None] > 0, given_, 1e4).astype(np.float32)
    weights = weights_of(matte, 6)
    for one, two in zip(split(given_, weights).bands, split(other, weights).bands):
        assert np.array_equal(one, two)
    changed = multi_band(other, np.where(matte[..., None] > 0, picture(2), -1e4).astype(np.float32), matte, 5)
    assert np.array_equal(changed, multi_band(given_, picture(2), matte, 5))


@pytest.mark.parametrize("contrast", [False, True])
def test_the_same_picture_stays(contrast: bool) -> None:
    matte, same = oval(), picture(3) + 0.5
    assert np.allclose(multi_band(same, same, matte, 5, contrast=contrast), same * (matte > 0)[..., None], atol=2e-5)


def test_the_low_band_is_the_plates() -> None:
    matte = oval()
    plate, swap = 0.4 + 0.2 * picture(4), 1.0 + 0.2 * picture(5)
    found = multi_band(swap, plate, matte, 4)
    low = [split(each, weights_of(matte, 4)).bands[-1] for each in (found, plate, swap)]
    inside = levels_of(matte, 4)[-1] > 0.5
    assert np.abs(low[0] - low[1])[inside].max() < 0.08
    assert np.abs(low[2] - low[1])[inside].min() > 0.3


def test_detail_is_the_swaps() -> None:
    matte, plate = oval(), np.full((96, 80, 3), 0.5, np.float32)
    swap = 0.5 + 0.1 * (np.indices((96, 80)).sum(0) % 4 < 2).astype(np.float32)[..., None].repeat(3, 2)
    found = multi_band(swap, plate, matte, 5)
    core = matte > 0.99
    assert found[core].std() == pytest.approx(swap[core].std(), rel=0.05)


@pytest.mark.parametrize("factor", [0.75, 1.4])
def test_contrast_is_the_plates(factor: float) -> None:
    matte = oval()
    plate = 0.5 + 0.1 * np.random.default_rng(6).standard_normal((96, 80, 1)).astype(np.float32).repeat(3, 2)
    swap = 0.5 + 0.1 / factor * np.random.default_rng(7).standard_normal((96, 80, 1)).astype(np.float32).repeat(3, 2)
    core = matte > 0.99
    plain, matched = (multi_band(swap, plate, matte, 5, contrast=each) for each in (False, True))
    assert matched[core].std() == pytest.approx(plate[core].std(), rel=0.12)
    assert abs(plain[core].std() / plate[core].std() - 1) > 0.15


@pytest.mark.parametrize("light", [0.3, 3.0])
def test_the_dark_stays_dark_and_above_black(light: float) -> None:
    matte, swap = oval(), np.full((96, 80, 3), 0.5, np.float32)
    swap[44:50, 36:42] = 0.005
    found = multi_band(swap, light * np.full_like(swap, 0.5), matte, 6)
    assert found[45:49, 37:41].min() >= 0
    assert found[45:49, 37:41].max() < 0.03
    assert found[30, 40] == pytest.approx(light * 0.5, rel=0.1)
