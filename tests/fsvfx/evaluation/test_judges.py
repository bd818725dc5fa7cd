"""Judges that trained nothing, and figures of borders, light and steadiness, on pictures made here."""

from __future__ import annotations

from typing import ClassVar

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from fsvfx.engines.contract import Identity
from fsvfx.evaluation import judges as judges_module
from fsvfx.evaluation.judges import Panel, judges
from fsvfx.evaluation.measures import steadiness
from fsvfx.evaluation.pictures import borders, lights
from fsvfx.identity.contract import IdentityNetwork, Square

SIZE = 96
F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]


class Mean(IdentityNetwork):
    """The mean colour of a face."""

    name: ClassVar[str] = "mean"
    chip: ClassVar[Square] = Square(32, 0.5)
    dimensions: ClassVar[int] = 3
    same_person: ClassVar[float] = 0.1
    differentiable: ClassVar[bool] = True

    def embed(self, chips: torch.Tensor) -> torch.Tensor:
        return chips.mean((2, 3))


@pytest.fixture(autouse=True)
def mean(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judges_module, "network", lambda name: Mean())


def meshes(count: int) -> F32:
    flat = np.random.default_rng(0).uniform(20, 70, (468, 3)).astype(np.float32)
    return np.stack([flat] * count)


def plain(*levels: float) -> U8:
    """(n, SIZE, SIZE, 3)"""
    return np.stack([np.full((SIZE, SIZE, 3), round(255 * level), np.uint8) for level in levels])


def identity(*levels: float) -> Identity:
    crops = plain(*levels).astype(np.float32) / 255
    return Identity("cem", crops, meshes(len(levels)), np.ones(len(levels), np.float32))


def test_a_judge_says_who_is_nearer() -> None:
    panel = Panel.of(["mean"], plain(0.2, 0.2, 0.2), meshes(3), identity(0.8, 0.9))
    found = panel.figures(plain(0.75, 0.7, 0.3), meshes(3))["mean"]
    assert found.nearer == pytest.approx(2 / 3)
    step = 3**0.5
    assert found.to_identity == pytest.approx(0.1 * step, abs=0.01)
    assert found.to_performer == pytest.approx(0.5 * step, abs=0.01)
    assert found.plate_to_identity == pytest.approx(0.6 * step, abs=0.01)


def test_lost_frames_do_not_count() -> None:
    panel = Panel.of(["mean"], plain(0.2, 0.2), meshes(2), identity(0.8))
    there = meshes(2)
    there[1] = np.nan
    assert panel.figures(plain(0.8, 0.2), there)["mean"].nearer == 1
    lost_before = Panel.of(["mean"], plain(0.2, 0.2), there, identity(0.8))
    assert lost_before.figures(plain(0.8, 0.2), meshes(2))["mean"].nearer == 1
    there[0] = np.nan
    assert panel.figures(plain(0.8, 0.2), there) == {}


def test_without_references_nobody_judges() -> None:
    nobody = Identity("cem", np.zeros((0, SIZE, SIZE, 3), np.float32), meshes(1)[:0], np.zeros(0, np.float32))
    assert Panel.of(["mean"], plain(0.2), meshes(1), nobody).figures(plain(0.8), meshes(1)) == {}


def test_who_may_judge(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "dlib" not in judges(), "the stages' own"
    monkeypatch.setattr(judges_module.models, "present", lambda card: True)
    monkeypatch.setattr(Mean, "weights", ("faceres",))
    assert set(judges()) >= {"faceres", "faceres_tight"}
    assert "faceres" not in judges(trained=("faceres",)), "it has trained"
    monkeypatch.setattr(Mean, "weights", ("insightface",))
    assert judges() == (), "its licence is for research"
    assert judges("research")
    monkeypatch.setattr(judges_module.models, "present", lambda card: False)
    assert judges("research") == ()


def disc(radius: float) -> F32:
    y, x = np.mgrid[:SIZE, :SIZE] - SIZE / 2
    return cv2.GaussianBlur((np.hypot(x, y) < radius).astype(np.float32), (0, 0), 1.0)


def test_a_border_is_as_far_as_its_colours() -> None:
    matte = disc(28)
    even, step = plain(0.5)[0], plain(0.5)[0].copy()
    step[matte > 0.5] = 150
    wanted = float(
        np.linalg.norm(np.subtract(*(cv2.cvtColor(np.full((1, 1, 3), level, np.float32), cv2.COLOR_RGB2Lab)
                                     for level in (150 / 255, 128 / 255))))
    )  # fmt: skip
    found = borders(np.stack([even, step]), np.stack([matte, matte]))
    assert found.tolist() == pytest.approx([0, wanted], abs=0.3)
    assert np.isnan(borders(plain(0.5), np.zeros((1, SIZE, SIZE), np.float32))).all()


def test_light_is_the_plates_whatever_the_complexion() -> None:
    side = np.linspace(0.3, 0.8, SIZE)[None, :, None] * np.ones((SIZE, 1, 3))
    plate, mask = (255 * side).astype(np.uint8), disc(30) > 0.5
    darker, turned = (plate * 0.6).astype(np.uint8), plate[:, ::-1].copy()
    found = lights(np.stack([plate, plate, plate]), np.stack([darker, turned, plain(0.5)[0]]), np.stack([mask] * 3))
    assert found[:2].tolist() == pytest.approx([1, -1], abs=0.01)
    assert np.isnan(found[2])


def test_steadiness_counts_frames_that_follow() -> None:
    comps = np.array([[0, 0], [1, 0], [5, 0], [np.nan, 0], [7, 0]], np.float32)
    plates = np.zeros_like(comps)
    follows = np.array([False, True, False, True, True])
    found = steadiness(comps, plates, follows)
    assert found is not None
    assert (found.neighbours, found.neighbours_of_plate) == (1, 0)
    assert found.spread == pytest.approx(np.std([0, 1, 5, 7]))
    assert steadiness(comps[:1], plates[:1], follows[:1]) is None
