"""MegaFS: its style generator and what finds faces in it, which codes are whose, and what rests while the last part
learns."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from pydantic import ValidationError
from test_anyone_networks import CODE, codes, pictures, reached
from test_open_models import Fed
from torch import Tensor, nn
from torch.nn.functional import conv2d
from toy_open_models import SIZE, looks, megafs, megafs_transfer, pairs

from fsvfx.engines.anyone.fsnet_networks import drawn
from fsvfx.engines.anyone.megafs_model import MegaFsModel
from fsvfx.engines.anyone.megafs_networks import FaceTransfer, HierarchicalEncoder, TransferCell, shares
from fsvfx.engines.anyone.settings import MegaFsSettings
from fsvfx.engines.anyone.style_generator import ModulatedConv, StyleGenerator, codes_of
from fsvfx.engines.exporting import LIMIT
from fsvfx.engines.onnx_graph import furthest, traced
from fsvfx.training.loop import Loop, Precision
from fsvfx.training.trainer import train
from schemas.trainer import TrainerSettings

pytestmark = pytest.mark.usefixtures("quarters")
LOW = 4


def learned(model: MegaFsModel, steps: int) -> None:
    model.begin("cpu")
    settings = TrainerSettings(iterations=steps, lr=3e-3, optimiser="adam")
    loop = Loop(model.train(), settings, Precision(settings, "cpu"))
    for step in range(steps):
        loop.iterate(pairs(), step)
    model.eval().requires_grad_(False)


@pytest.mark.parametrize("size", [16, 64])
def test_the_generator_makes_pictures_of_structure_and_codes(size: int) -> None:
    network = StyleGenerator(3, 4, CODE, size)
    made = network(torch.rand(2, 3, 4, 4), torch.randn(2, network.codes, CODE))
    assert made.shape == (2, 3, size, size)
    assert ((made >= 0) & (made <= 1)).all()
    reached(network, (made * pictures(size, seed=1)).sum())


def test_every_code_has_a_say() -> None:
    network, structure = StyleGenerator(3, 4, CODE, 64), torch.rand(1, 3, 4, 4)
    given = torch.randn(1, network.codes, CODE)
    made = network(structure, given)
    for place in range(network.codes):
        other = given.clone()
        other[:, place] += 1
        assert not torch.equal(network(structure, other), made)


def test_as_published() -> None:
    """StyleGAN2's 18 codes at 1024 px and its channels; 4, 6 and 8 codes of three sizes."""
    with torch.device("meta"):
        network = StyleGenerator(512, 64, 512, 256)
    assert [each.weight.shape[0] for each in network.keep] == [512, 512, 512, 256, 128, 64][-len(network.keep) :]
    assert [codes_of(size) for size in (64, 256, 1024)] == [10, 14, 18]
    assert [shares(count, 4) for count in (10, 14, 18)] == [(4, 2, 4), (4, 4, 6), (4, 6, 8)]


@pytest.mark.parametrize("demodulated", [True, False])
def test_a_code_scales_a_convolutions_weights(demodulated: bool) -> None:
    layer, here, code = ModulatedConv(3, 5, CODE, demodulated=demodulated), pictures(8), codes()
    scale = layer.style(code)
    for place in range(2):
        weight = layer.weight * scale[place][None, :, None, None]
        if demodulated:
            weight = weight / weight.square().sum((1, 2, 3), keepdim=True).sqrt()
        wanted = conv2d(here[place : place + 1], weight, layer.bias, padding=1)
        torch.testing.assert_close(layer(here, code)[place : place + 1], wanted)


@pytest.mark.parametrize(("size", "low"), [(64, 4), (64, 2), (128, 6)])
def test_the_encoder_finds_structure_and_a_code_for_each_layer(size: int, low: int) -> None:
    network = HierarchicalEncoder(3, 4, CODE, low, size)
    structure, found = network(pictures(size))
    assert structure.shape == (2, 3, 4, 4)
    assert found.shape == (2, codes_of(size), CODE)
    reached(network, structure.square().sum() + found.square().sum())


def test_codes_tell_pictures_apart_from_the_start() -> None:
    """Were they nearly the same for all, structure alone would be learned to tell."""
    network, seen = HierarchicalEncoder(3, 4, CODE, LOW, SIZE).train(), looks(12, 0).crop
    structure, found = network(seen)
    assert found.std(0).mean(1).min() > 0.3
    assert structure.std(0).mean() > 0.3


def test_a_transfer_begins_by_changing_little() -> None:
    network, source, target = FaceTransfer(6, CODE, 3), torch.randn(2, 6, CODE), torch.randn(2, 6, CODE)
    made = network(source, target)
    assert (made - source).abs().mean() < 0.2 * (target - source).abs().mean()
    reached(network, (made * torch.randn(2, 6, CODE)).sum())
    cell = TransferCell(CODE)
    one, other = cell(source[:, 0], target[:, 0])
    assert (one - source[:, 0]).abs().max() < 0.2 > (other - target[:, 0]).abs().max()


