"""The solver against a direct one, on every kind of mask."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, zoom
from scipy.sparse import coo_matrix, diags
from scipy.sparse.linalg import splu

from fsvfx.comp.multigrid import gradients
from fsvfx.comp.multigrid.gradients import cycle, solve
from fsvfx.comp.multigrid.levels import around, levels, padded
from fsvfx.comp.multigrid.on_gpu import solve_together
from fsvfx.comp.poisson import seamless

F32 = NDArray[np.float32]


def direct(
    swap: F32, plate: F32, mask: NDArray[np.bool_], trusted: NDArray[np.bool_] | None = None, mixed: bool = False
) -> NDArray[np.float64]:
    """Poisson's equation with the swap's gradients (mixed: the stronger ones), by sparse LU in float64: (h, w, 3)."""
    index = -np.ones(mask.shape, int)
    index[mask] = np.arange(mask.sum())
    ys, xs = np.nonzero(mask)
    degree, right = np.zeros(len(ys)), np.zeros((len(ys), 3))
    rows, columns = [], []
    for dy, dx in ((0, 1), (0, -1), (1, 0), (-1, 0)):
        there = np.flatnonzero((ys + dy >= 0) & (ys + dy < mask.shape[0]) & (xs + dx >= 0) & (xs + dx < mask.shape[1]))
        if trusted is not None:
            there = there[(mask | trusted)[ys[there] + dy, xs[there] + dx]]
        here, other = (ys[there], xs[there]), (ys[there] + dy, xs[there] + dx)
        degree[there] += 1
        ours, theirs = (each[here].astype(np.float64) - each[other] for each in (swap, plate))
        right[there] += np.where(mixed & (np.abs(theirs) > np.abs(ours)), theirs, ours)
        solved = mask[other]
        right[there[~solved]] += plate[other][~solved]
        rows.append(there[solved])
        columns.append(index[other][solved])
    i, j = np.concatenate(rows), np.concatenate(columns)
    matrix = diags(degree) - coo_matrix((np.ones(len(i)), (i, j)), shape=(len(ys), len(ys)))
    out = plate.astype(np.float64)
    out[mask] = splu(matrix.tocsc()).solve(right)
    return out


def ours(
    swap: F32,
    plate: F32,
    mask: NDArray[np.bool_],
    trusted: NDArray[np.bool_] | None = None,
    **how: Any,
) -> F32:
    return seamless(swap, plate, mask, trusted=trusted, **how)


def span(swap: F32, plate: F32, mask: NDArray[np.bool_]) -> float:
    """The range of differences on the rim: what errors are measured by."""
    rim = binary_dilation(mask) & ~mask
    return float(np.ptp((plate - swap)[rim], axis=0).max(initial=1e-3))


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
    "face": flower(160, 144),
    "odd sides": flower(151, 133),
    "two parts": np.concatenate([flower(80, 80), flower(80, 80)], axis=1),
    "cut by the frame": cut_by_frame(),
    "slit": with_slit(),
    "all but a pixel": with_hole(),
    "one pixel": one_pixel(),
    "one row": flower(90, 90)[45:46],
    "ragged": np.random.default_rng(3).random((70, 70)) < 0.6,
}


@pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
@pytest.mark.parametrize("scale", [1.0, 64.0])
@pytest.mark.parametrize("name", MASKS)
def test_agrees_with_the_direct_solve(name: str, scale: float, device: str) -> None:
    mask = MASKS[name]
    swap, plate = (each * np.float32(scale) for each in pictures(*mask.shape))
    swap -= np.float32(0.3 * scale)  # partly negative
    found = ours(swap, plate, mask, device=device)
    assert np.abs(found - direct(swap, plate, mask))[mask].max() < 1e-5 * max(span(swap, plate, mask), scale)
    assert np.array_equal(found[~mask], plate[~mask])


def blobs(random: np.random.Generator, height: int, width: int, size: int) -> NDArray[np.bool_]:
    """Random shapes of about this size, with holes, not at the picture's edge."""
    coarse = random.random((height // size + 2, width // size + 2))
    mask = zoom(coarse, size, order=1)[:height, :width] + 0.1 * random.random((height, width)) > 0.5
    return np.asarray(np.pad(mask[1:-1, 1:-1], 1))


@settings(max_examples=20, deadline=None)
@given(st.integers(8, 120), st.integers(8, 120), st.integers(0, 2**31), st.sampled_from([4, 16, 40]), st.booleans())
@example(64, 101, 113660304, 16, False)  # a cycle seemed to converge better than the solver does
@example(96, 55, 1463041, 16, False)
def test_any_shape_and_any_rim(height: int, width: int, seed: int, size: int, mixed: bool) -> None:
    random = np.random.default_rng(seed)
    mask = blobs(random, height, width, size)
    swap, plate = (random.uniform(-8, 64, (2, height, width, 3))).astype(np.float32)
    if mask.any():
        found = ours(swap, plate, mask, mixed=mixed) - direct(swap, plate, mask, mixed=mixed)
        assert np.abs(found).max() < 1e-5 * 72 * (4 if mixed else 2)  # the differences' range, and more with a source


@pytest.mark.parametrize("name", ["face", "cut by the frame", "two parts", "slit", "odd sides"])
def test_the_gpus_way_agrees_with_the_cpus(name: str) -> None:
    mask = MASKS[name]
    rim = binary_dilation(mask) & ~mask
    rim[:, : rim.shape[1] // 4] = False  # free there
    grids = levels(mask.view(np.uint8), rim.view(np.uint8))
    right = np.random.default_rng(0).uniform(-1, 1, (3, *grids.grids[0].inside.shape)).astype(np.float32)
    right *= grids.grids[0].inside
    ours = np.stack([solve(grids, one, 1e-5, 100)[0] for one in right])
    theirs, error = solve_together(grids, right, 1e-5, 100, "cpu")
    assert error < 1e-5
    assert np.allclose(ours, theirs, atol=1e-5 * np.abs(ours).max())


@pytest.mark.parametrize("name", ["face", "cut by the frame", "two parts", "slit"])
def test_mixed_gradients_agree_with_the_direct_solve(name: str) -> None:
    mask = MASKS[name]
    swap, plate = pictures(*mask.shape)
    plate[:, ::9] += 0.2  # stripes that shine through
    found, plain = ours(swap, plate, mask, mixed=True), ours(swap, plate, mask)
    exact = direct(swap, plate, mask, mixed=True)
    assert np.abs(found - exact).max() < 2e-5
    assert np.abs(found - plain).max() > 0.05


@pytest.mark.parametrize("name", ["face", "slit", "two parts"])
def test_errors_that_no_half_float_shows_are_left(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    mask = MASKS[name]
    swap, plate = pictures(*mask.shape)
    light = np.median(swap[binary_dilation(mask) & ~mask], axis=0)
    cycles = []
    monkeypatch.setattr(gradients, "cycle", lambda *given: cycles.append(len(given)) or cycle(*given))
    found, wanted = ours(swap, plate, mask, finest=2**-13), direct(swap, plate, mask)
    few = cycles.count(2)  # those from within have a depth besides
    assert (np.abs(found - wanted)[mask].max(axis=0) < 2**-13 * light).all()
    ours(swap, plate, mask)
    assert few < cycles.count(2) - few


def test_large_faces_take_few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    mask = flower(600, 500)
    rim = binary_dilation(mask) & ~mask
    grids = levels(mask.view(np.uint8), rim.view(np.uint8))
    right = around(np.random.default_rng(0).uniform(-1, 1, mask.shape).astype(np.float32) * rim)
    cycles = []
    monkeypatch.setattr(gradients, "cycle", lambda *given: cycles.append(len(given)) or cycle(*given))
    solve(grids, padded(right) * grids.grids[0].inside, 1e-3, 100)
    assert cycles.count(2) <= 5


@pytest.mark.parametrize("mixed", [False, True])
@pytest.mark.parametrize("name", ["face", "slit", "two parts", "odd sides"])
def test_the_swap_is_free_where_the_rim_is_not_trusted(name: str, mixed: bool) -> None:
    mask = MASKS[name]
    swap, plate = pictures(*mask.shape)
    trusted = np.ones(mask.shape, bool)
    trusted[: mask.shape[0] // 2, : mask.shape[1] // 3] = False
    exact = direct(swap, plate, mask, trusted, mixed)
    assert np.abs(ours(swap, plate, mask, trusted, mixed=mixed) - exact).max() < 2e-5
    plate[~trusted] = 1e3  # the hand's colour does not matter, outside of mixed gradients between it and the rim
    swapped = ours(swap, plate, mask, trusted)
    assert np.abs(swapped - direct(swap, plate, mask, trusted))[mask].max() < 2e-5


def test_a_part_without_a_trusted_rim_has_the_swap_as_it_is() -> None:
    mask = MASKS["two parts"].copy()
    mask[:, 70:90] = False
    swap, plate = pictures(*mask.shape)
    trusted = np.ones(mask.shape, bool)
    trusted[:, :80] = False
    found = ours(swap, plate, mask, trusted)
    left, right = mask.copy(), mask.copy()
    left[:, 80:], right[:, :80] = False, False
    assert np.allclose(found[left], swap[left], atol=1e-6)
    assert np.abs(found - direct(swap, plate, right))[right].max() < 1e-5


@pytest.mark.parametrize(("inside", "expected"), [(False, "plate"), (True, "swap")])
def test_empty_and_full_masks(inside: bool, expected: str) -> None:
    swap, plate = pictures(40, 50)
    found = ours(swap, plate, np.full((40, 50), inside))
    assert np.array_equal(found, {"plate": plate, "swap": swap}[expected])


def test_a_swap_that_is_the_plate_stays() -> None:
    _, plate = pictures(64, 64)
    assert np.array_equal(ours(plate, plate, flower(64, 64)), plate)


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
