"""``unifacegan`` as an engine: whose shape and albedo it draws, whose performance, and where its fits come from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from toy_packages import toy_package

from fsvfx.context import Context
from fsvfx.engines import registry
from fsvfx.engines.contract import FaceBatch, Identity
from fsvfx.engines.unifacegan import FittedSource, UniFaceGan
from fsvfx.entries import EntryView
from fsvfx.models import HEAD
from fsvfx.morphable import arrays_of, fit_person, ict
from fsvfx.packages import Packages
from fsvfx.preflight import learner_troubles


class Stored(EntryView):
    """Arrays, by name and frame number."""

    def __init__(self, arrays: dict[str, dict[int, np.ndarray]]) -> None:
        self.arrays = arrays

    def frame(self, array: str, number: int) -> np.ndarray:
        return self.arrays[array][number]


pytestmark = pytest.mark.usefixtures("head")
Made = Callable[..., Any]


@pytest.fixture
def engine(tmp_path: Path) -> UniFaceGan:
    _, card = toy_package(tmp_path, "unifacegan")
    settings = registry.settings_of("unifacegan", {"model": "toy", "sha256": card.sha256, "matte": "mesh"})
    made = registry.engine("unifacegan")(settings, Context(Packages(tmp_path)))
    assert isinstance(made, UniFaceGan)
    return made


@pytest.fixture
def faces(mesh: Made, picture: Made, batch: Made) -> FaceBatch:
    made: FaceBatch = batch([picture(96, seed) for seed in (1, 2)], [mesh(96), mesh(96, yaw=20, opening=1)])
    return made


@pytest.fixture
def source(engine: UniFaceGan, mesh: Made, picture: Made, identity: Made, known_vectors: None) -> FittedSource:
    return engine.prepare(identity([picture(96, 5), picture(96, 6)], [mesh(96), mesh(96, yaw=-15)]), 96)


@pytest.fixture
def known_vectors(monkeypatch: pytest.MonkeyPatch) -> None:
    """The identity network is not asked."""

    def vectors(identity: Identity, name: str) -> np.ndarray:
        return np.ones((len(identity.crops), 128), np.float32)

    monkeypatch.setattr("fsvfx.engines.open_set.vectors_of", vectors)


def test_it_needs_the_morphable_model(engine: UniFaceGan) -> None:
    assert HEAD in engine.weights(engine.settings)
    assert UniFaceGan.trained_with == (HEAD,)
    assert not list(learner_troubles("unifacegan"))


def test_before_a_training_it_is_told_where_that_is_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fsvfx.models.present", lambda name: name != HEAD)
    told = list(learner_troubles("unifacegan"))
    assert [one.what for one in told] == [f"model '{HEAD}' is missing"]
    assert told[0].stops
    assert not list(learner_troubles("cihn"))


def test_faces_are_swapped_one_by_one(engine: UniFaceGan, faces: FaceBatch, source: FittedSource) -> None:
    made = engine.swap(faces, source)
    assert made.crops.shape == faces.crops.shape
    assert made.matte.shape == (2, 96, 96)
    assert ((made.crops >= 0) & (made.crops <= 1)).all()
    second = engine.swap(replace(faces, before=1), source)
    np.testing.assert_allclose(second.crops[0], made.crops[1], atol=1e-5)


def test_another_source_shows(engine: UniFaceGan, faces: FaceBatch, source: FittedSource) -> None:
    model = ict()
    wider = replace(source.person, identity=source.person.identity + 1)
    darker = replace(source.person, albedo=np.full_like(model.neutral, 0.5))
    made = engine.swap(faces, source).crops
    for person in (wider, darker):
        other = engine.swap(faces, replace(source, person=person)).crops
        assert np.abs(other - made).max() > 0.02


def test_the_stages_fits_are_taken_where_there_are_any(
    engine: UniFaceGan, faces: FaceBatch, source: FittedSource
) -> None:
    found = [fit_person(ict(), mesh[None], crop[None]) for mesh, crop in zip(faces.landmarks, faces.crops, strict=True)]

    def read(light: float) -> FaceBatch:
        each = [arrays_of(person, replace(fits, light=fits.light * np.float32(light))) for person, fits in found]
        arrays = {
            name: {frame: one[name][0] for frame, one in zip(faces.frames, each, strict=True)} for name in each[0]
        }
        return replace(faces, read={"fit": Stored(arrays)})

    made = engine.swap(faces, source).crops
    np.testing.assert_allclose(engine.swap(read(1), source).crops, made, atol=1e-4)
    assert np.abs(engine.swap(read(0.5), source).crops - made).max() > 0.02
