"""A basis of textures: what it learns of people of whom parts are hidden, and what it tells of another."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest
from toy_textures import HALF, people

from fsvfx.morphable import TextureBasis
from fsvfx.morphable.basis import SIDE, learned, symmetric

PIXELS, VALUES = people(60)
ROW, COLUMN = np.divmod(PIXELS, SIDE)


def partly(count: int) -> np.ndarray:
    """Of each second person only the left is seen, of the others only the right and the middle."""
    turns = np.where(np.arange(count) % 2, 1, -1)[:, None]
    return (turns * (COLUMN - HALF) < 5).astype(np.float32)


@lru_cache(maxsize=1)
def basis() -> TextureBasis:
    return learned(PIXELS, VALUES, partly(60), 2)


def test_modes_are_found_though_nobody_is_seen_whole() -> None:
    flat = basis().modes.reshape(2, -1)
    truth = VALUES - VALUES.mean(axis=0)
    main = np.linalg.svd(truth.reshape(60, -1), full_matrices=False)[2][:2]
    held = (flat / np.linalg.norm(flat, axis=1, keepdims=True)) @ main.T
    assert np.linalg.norm(held, axis=1).min() > 0.98
    assert np.linalg.norm(flat[0]) > np.linalg.norm(flat[1])


@pytest.mark.parametrize("hidden", [ROW < HALF, COLUMN > HALF, (ROW - HALF) ** 2 + (COLUMN - HALF) ** 2 < 30])
def test_hidden_texels_of_somebody_new_are_told(hidden: np.ndarray) -> None:
    _, others = people(8, seed=1)
    for values in others:
        told, _ = basis().told(np.where(hidden[:, None], 0, values), (~hidden).astype(np.float32))
        off, usual = (np.abs(values - each)[hidden].mean() for each in (told, basis().mean))
        assert off < max(0.5 * usual, 0.02)


def test_what_is_no_skin_counts_little() -> None:
    """A strand of hair over the forehead."""
    values, hair = people(1, seed=2)[1][0], np.abs(COLUMN - HALF - 4) < 3
    shown = np.where(hair[:, None], 0.05, values)
    told, ordinary = basis().told(shown, np.ones(len(PIXELS), np.float32))
    assert ordinary[hair].max() < 0.3
    assert ordinary[COLUMN < HALF - 4].min() > 0.8
    assert np.abs(told - values)[hair].mean() < 0.06


def test_nothing_seen_is_the_mean() -> None:
    told, _ = basis().told(np.zeros_like(VALUES[0]), np.zeros(len(PIXELS), np.float32))
    np.testing.assert_allclose(told, basis().mean, atol=1e-6)


def test_the_same_of_the_same() -> None:
    again = learned(PIXELS, VALUES, partly(60), 2)
    for name in ("mean", "modes", "noise", "known"):
        np.testing.assert_array_equal(getattr(again, name), getattr(basis(), name))


def test_mirror_images() -> None:
    values, weights = symmetric(PIXELS, VALUES[:2], partly(2))
    assert values.shape == (4, *VALUES.shape[1:])
    np.testing.assert_array_equal(basis().picture(values[2]), basis().picture(values[0])[:, ::-1])
    np.testing.assert_array_equal(weights[3][np.argsort(-COLUMN, kind="stable")].sum(), weights[1].sum())


def test_the_edge_goes_on_beyond_the_layout() -> None:
    spread = basis().spread_out(np.full((len(PIXELS), 1), 0.7, np.float32))
    assert spread[int(HALF) - 13, int(HALF), 0] == pytest.approx(0.7, abs=1e-4)
    assert spread[0, 0, 0] == 0
