"""Engines that swap anybody for anybody: who it is comes from pictures, by vectors that are averaged and said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import cv2
import numpy as np
import pytest
import torch
import toy_packages
from swaps import nobody, swapped
from torch import Tensor, nn
from toy_packages import toy_package

from fsvfx import models
from fsvfx.comp.matte import hull
from fsvfx.context import Context
from fsvfx.engines import packaged, registry
from fsvfx.engines.anyone.linear_prior import Likely
from fsvfx.engines.contract import Engine, EngineSettings, FaceBatch, Identity
from fsvfx.engines.mesh.references import References
from fsvfx.engines.open_set import OpenSet, Source, worth_of
from fsvfx.engines.trainable import Batch, Model, Prediction
from fsvfx.errors import InputError, ModelError
from fsvfx.faces.embedding import embeddings
from fsvfx.packages import Packages

Made = Callable[..., Any]


class HueSettings(EngineSettings):
    resolution: int = 64


class HueModel(Model):
    """A colour of each vector."""

    def __init__(self, settings: HueSettings, people: tuple[str, ...]) -> None:
        super().__init__()
        self.people, self.resolution = people, settings.resolution
        self.colour = nn.Linear(128, 3)

    def forward(self, batch: Batch, turn: str = "generator") -> dict[str, Tensor]:
        raise NotImplementedError

    def painted(self, pictures: Tensor, vector: Tensor) -> Prediction:
        colour = self.colour(vector).sigmoid()[None, :, None, None]
        return Prediction(pictures * 0.5 + colour * 0.5, None)


class Hue(OpenSet):
    """Paints faces in the colour of the identity's vector."""

    name: ClassVar[str] = "hue"
    version: ClassVar[int] = 1
    summary: ClassVar[str] = "paints"
    source: ClassVar[str] = "a test"
    Architecture: ClassVar[type[EngineSettings]] = HueSettings

    @classmethod
    def model_of(cls, architecture: EngineSettings, people: tuple[str, ...]) -> HueModel:
        assert isinstance(architecture, HueSettings)
        return HueModel(architecture, people)

    def predict(self, pictures: Tensor, faces: FaceBatch, prepared: Source) -> Prediction:
        assert isinstance(self.model, HueModel)
        vector = torch.from_numpy(prepared.mean.vector).to(pictures)
        return self.model.painted(pictures[faces.wanted], vector)


@pytest.fixture
def hue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hue:
    real = registry.engine

    def engine(name: str) -> type[Engine[Any]]:
        return Hue if name == "hue" else real(name)

    monkeypatch.setattr(registry, "engine", engine)
    monkeypatch.setattr(toy_packages, "SMALL", {**toy_packages.SMALL, "hue": {}})
    _, card = toy_package(tmp_path, "hue", ("ada", "bea"))
    settings = packaged.MatteSettings(model="toy", sha256=card.sha256)
    return Hue(settings, Context(Packages(tmp_path)))


@pytest.fixture
def lead(mesh: Made, picture: Made, identity: Made) -> Identity:
    """Nobody whom the package was trained on; four pictures, two with a vector, one of them of somebody else."""
    made = identity([picture(128, seed) for seed in range(5)], [mesh(128, yaw) for yaw in (0, 10, 60, -5, 0)])
    vectors = np.full((5, 128), np.nan, np.float32)
    vectors[[0, 1, 2]] = np.random.default_rng(1).standard_normal(128) / 8
    vectors[1, :4] += 0.1
    vectors[4] = -vectors[0]
    return replace(made, embedding=vectors)


def test_anybody_with_pictures_may_go_in(hue: Hue, lead: Identity, mesh: Made, picture: Made, batch: Made) -> None:
    faces = batch([picture(96, 9)] * 3, [mesh(96, yaw) for yaw in (0, 5, 10)])
    swap = swapped(hue, faces, lead)
    assert (swap.crops.shape, swap.matte.shape) == ((3, 96, 96, 3), (3, 96, 96))
    assert lead.embedding is not None
    other = replace(lead, embedding=-lead.embedding)
    assert np.abs(swapped(hue, faces, other).crops - swap.crops).mean() > 0.01
    seen = replace(faces, before=1, after=1)
    assert np.allclose(swapped(hue, seen, lead).crops, swap.crops[1:2], atol=1e-6)


def test_the_pictures_of_one_person_are_averaged_and_it_is_said(hue: Hue, lead: Identity) -> None:
    source = hue.prepare(lead, 96)
    assert hue.figures(source) == {"identity_pictures": 3, "identity_left_out": 1}
    assert source.identity is lead
    worth = worth_of(lead)
    assert worth[0] > worth[1] > worth[2], "what is turned away says less of who it is"


def test_vectors_that_nobody_took_are_taken_of_the_crops(hue: Hue, lead: Identity) -> None:
    try:
        models.path("dlib_embedding")
    except ModelError as error:
        pytest.skip(str(error))
    one = Identity("lead", lead.crops[:1], lead.landmarks[:1], lead.sharpness[:1])
    wanted = embeddings(np.asarray(one.crops[0] * 255 + 0.5, np.uint8), one.landmarks)[0]
    assert np.allclose(hue.prepare(one, 96).mean.vector, wanted, atol=1e-5)


def test_nobody_is_refused_and_the_identity_network_is_in_the_key(hue: Hue) -> None:
    assert Hue.needs_references
    assert Hue.weights(hue.settings) == ("dlib_embedding",)
    with pytest.raises(InputError, match="'nobody' has no usable reference pictures"):
        hue.prepare(nobody(), 96)


