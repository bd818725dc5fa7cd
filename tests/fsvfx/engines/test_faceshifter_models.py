"""FaceShifter's two stages: what they keep, and what they put back."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import pytest
import torch
from pydantic import ValidationError
from toy_open_models import (
    SIZE,
    SMALL,
    faceshifter,
    pairs,
)

from fsvfx.engines.anyone.aei_model import where_identity_counts
from fsvfx.engines.anyone.aei_networks import attributes_kept
from fsvfx.engines.anyone.hear_model import HearModel, lost_in_front
from fsvfx.engines.anyone.settings import (
    FaceShifterSettings,
    HearSettings,
)
from fsvfx.engines.samples import Pairs
from fsvfx.training import rng
from fsvfx.training.loop import Loop, Precision
from schemas.trainer import TrainerSettings

pytestmark = pytest.mark.usefixtures("quarters")


@pytest.mark.parametrize(("resolution", "fits"), [(64, True), (96, False), (128, True), (224, False), (512, True)])
def test_faceshifter_doubles_from_two_pixels(resolution: int, fits: bool) -> None:
    with nullcontext() if fits else pytest.raises(ValidationError, match="64, 128, 256 or 512"):
        FaceShifterSettings(resolution=resolution)


def test_attributes_are_kept_by_their_weight() -> None:
    model = faceshifter(attributes=2.0, gan=0.0)
    model.begin("cpu")
    batch = pairs()
    one = model(batch)["attributes"]
    made, wanted, _ = model.aei(batch.target.crop, model.codes(batch.source.code))
    torch.testing.assert_close(one, 2 * attributes_kept(model.aei.attributes(made), wanted), rtol=1e-3, atol=1e-5)


def hear(**values: Any) -> HearModel:
    rng.seed(3)
    chosen = HearSettings(**{"width": 4, "halvings": 3, **values})
    return HearModel(FaceShifterSettings(**SMALL, encoder_width=4, generator_width=64, hear=chosen), ("ada", "bea"))


def covered(count: int = 4) -> Pairs:
    """A black square in front of each target."""
    made, front = pairs(count), torch.zeros(count, 1, SIZE, SIZE)
    front[:, :, 20:40, 20:40] = 1
    return replace(made, target=replace(made.target, crop=made.target.crop * (1 - front)), front=front)


def test_the_first_stage_rests_while_the_second_learns() -> None:
    model = hear(identity=0.0, change=0.1, reconstruction=10.0).train()
    model.begin("cpu")
    assert model.turns() == ("generator",)
    before = {name: value.clone() for name, value in model.aei.state_dict().items()}
    settings = TrainerSettings(iterations=40, lr=2e-3, optimiser="adam")
    loop = Loop(model, settings, Precision(settings, "cpu"))
    lost = float(model.metrics(covered())["front_restored"])
    for step in range(40):
        loop.iterate(covered(), step)
    found = model.metrics(covered())
    assert float(found["front_restored"]) < 0.5 * lost
    assert float(found["front_restored"]) < 0.5 * float(found["front_swapped"])
    after = model.aei.state_dict()
    assert all(torch.equal(value, after[name]) for name, value in before.items()), "statistics of batches, too"
    model.eval()
    batch = covered()
    codes, own = model.codes(batch.source.code), model.codes(model.vectors(batch.target))
    assert not torch.equal(model.restored(batch.target.crop, codes, own).rgb, model.swap(batch.target.crop, codes).rgb)
    assert [[each.shape for each in sheet] for sheet in model.previews(batch, 2)] == [[(2, 3, SIZE, SIZE)] * 4]


def test_what_is_lost_in_front_counts_only_there() -> None:
    batch = covered()
    assert float(lost_in_front(batch.target.crop, batch)) == 0
    elsewhere = batch.target.crop.clone()
    elsewhere[:, :, :10] = 1
    assert float(lost_in_front(elsewhere, batch)) == 0
    assert float(lost_in_front(batch.target.crop + 0.25, batch)) == pytest.approx(0.25)
    assert float(lost_in_front(elsewhere, pairs())) == 0


def test_where_the_identity_counts() -> None:
    face = torch.zeros(1, 1, 8, 8)
    face[..., :4] = 1
    masks = [torch.tensor([[[[0.9, 0.1]]]]).expand(1, 1, 2, 2), face * 0.5 + 0.25]
    within, outside = where_identity_counts(masks, face)
    assert within.tolist() == pytest.approx([0.9, 0.75])
    assert outside.tolist() == pytest.approx([0.1, 0.25])
    model = faceshifter()
    model.begin("cpu")
    assert {"mask_in_face", "mask_outside"} < model.metrics(pairs()).keys()
