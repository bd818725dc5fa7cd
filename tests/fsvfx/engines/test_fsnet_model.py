"""FSNet: what it sees, and its latents."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn
from toy_open_models import (
    SIZE,
    fsnet,
    looks,
    pairs,
)

from fsvfx.engines.exporting import LIMIT
from fsvfx.engines.onnx_graph import furthest, traced
from fsvfx.training.loop import Loop, Precision
from schemas.trainer import TrainerSettings

pytestmark = pytest.mark.usefixtures("quarters")


def test_fsnet_sees_no_pixel_of_the_targets_face() -> None:
    model, batch = fsnet(gan=0.0, identity=0.0).eval(), pairs()
    mask = torch.zeros(4, 1, SIZE, SIZE)
    mask[..., 16:48, 16:48] = 1
    batch = replace(batch, target=replace(batch.target, mask=mask))
    codes = model.codes_of(batch.source)
    made = model.swapped(batch, codes).rgb
    face = torch.where(mask > 0, 1 - batch.target.crop, batch.target.crop)
    assert torch.equal(model.swapped(replace(batch, target=replace(batch.target, crop=face)), codes).rgb, made)
    around = torch.where(mask > 0, batch.target.crop, 1 - batch.target.crop)
    other = model.swapped(replace(batch, target=replace(batch.target, crop=around)), codes).rgb
    assert not torch.equal(other, made)
    moved = replace(batch.target, landmarks=batch.target.landmarks + 3)
    assert not torch.equal(model.swapped(replace(batch, target=moved), codes).rgb, made)
    outside = replace(batch.source, crop=torch.where(mask > 0, batch.source.crop, 0), mask=mask)
    assert torch.equal(model.codes_of(outside), model.codes_of(replace(batch.source, mask=mask)))


@pytest.mark.slow
def test_fsnets_networks_are_graphs_that_agree_with_torch() -> None:
    """Latents of pictures, then swaps: between them they are averaged."""

    class Whole(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = fsnet(gan=0.0).eval()

        def forward(self, source: Tensor, target: Tensor, landmarks: Tensor) -> tuple[Tensor, ...]:
            mask = torch.ones_like(source[:, :1])
            codes = self.model.latents(source, mask)
            return codes, self.model.swap(self.model.seen(target, mask / 2, landmarks), codes).rgb

    def given(count: int) -> dict[str, Tensor]:
        made = looks(count, count)
        return {"source": made.crop.flip(3), "target": made.crop, "landmarks": made.landmarks}

    whole = Whole()
    content = traced(whole, given(2), ("codes", "output")).SerializeToString()
    assert furthest(content, whole, [given(1), given(3)]) < LIMIT


def test_latents_are_drawn_in_training_alone() -> None:
    model = fsnet(gan=0.0)
    model.begin("cpu")
    batch = pairs()
    for training in (True, False):
        model.train(training)
        one, other = (model(batch)["face"].item() for _ in range(2))
        assert (one == other) != training
    assert "background" in model.metrics(batch)


def test_triplets_are_of_all_faces_in_a_batch() -> None:
    """Once apart, they are left alone; and the targets' own faces count."""
    model = fsnet(gan=0.0, identity=0.0, reconstruction=0.0, face=0.0, divergence=0.0, triplet=1.0, margin=1.0)
    model.begin("cpu")
    settings = TrainerSettings(iterations=15, lr=5e-3, optimiser="adam")
    loop = Loop(model, settings, Precision(settings, "cpu"))
    seen = [loop.iterate(pairs(), step)["generator/triplet"].item() for step in range(15)]
    assert seen[-1] < 0.5 * seen[0]
    strangers = replace(pairs(), target=replace(pairs().target, person=torch.arange(4, 8)))
    assert model(strangers)["triplet"].item() == 0
