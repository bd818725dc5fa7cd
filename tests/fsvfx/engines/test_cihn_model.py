"""CIHN's map: where it lets the identity in, and what holds it open."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import nn
from toy_open_models import (
    cihn,
    pairs,
)

from fsvfx.training.loop import Loop, Precision
from schemas.trainer import TrainerSettings

pytestmark = pytest.mark.usefixtures("quarters")


def test_where_the_map_leaves_the_context_strangers_pairs_are_learned_from() -> None:
    model = cihn(gan=0.0, identity=0.0, thrift=0.0).eval()
    model.begin("cpu")
    batch = replace(pairs(), same=torch.zeros(4, dtype=torch.bool))
    made, maps = model.generator(batch.target.crop, model.codes_of(batch.source))
    kept = 1 - maps[-1]
    wanted = ((made - batch.target.crop).abs().mean(1, keepdim=True) * kept).sum() / kept.sum()
    terms = model(batch)
    torch.testing.assert_close(terms["reconstruction"], 10 * wanted)
    last = model.generator.blocks[-1].map
    nn.init.constant_(last.bias, 50.0)
    nn.init.zeros_(last.weight)
    assert model(batch)["reconstruction"].item() < 1e-6, "where nothing is left to it, nothing is asked of it"


def test_some_maps_are_held_open_in_training_alone() -> None:
    model, batch = cihn(gan=0.0, identity=0.0, thrift=1.0, held_open=0.99), pairs()
    model.begin("cpu")
    assert float(model.train()(batch)["thrift"].detach()) > 0.97
    assert float(model.eval()(batch)["thrift"].detach()) < 0.97


def test_at_first_all_maps_are_held_open() -> None:
    model, batch = cihn(gan=0.0, identity=0.0, thrift=1.0, held_open=0.0, open_until=5), pairs()
    model.begin("cpu")
    means = []
    for step in (4, 5):
        model.advance(step)
        means.append(float(model.train()(batch)["thrift"].detach()))
    assert means[0] == pytest.approx(1)
    assert means[1] < 0.97


def test_thrift_shuts_the_map() -> None:
    model = cihn(gan=0.0, identity=0.0, reconstruction=0.0, thrift=1.0)
    model.begin("cpu")
    before = float(model(pairs())["thrift"])
    settings = TrainerSettings(iterations=10, lr=1e-2, optimiser="adam")
    loop = Loop(model, settings, Precision(settings, "cpu"))
    for step in range(10):
        loop.iterate(pairs(), step)
    assert float(model(pairs())["thrift"]) < 0.5 * before


def test_how_far_the_map_and_the_background_are_is_measured() -> None:
    model = cihn()
    model.begin("cpu")
    batch = pairs()
    assert {"map_in_face", "map_outside", "background"} < model.metrics(batch).keys()
    whole = replace(batch, target=replace(batch.target, mask=torch.ones_like(batch.target.mask)))
    assert float(model.metrics(whole)["background"]) == 0, "all of it is face"
