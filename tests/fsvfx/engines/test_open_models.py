"""Models for anybody, as the trainer sees them: what their turns lower and move, and that they learn."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from pydantic import ValidationError
from torch import Tensor, nn

from fsvfx.engines.anyone import likeness, open_model
from fsvfx.engines.anyone.aei_model import AeiModel, where_identity_counts
from fsvfx.engines.anyone.aei_networks import attributes_kept
from fsvfx.engines.anyone.cihn_model import CihnModel
from fsvfx.engines.anyone.fsnet_model import FsNetModel
from fsvfx.engines.anyone.hear_model import HearModel, lost_in_front
from fsvfx.engines.anyone.ipgan_model import IpGanModel
from fsvfx.engines.anyone.open_model import OpenModel, photographs
from fsvfx.engines.anyone.rsgan_model import RsGanModel
from fsvfx.engines.anyone.settings import (
    CihnSettings,
    FaceShifterSettings,
    FsNetSettings,
    HearSettings,
    IpGanSettings,
    RsGanSettings,
    SimSwapSettings,
)
from fsvfx.engines.anyone.simswap_model import SimSwapModel
from fsvfx.engines.exporting import LIMIT
from fsvfx.engines.onnx_graph import furthest, traced
from fsvfx.engines.samples import Known, Looks, Pairs
from fsvfx.identity.contract import Chip, IdentityNetwork
from fsvfx.training import rng
from fsvfx.training.loop import Loop, Precision
from fsvfx.training.trainer import train
from schemas.trainer import TrainerSettings

SIZE = 64
FACE = torch.nn.functional.pad(torch.ones(1, 1, SIZE - 16, SIZE - 16), (8, 8, 8, 8))
SMALL: dict[str, Any] = {"resolution": SIZE, "critic_width": 4, "critic_depth": 3}


class Quarters(IdentityNetwork):
    """Mean colours of a face's quarters."""

    name: ClassVar[str] = "quarters"
    chip: ClassVar[Chip] = Chip(24, ((0.3, 0.35), (0.7, 0.35), (0.5, 0.75)), ((33,), (263,), (61, 291)))
    dimensions: ClassVar[int] = 12
    same_person: ClassVar[float] = 0.2
    differentiable: ClassVar[bool] = True

    @property
    def centre(self) -> NDArray[np.float32]:
        return np.full(12, 0.5, np.float32)

    def embed(self, chips: Tensor) -> Tensor:
        return torch.nn.functional.adaptive_avg_pool2d(chips, 2).flatten(1)


