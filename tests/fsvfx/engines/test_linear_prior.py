"""What a face is likely to look like, from its vector."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from fsvfx.engines.anyone.linear_prior import cross_fitted, fitted, numbers_of
from fsvfx.engines.mesh import atlas
from fsvfx.faces.topology import CANONICAL

Made = Callable[..., Any]
F32 = NDArray[np.float32]

SKINS = [(0.8, 0.6, 0.5), (0.35, 0.25, 0.2)]


@pytest.fixture(scope="module")
def people(mesh: Made, picture: Made) -> tuple[F32, F32]:
    """Vectors (60, 16) whose first number is the skin, and the faces."""
    random = np.random.default_rng(1)
    dark = np.arange(60) % 2
    vectors = random.standard_normal((60, 16)).astype(np.float32)
    vectors[:, 0] = 6.0 * dark - 3
    faces = [numbers_of(picture(64, seed, SKINS[which]), mesh(64)) for seed, which in enumerate(dark)]
    return vectors, np.stack(faces)


def skin(colours: F32) -> F32:
    return np.asarray(colours[atlas.raster().coverage > 0].mean(0), np.float32)


def test_it_tells_the_skin_of_somebody_it_never_saw(people: tuple[F32, F32]) -> None:
    prior = fitted(*people)
    for first, wanted, other in ((-3, *SKINS), (3, *SKINS[::-1])):
        vector = np.zeros(16, np.float32)
        vector[0] = first
        found = skin(prior.of(vector).colours)
        assert np.abs(found - wanted).mean() < 0.5 * np.abs(found - other).mean()


def test_its_shape_is_a_face_upright_and_in_cm(people: tuple[F32, F32]) -> None:
    shape = fitted(*people).of(people[0][0]).shape
    assert np.abs(shape - CANONICAL * [1, -1, -1]).max() < 0.2


def test_a_vector_that_was_not_taken_gives_the_mean_face(people: tuple[F32, F32]) -> None:
    prior = fitted(*people)
    colours = prior.of(np.full(16, np.nan, np.float32)).colours
    on = atlas.raster().coverage > 0
    lab = prior.mean[: 3 * atlas.SIDE**2].reshape(atlas.SIDE, atlas.SIDE, 3)
    assert np.allclose(colours[on], np.clip(cv2.cvtColor(lab, cv2.COLOR_Lab2RGB), 0, 1)[on], atol=1e-5)
    assert colours.min() > 0.1, "it goes on beyond the mesh, where folded triangles look"


def test_a_cross_fit_does_not_know_the_face_that_it_is_asked_for(people: tuple[F32, F32]) -> None:
    vectors, faces = people
    strange = faces.copy()
    strange[7] += 40
    folds, priors = cross_fitted(vectors, strange)
    without = fitted(vectors[folds != folds[7]], strange[folds != folds[7]])
    assert np.array_equal(priors[folds[7]].of(vectors[7]).colours, without.of(vectors[7]).colours)
    assert sorted(set(folds.tolist())) == list(range(len(priors)))


def test_few_directions_are_kept(people: tuple[F32, F32]) -> None:
    prior = fitted(*people)
    assert prior.weights.shape == (16, 16)
    assert prior.directions.shape[0] == 16
