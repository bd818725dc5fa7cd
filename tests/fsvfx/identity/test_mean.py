"""One vector of many pictures."""

from __future__ import annotations

import numpy as np
import pytest

from fsvfx.identity.mean import mean_vector

SAME = 0.6


def near(center: np.ndarray, count: int, spread: float, seed: int = 0) -> np.ndarray:
    made = center + spread * np.random.default_rng(seed).standard_normal((count, len(center))) / len(center) ** 0.5
    return made.astype(np.float32)


@pytest.fixture
def person() -> np.ndarray:
    vector = np.random.default_rng(7).standard_normal(128)
    return 1.48 * vector / np.linalg.norm(vector)


def test_one_picture_is_its_own_mean(person: np.ndarray) -> None:
    made = mean_vector(person[None], np.ones(1), SAME)
    assert (made.pictures, made.left_out) == (1, 0)
    assert np.allclose(made.vector, person, atol=1e-6)
    assert made.vector.dtype == np.float32


def test_the_mean_is_nearer_the_person_than_its_pictures_and_as_long(person: np.ndarray) -> None:
    given = near(person, 12, 0.25)
    made = mean_vector(given, np.ones(12), SAME)
    assert np.linalg.norm(made.vector - person) < 0.6 * np.linalg.norm(given - person, axis=1).min()
    assert np.linalg.norm(made.vector) == pytest.approx(np.linalg.norm(given, axis=1).mean(), rel=1e-3)


def test_others_among_the_pictures_and_those_without_a_vector_are_left_out(person: np.ndarray) -> None:
    given = near(person, 8, 0.2)
    other, untaken = near(-person, 2, 0.2), np.full((3, 128), np.nan, np.float32)
    alone = mean_vector(given, np.ones(8), SAME)
    mixed = mean_vector(np.concatenate([other, given, untaken]), np.ones(13), SAME)
    assert np.allclose(mixed.vector, alone.vector)
    assert (mixed.pictures, mixed.left_out) == (8, 2)


def test_pictures_count_by_their_worth(person: np.ndarray) -> None:
    given = near(person, 2, 0.2)
    made = mean_vector(given, np.array([1.0, 0.1]), SAME)
    assert np.linalg.norm(made.vector - given[0]) < 0.3 * np.linalg.norm(made.vector - given[1])


def test_nobody_has_no_mean() -> None:
    with pytest.raises(ValueError, match="no picture"):
        mean_vector(np.full((2, 128), np.nan), np.ones(2), SAME)
