"""The second judge: what it sees of a face, and that it tells people apart whom it has never seen."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from fsvfx import models
from fsvfx.errors import ModelError
from fsvfx.faces.embedding import chip_matrix
from fsvfx.faces.geometry import apply
from fsvfx.identity.contract import Square
from fsvfx.identity.registry import network

PEOPLE = Path(__file__).resolve().parents[4] / "shared/faces/people"
NAMES = ("faceres", "faceres_tight")


def test_a_square_lies_about_the_mesh() -> None:
    mesh = np.zeros((468, 3), np.float32)
    mesh[:, :2] = np.random.default_rng(0).uniform((100, 50), (180, 150), (468, 2))
    low, high = mesh[:, :2].min(0), mesh[:, :2].max(0)
    placed = apply(chip_matrix(mesh, Square(200, 1.25)), np.stack([low, high]).astype(np.float64))
    np.testing.assert_allclose(placed.mean(0), [99.5, 99.5])
    assert float((placed[1] - placed[0]).max()) == pytest.approx(200 / 1.25)


@pytest.mark.parametrize("name", ["dlib", *NAMES])
def test_means_are_of_the_networks_size(name: str) -> None:
    assert network(name).centre.shape == (network(name).dimensions,)


@pytest.fixture(scope="module")
def faces() -> list[tuple[NDArray[np.uint8], NDArray[np.float32]]]:
    """Two pictures each of six people, with their meshes."""
    if not PEOPLE.exists():
        pytest.skip("../shared/faces is not here")
    try:
        models.path("faceres")
    except ModelError as error:
        pytest.skip(f"{error}")
    from fsvfx.faces.search import FaceFinder

    finder = FaceFinder(perturb=1)
    files = [
        PEOPLE / person / f"{n}.jpg" for person in sorted(p.name for p in PEOPLE.glob("lon_*"))[:6] for n in (0, 1)
    ]
    pictures = [np.ascontiguousarray(cv2.imread(str(file))[..., ::-1], np.uint8) for file in files]
    return [(rgb, finder.find(rgb).landmarks[0]) for rgb in pictures]


@pytest.mark.parametrize("name", NAMES)
def test_it_tells_people_apart(name: str, faces: list[tuple[NDArray[np.uint8], NDArray[np.float32]]]) -> None:
    from fsvfx.faces.embedding import cut

    judge = network(name)
    vectors = judge.vectors(np.stack([cut(rgb, mesh, judge.chip) for rgb, mesh in faces]))
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)
    apart = np.linalg.norm(vectors[:, None] - vectors[None], axis=2)
    same = apart[::2, 1::2].diagonal()
    different = apart[::2, 1::2][~np.eye(len(same), dtype=bool)]
    assert same.max() < judge.same_person < different.min()
