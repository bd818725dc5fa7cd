"""The solver against a direct one, on every kind of mask."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, diags
from scipy.sparse.linalg import splu

from fsvfx.comp.poisson import seamless

F32 = NDArray[np.float32]


def direct(swap: F32, plate: F32, mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Poisson's equation with the swap's gradients, by sparse LU in float64: (h, w, 3)."""
    height, width = mask.shape
    index = -np.ones(mask.shape, int)
    index[mask] = np.arange(mask.sum())
    ys, xs = np.nonzero(mask)
    degree = np.zeros(len(ys))
    right = np.zeros((len(ys), 3))
    rows, columns = [], []
    for dy, dx in ((0, 1), (0, -1), (1, 0), (-1, 0)):
        y, x = ys + dy, xs + dx
        there = np.flatnonzero((y >= 0) & (y < height) & (x >= 0) & (x < width))
        y, x = y[there], x[there]
        degree[there] += 1
        right[there] += swap[ys[there], xs[there]].astype(np.float64) - swap[y, x]
        solved = mask[y, x]
        right[there[~solved]] += plate[y[~solved], x[~solved]]
        rows.append(there[solved])
        columns.append(index[y[solved], x[solved]])
    i, j = np.concatenate(rows), np.concatenate(columns)
    matrix = diags(degree) - coo_matrix((np.ones(len(i)), (i, j)), shape=(len(ys), len(ys)))
    out = plate.astype(np.float64)
    out[mask] = splu(matrix.tocsc()).solve(right)
    return out


def ours(swap: F32, plate: F32, mask: NDArray[np.bool_], **how: object) -> F32:
    tensors = [torch.from_numpy(np.ascontiguousarray(each.transpose(2, 0, 1)))[None] for each in (swap, plate)]
    result = seamless(*tensors, torch.from_numpy(mask)[None, None].float(), **how)  # type: ignore[arg-type]
    return np.asarray(result[0].permute(1, 2, 0))


def pictures(height: int, width: int, seed: int = 0) -> tuple[F32, F32]:
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width] / max(height, width)
    plate = 0.3 + 0.2 * np.stack([np.sin(4 * x + c) * np.cos(3 * y - c) for c in range(3)], -1)
    swap = 0.4 + 0.1 * np.stack([np.cos(9 * x * y + c) for c in range(3)], -1)
    noise = 0.01 * random.standard_normal((2, height, width, 3))
    return (swap + noise[0]).astype(np.float32), (plate + noise[1]).astype(np.float32)


def flower(height: int, width: int) -> NDArray[np.bool_]:
    y, x = np.mgrid[:height, :width]
    y, x = y / height - 0.5, x / width - 0.5
    return np.asarray(np.hypot(x, y * 0.8) < 0.36 + 0.06 * np.sin(5 * np.arctan2(y, x)))


def with_slit() -> NDArray[np.bool_]:
    mask = flower(96, 96)
    mask[40:, 47:49] = False
    return mask


def cut_by_frame() -> NDArray[np.bool_]:
    mask = flower(97, 131)
    mask[30:, :] = True
    return mask


def with_hole() -> NDArray[np.bool_]:
    mask = np.ones((48, 64), bool)
    mask[5, 7] = False
    return mask


def one_pixel() -> NDArray[np.bool_]:
    mask = np.zeros((33, 40), bool)
    mask[16, 20] = True
    return mask


MASKS = {
    "face": (flower(160, 144), 8),
    "odd sides": (flower(151, 133), 8),
    "two parts": (np.concatenate([flower(80, 80), flower(80, 80)], axis=1), 8),
    "cut by the frame": (cut_by_frame(), 10),
    "slit": (with_slit(), 30),
    "all but a pixel": (with_hole(), 10),
    "one pixel": (one_pixel(), 2),
    "one row": (flower(1, 90), 8),
    "ragged": (np.random.default_rng(3).random((70, 70)) < 0.6, 24),
}


@pytest.mark.parametrize("name", MASKS)
def test_agrees_with_the_direct_solve(name: str) -> None:
    mask, cycles = MASKS[name]
    swap, plate = pictures(*mask.shape)
    found = ours(swap, plate, mask)
    assert np.abs(found - direct(swap, plate, mask)).max() < 1e-5
    assert np.array_equal(found[~mask], plate[~mask])


def test_two_cycles_are_enough_for_the_eye() -> None:
    mask = flower(256, 256)
    swap, plate = pictures(256, 256)
    error = ours(swap, plate, mask) - direct(swap, plate, mask)
    assert np.sqrt((error**2).mean()) < 1e-4
    assert np.abs(error).max() < 2e-3


@pytest.mark.parametrize(("inside", "expected"), [(False, "plate"), (True, "swap")])
def test_empty_and_full_masks(inside: bool, expected: str) -> None:
    swap, plate = pictures(40, 50)
    found = ours(swap, plate, np.full((40, 50), inside))
    assert np.array_equal(found, {"plate": plate, "swap": swap}[expected])


def test_a_swap_that_is_the_plate_stays() -> None:
    _, plate = pictures(64, 64)
    assert np.array_equal(ours(plate, plate, flower(64, 64)), plate)


def test_each_frame_of_a_batch_as_if_alone() -> None:
    masks = [flower(64, 80), one_pixel()[:32].repeat(2, 0).repeat(2, 1), np.zeros((64, 80), bool)]
    pairs = [pictures(64, 80, seed) for seed in range(3)]
    batch = [torch.from_numpy(np.stack([p[k] for p in pairs]).transpose(0, 3, 1, 2).copy()) for k in (0, 1)]
    found = seamless(*batch, torch.from_numpy(np.stack(masks))[:, None].float())
    for one, mask, (swap, plate) in zip(found, masks, pairs):
        assert np.allclose(one.permute(1, 2, 0), ours(swap, plate, mask), atol=2e-6)


def test_a_highlight_on_the_rim_does_not_bleed() -> None:
    swap, plate = pictures(128, 128)
    mask = flower(128, 128)
    lit = plate.copy()
    lit[:, :20] += 64.0 * (~mask[:, :20, None])
    calm, plain = (
        np.abs(ours(swap, lit, mask, steady=steady) - ours(swap, plate, mask))[mask] for steady in (True, False)
    )
    assert plain.max() > 1.0
    assert calm.max() < 0.05 * plain.max()
    assert np.median(calm) < 0.02


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 40),
    st.integers(1, 40),
    st.integers(0, 2**31),
    st.floats(0, 1),
    st.sampled_from([1e-3, 1.0, 64.0, 6e4]),
)
def test_never_leaves_the_finite(height: int, width: int, seed: int, share: float, scale: float) -> None:
    random = np.random.default_rng(seed)
    mask = random.random((height, width)) < share
    swap, plate = (random.standard_normal((2, height, width, 3)) * scale).astype(np.float32)
    found = ours(swap, plate, mask, steady=bool(seed % 2))
    assert np.isfinite(found).all()
    # The membrane stays between the rim's extremes, but for the solver's own error.
    assert np.abs(found - swap)[mask].max(initial=0) <= 1.05 * np.abs(plate - swap).max(initial=0) + 1e-3 * scale