@pytest.mark.parametrize(
    ("name", "prior"), [("simswap", "linear"), ("simswap", "warp"), ("rsgan", "linear"), ("ipgan", "warp")]
)
def test_a_package_with_a_prior_is_shown_the_identitys_face(
    tmp_path: Path, lead: Identity, mesh: Made, picture: Made, batch: Made, name: str, prior: str
) -> None:
    sizes = {**toy_packages.SMALL[name], "prior": prior}
    _, card = toy_package(tmp_path, name, architecture=sizes)
    settings = packaged.MatteSettings(model="toy", sha256=card.sha256)
    engine = registry.engine(name)(settings, Context(Packages(tmp_path)))
    faces = batch([picture(96, 9)] * 3, [mesh(96, yaw) for yaw in (0, 5, 10)])
    source = engine.prepare(lead, 96)
    assert isinstance(source.showing, Likely if prior == "linear" else References)
    made = engine.swap(faces, source).crops
    assert np.abs(made - engine.swap(faces, replace(source, showing=other(mesh, picture))).crops).mean() > 1e-5
    alone = engine.swap(replace(faces, before=1), source).crops
    assert np.allclose(alone, made[1:], atol=1e-4)


def other(mesh: Made, picture: Made) -> Likely:
    return Likely(picture(64, 3, (0.9, 0.3, 0.2)), mesh(64))


def test_what_is_in_front_is_restored_where_the_package_can(
    tmp_path: Path, lead: Identity, mesh: Made, picture: Made, batch: Made
) -> None:
    try:
        models.path("dlib_embedding")
    except ModelError as error:
        pytest.skip(str(error))
    sizes = {"resolution": 64, "encoder_width": 4, "generator_width": 64, "gan": 0}
    faces = batch([picture(96, 9)] * 2, [mesh(96, yaw) for yaw in (0, 5)])

    def engine(sha256: str, **said: Any) -> Engine[Any]:
        settings = registry.settings_of("faceshifter", {"model": "toy", "sha256": sha256, **said})
        return registry.engine("faceshifter")(settings, Context(Packages(tmp_path)))

    _, both = toy_package(tmp_path, "faceshifter", architecture={**sizes, "hear": {"width": 4, "halvings": 3}})
    made = swapped(engine(both.sha256), faces, lead).crops
    first = swapped(engine(both.sha256, occlusions="as_swapped"), faces, lead).crops
    assert np.abs(made - first).mean() > 0.01
    assert np.array_equal(made, swapped(engine(both.sha256, occlusions="restored"), faces, lead).crops)
    alone = swapped(engine(both.sha256), replace(faces, before=1), lead).crops
    assert np.allclose(alone, made[1:], atol=1e-4)
    _, one = toy_package(tmp_path, "faceshifter", architecture=sizes)
    assert swapped(engine(one.sha256), faces, lead).crops.shape == made.shape
    with pytest.raises(InputError, match="'toy' has no second stage"):
        swapped(engine(one.sha256, occlusions="restored"), faces, lead)


@pytest.mark.parametrize("name", ["fsnet", "megafs", "rsgan"])
def test_who_it_is_may_be_taken_from_the_pictures_themselves(
    tmp_path: Path, lead: Identity, mesh: Made, picture: Made, batch: Made, name: str
) -> None:
    _, card = toy_package(tmp_path, name)
    settings = registry.settings_of(name, {"model": "toy", "sha256": card.sha256})
    engine = registry.engine(name)(settings, Context(Packages(tmp_path)))
    faces = batch([picture(96, 9)] * 3, [mesh(96, yaw) for yaw in (0, 5, 10)])
    made = swapped(engine, faces, lead)
    assert (made.crops.shape, made.matte.shape) == ((3, 96, 96, 3), (3, 96, 96))
    assert lead.embedding is not None
    same = replace(lead, embedding=np.roll(lead.embedding, 1, 1))
    assert np.array_equal(swapped(engine, faces, same).crops, made.crops), "no vector has a say"
    other = replace(lead, crops=1 - lead.crops)
    assert not np.array_equal(swapped(engine, faces, other).crops, made.crops)
    alone = swapped(engine, replace(faces, before=1), lead).crops
    assert np.allclose(alone, made.crops[1:], atol=1e-4)
    if name == "megafs":
        return  # it sees the target's face
    face = hull(faces.landmarks[0], 96)[..., None] > 0.999
    inner = cv2.erode(face.astype(np.uint8), np.ones((9, 9)))[None, ..., None] > 0
    hidden = replace(faces, crops=np.where(inner, 1 - faces.crops, faces.crops))
    assert np.abs(swapped(engine, hidden, lead).crops[0] - made.crops[0]).max() < 0.02, "resizing reaches a little over"


@pytest.mark.parametrize("matte", ["learned", "mesh"])
def test_cihns_map_is_its_matte(
    tmp_path: Path, lead: Identity, mesh: Made, picture: Made, batch: Made, matte: str
) -> None:
    _, card = toy_package(tmp_path, "cihn")
    settings = registry.settings_of("cihn", {"model": "toy", "sha256": card.sha256, "matte": matte})
    engine = registry.engine("cihn")(settings, Context(Packages(tmp_path)))
    faces = batch([picture(96, 9)] * 2, [mesh(96, yaw) for yaw in (0, 5)])
    made = swapped(engine, faces, lead)
    drawn = np.stack([hull(each, 96) for each in faces.landmarks])
    assert np.array_equal(made.matte, drawn) == (matte == "mesh")