@pytest.fixture(autouse=True)
def quarters(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (open_model, likeness):
        monkeypatch.setattr(module, "network", lambda name: Quarters())


def looks(count: int, seed: int) -> Looks:
    made = torch.Generator().manual_seed(seed)
    small = torch.rand(count, 3, 4, 4, generator=made)
    crop = torch.nn.functional.interpolate(small, SIZE, mode="bilinear")
    landmarks = torch.rand(count, 468, 3, generator=made) * SIZE
    for vertex, place in {33: (20, 24), 263: (44, 24), 61: (26, 46), 291: (38, 46)}.items():
        landmarks[:, vertex, :2] = torch.tensor(place, dtype=torch.float32)
    code = torch.rand(count, 12, generator=made)
    return Looks(torch.arange(count), code, crop, landmarks, FACE.expand(count, 1, -1, -1), torch.zeros(count, 3))


def pairs(count: int = 4, seed: int = 0) -> Pairs:
    """The first half of one person each."""
    target, source = looks(count, seed), looks(count, seed + 100)
    same = torch.arange(count) < count // 2
    code = torch.where(same[:, None], target.code, source.code)
    return Pairs(target, replace(source, code=code), same)


def simswap(**values: Any) -> SimSwapModel:
    rng.seed(3)
    return SimSwapModel(SimSwapSettings(**{**SMALL, "width": 4, "halvings": 2, "blocks": 2, **values}), ("ada", "bea"))


def faceshifter(**values: Any) -> AeiModel:
    rng.seed(3)
    known = FaceShifterSettings.model_fields
    chosen = {"encoder_width": 4, "generator_width": 64, "attributes": 0.0, **values}
    return AeiModel(FaceShifterSettings(**SMALL, **{n: v for n, v in chosen.items() if n in known}), ("ada", "bea"))


def cihn(**values: Any) -> CihnModel:
    rng.seed(3)
    return CihnModel(
        CihnSettings(**{**SMALL, "width": 4, "halvings": 3, "identity": 0.1, "held_open": 0, **values}), ("ada", "bea")
    )


def fsnet(**values: Any) -> FsNetModel:
    rng.seed(3)
    chosen = {**SMALL, "width": 4, "halvings": 3, "latent": 8, "identity": 0.1, **values}
    return FsNetModel(FsNetSettings(**chosen), ("ada", "bea"))


def ipgan(**values: Any) -> IpGanModel:
    rng.seed(3)
    chosen = {**SMALL, "width": 4, "halvings": 3, "latent": 8, **values}
    return IpGanModel(IpGanSettings(**chosen), ("ada", "bea"))


def rsgan(**values: Any) -> RsGanModel:
    rng.seed(3)
    chosen = {**SMALL, "width": 4, "halvings": 3, "latent": 8, "identity": 0.1, **values}
    return RsGanModel(RsGanSettings(**chosen), ("ada", "bea"))


PAIRED: list[Callable[..., OpenModel]] = [simswap, faceshifter]
"""Those that learn pixels only where a truth is known."""
SHOWN: list[Callable[..., OpenModel]] = [*PAIRED, cihn, ipgan]
"""Those whose generator sees the target, and a prior beside it."""
MODELS = [*SHOWN, fsnet, rsgan]


@pytest.mark.parametrize("model_of", MODELS)
def test_every_weight_is_moved_by_one_turn(model_of: Callable[..., OpenModel]) -> None:
    model = model_of()
    model.begin("cpu")
    turns = {turn: {id(weight) for weight in model.parameters_of(turn)} for turn in model.turns()}
    assert sum(map(len, turns.values())) == len(set().union(*turns.values())) == len(list(model.parameters()))
    for turn in model.turns():
        model.zero_grad()
        sum(model(pairs(), turn).values()).backward()  # type: ignore[union-attr]
        without = [
            name
            for name, weight in model.named_parameters()
            if id(weight) in turns[turn]
            and (weight.grad is None or not weight.grad.abs().sum() > 0)
            and not ("verdict" in name and name.endswith("bias"))  # real and made may pull it as hard
        ]
        assert not without


@pytest.mark.parametrize("model_of", MODELS)
def test_one_batch_is_learned_by_heart(model_of: Callable[..., OpenModel]) -> None:
    model = model_of(gan=0.0)
    model.begin("cpu")
    settings = TrainerSettings(iterations=30, lr=2e-3, optimiser="adam")
    loop = Loop(model, settings, Precision(settings, "cpu"))
    seen = [sum(float(term) for name, term in loop.iterate(pairs(), step).items() if "gradient" not in name)
            for step in range(30)]  # fmt: skip
    assert sum(seen[-5:]) / 5 < 0.5 * seen[0]


@pytest.mark.parametrize("model_of", PAIRED)
def test_only_one_persons_pairs_have_a_truth(model_of: Callable[..., OpenModel]) -> None:
    model = model_of(gan=0.0, identity=0.0)
    model.begin("cpu")
    batch = pairs()
    nobody = replace(batch, same=torch.zeros(4, dtype=torch.bool))
    assert float(model(nobody)["reconstruction"]) == 0
    first = replace(batch, same=torch.tensor([True, False, False, False]))
    changed = replace(first, target=replace(batch.target, crop=batch.target.crop.clone()))
    changed.target.crop[1:] = changed.target.crop[1:].flip(3)
    model.eval()
    assert float(sum(model(first).values())) == pytest.approx(float(sum(model(changed).values())))


class Fed:
    """Pairs after pairs."""

    def __init__(self) -> None:
        self.number = 0

    def __next__(self) -> Pairs:
        self.number += 1
        return pairs(2, self.number)

    def state(self) -> int:
        return self.number

    def restore(self, state: int) -> None:
        self.number = state


@pytest.mark.parametrize("model_of", MODELS)
def test_interrupted_it_goes_on_to_the_same_weights(model_of: Callable[..., OpenModel], tmp_path: Path) -> None:
    def trained(folder: str, iterations: int) -> dict[str, Tensor]:
        settings = TrainerSettings(iterations=iterations, optimiser="adam", lr=1e-3)
        told = train(model_of(disturbed=True), Fed(), settings, tmp_path / folder, report=lambda event: None)
        assert told.step == iterations
        return told.weights

    whole, _, torn = trained("whole", 3), trained("torn", 1), trained("torn", 3)
    assert all(torch.equal(whole[name], value) for name, value in torn.items())


@pytest.mark.parametrize("model_of", MODELS)
def test_the_identity_loss_enters_late(model_of: Callable[..., OpenModel]) -> None:
    model = model_of(identity_from=5, disturbed=True, chips=2)
    model.begin("cpu")
    terms = []
    for step in (4, 5):
        model.advance(step)
        terms.append(model(pairs()).keys())
    assert terms[1] - terms[0] == {"identity"}


@pytest.mark.parametrize("model_of", MODELS)
def test_the_adversaries_enter_late(model_of: Callable[..., OpenModel]) -> None:
    model = model_of(gan_from=5)
    model.begin("cpu")
    terms = []
    for step in (4, 5):
        model.advance(step)
        terms.append(model(pairs()).keys())
    assert terms[1] - terms[0] >= {"gan"}
    assert (model.pace("critics").begins, model.pace("generator").begins) == (5, 0)


@pytest.mark.parametrize("model_of", MODELS)
def test_what_judges_is_in_no_weights(model_of: Callable[..., OpenModel]) -> None:
    model = model_of()
    before = model.state_dict().keys()
    model.begin("cpu")
    assert model.state_dict().keys() == before
    assert "centre" in before


@pytest.mark.parametrize("model_of", MODELS)
def test_previews_show_targets_sources_and_swaps(model_of: Callable[..., OpenModel]) -> None:
    model, batch = model_of().eval(), pairs()
    mask = model.swapped(batch, model.codes_of(batch.source)).mask
    sheets = model.previews(batch, 3)
    assert [[column.shape for column in sheet] for sheet in sheets] == [[(3, 3, SIZE, SIZE)] * (4 + (mask is not None))]


@pytest.mark.parametrize("model_of", MODELS)
def test_without_adversaries_there_is_one_turn(model_of: Callable[..., OpenModel]) -> None:
    assert model_of().turns() == ("generator", "critics")
    assert model_of(gan=0.0).turns() == ("generator",)
    assert model_of().pace("critics").betas == (0.0, 0.999)


def told(count: int = 4) -> Pairs:
    """With a prior; the truth of the first is known everywhere, of the second in its left half."""
    batch, truth, prior = pairs(count), looks(count, 300).crop, looks(count, 400).crop
    sure = torch.zeros(count, 1, SIZE, SIZE)
    sure[0], sure[1, ..., : SIZE // 2] = 1, 1
    return replace(batch, prior=prior, known=Known(truth, sure))


@pytest.mark.parametrize("model_of", SHOWN)
@pytest.mark.parametrize("prior", ["linear", "warp"])
def test_a_prior_is_seen_beside_the_target(model_of: Callable[..., OpenModel], prior: str) -> None:
    model, batch = model_of(prior=prior), told()
    model.begin("cpu")
    assert any(name.startswith("prior_") for name in model.state_dict()) == (prior == "linear")
    for turn in model.turns():
        assert all(torch.isfinite(term) for term in model(batch, turn).values())
    model.eval()
    columns = model.previews(batch, 2)[0][:4]
    assert batch.prior is not None
    assert torch.equal(columns[2], batch.prior[:2])
    other = model.swap(batch.target.crop[:2], model.codes(batch.source.code)[:2], batch.prior[:2].flip(3)).rgb
    assert (other - columns[3]).abs().mean() > 1e-4


@pytest.mark.parametrize("model_of", PAIRED)
def test_a_truth_that_is_known_is_learned_only_there(model_of: Callable[..., OpenModel]) -> None:
    model = model_of(gan=0.0, identity=0.0, prior="warp").eval()
    model.begin("cpu")
    batch = told()
    assert batch.known is not None

    def lost(truth: Tensor) -> float:
        return float(model(replace(batch, known=replace(batch.known, truth=truth)))["reconstruction"])

    before, elsewhere, there = lost(batch.known.truth), batch.known.truth.clone(), batch.known.truth.clone()
    elsewhere[2:], elsewhere[1, ..., SIZE // 2 :] = 1, 1
    there[1, ..., : SIZE // 2] = 1
    assert lost(elsewhere) == pytest.approx(before)
    assert lost(there) != pytest.approx(before)


def test_adversaries_take_photographs_for_real() -> None:
    batch = told()
    assert batch.known is not None
    real = photographs(batch)
    assert torch.equal(real[0], batch.known.truth[0]), "whose truth is known everywhere"
    assert torch.equal(real[1:], batch.target.crop[1:])
    assert photographs(pairs()) is not None


def test_what_can_not_take_supervision_says_so() -> None:
    with pytest.raises(ValidationError, match="takes neither prior nor swaps; remove hear, or the warp prior"):
        FaceShifterSettings(hear=HearSettings(), prior="warp")
    with pytest.raises(ValidationError, match="its latent is of the source's own picture: remove prior"):
        FsNetSettings(prior="linear")


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


@pytest.mark.parametrize("model_of", MODELS)
def test_of_strangers_no_reconstruction_is_told(model_of: Callable[..., OpenModel]) -> None:
    model = model_of()
    model.begin("cpu")
    strangers = replace(pairs(), same=torch.zeros(4, dtype=torch.bool))
    assert "reconstruction" in model.metrics(pairs())
    assert "reconstruction" not in model.metrics(strangers)


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
    assert float(model.train()(batch)["thrift"]) > 0.97
    assert float(model.eval()(batch)["thrift"]) < 0.97


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