@pytest.mark.parametrize("model_of", [megafs, megafs_transfer])
def test_low_codes_are_the_targets_bit_by_bit(model_of: Any) -> None:
    model, batch = model_of().eval(), pairs()
    learned(model, 5)
    own, given = model.encoder(batch.target.crop)[1], model.codes_in(batch)
    made = model.transferred(own, given)
    assert torch.equal(made[:, :LOW], own[:, :LOW])
    replaced = torch.equal(made[:, LOW:].flatten(1), given)
    assert replaced == (model_of is megafs), "latent code replacement, or a transfer"
    assert (made[:, LOW:] - own[:, LOW:]).abs().amin((0, 2)).gt(0).all()
    rebuilt = model.transferred(own, model.upper(own).flatten(1))
    assert torch.equal(rebuilt, own) == (model_of is megafs)


def test_the_first_stage_rests_while_transfers_are_learned() -> None:
    model = megafs_transfer(reconstruction=100.0, norm=0.1)
    assert model.turns() == ("generator",)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    model.begin("cpu")
    lost = sum(term.item() for term in model.eval()(pairs()).values())
    learned(model, 30)
    assert sum(term.item() for term in model(pairs()).values()) < lost
    after = model.state_dict()
    moved = {name.partition(".")[0] for name, value in before.items() if not torch.equal(value, after[name])}
    assert moved == {"transfer"}, "not even statistics of batches"
    assert model.train().encoder.training is False


def test_interrupted_a_transfer_goes_on_to_the_same_weights_and_the_rest_has_not_moved(tmp_path: Path) -> None:
    before = megafs_transfer().state_dict()

    def trained(folder: str, iterations: int) -> dict[str, Tensor]:
        settings = TrainerSettings(iterations=iterations, optimiser="adam", lr=1e-3, ema=0.9)
        made = train(megafs_transfer(), Fed(), settings, tmp_path / folder, report=lambda event: None)
        return dict(made.weights)

    whole, _, torn = trained("whole", 3), trained("torn", 1), trained("torn", 3)
    assert all(torch.equal(whole[name], value) for name, value in torn.items())
    moved = {name.partition(".")[0] for name, value in before.items() if not torch.equal(value, whole[name])}
    assert moved == {"transfer"}


def test_every_weight_of_a_transfer_is_moved() -> None:
    model = megafs_transfer()
    model.begin("cpu")
    sum(model(pairs()).values()).backward()  # type: ignore[union-attr]
    assert all(weight.grad is not None and weight.grad.abs().sum() > 0 for weight in model.generators())


class Grey(nn.Module):
    def forward(self, structure: Tensor, codes: Tensor) -> Tensor:
        return torch.full((len(codes), 3, SIZE, SIZE), 0.5)


def test_rebuilt_pictures_count_more_where_landmarks_are_drawn() -> None:
    model, batch = megafs(gan=0.0, identity=0.0, landmarks=50.0).eval(), pairs()
    model.begin("cpu")
    model.generator = Grey()  # type: ignore[assignment]
    dots = drawn(batch.target.landmarks, SIZE).amax(1, keepdim=True)

    def lost(wrong: Tensor) -> float:
        crop = 0.5 + 0.5 * wrong.float().expand_as(batch.target.crop)
        changed = replace(batch, target=replace(batch.target, crop=crop))
        return float(model(changed)["rebuilt"]) / float(wrong.float().mean())

    assert lost(dots > 0.9) > 20 * lost(dots < 0.01) > 0


def test_what_it_is_given_in_vain_is_told() -> None:
    with pytest.raises(ValidationError, match="64, 128, 256 or 512"):
        MegaFsSettings(resolution=96)
    with pytest.raises(ValidationError, match="remove prior"):
        MegaFsSettings(prior="linear")


@pytest.mark.slow
@pytest.mark.parametrize("model_of", [megafs, megafs_transfer])
def test_its_networks_are_graphs_that_agree_with_torch(model_of: Any) -> None:
    class Whole(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model_of().eval()

        def forward(self, source: Tensor, target: Tensor, mask: Tensor) -> tuple[Tensor, ...]:
            found = self.model.latents(source, mask)
            return found, self.model.swap(target, found).rgb

    def given(count: int) -> dict[str, Tensor]:
        made = looks(count, count)
        return {"source": made.crop.flip(3), "target": made.crop, "mask": made.mask}

    whole = Whole()
    content = traced(whole, given(2), ("codes", "output")).SerializeToString()
    assert furthest(content, whole, [given(1), given(3)]) < LIMIT
