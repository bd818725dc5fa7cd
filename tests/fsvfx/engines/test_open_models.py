"""Models for anybody, as the trainer sees them: what their turns lower and move, and that they learn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from pydantic import ValidationError
from torch import Tensor
from toy_open_models import (
    MODELS,
    PAIRED,
    SHOWN,
    SIZE,
    pairs,
    told,
)

from fsvfx.engines.anyone import open_model
from fsvfx.engines.anyone.open_model import OpenModel, photographs
from fsvfx.engines.anyone.settings import (
    FaceShifterSettings,
    FsGanSettings,
    FsNetSettings,
    HearSettings,
)
from fsvfx.engines.samples import Pairs
from fsvfx.training.loop import Loop, Precision
from fsvfx.training.trainer import train
from schemas.trainer import TrainerSettings

pytestmark = pytest.mark.usefixtures("quarters")


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
def test_an_identity_loss_without_weight_costs_nothing(
    model_of: Callable[..., OpenModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = model_of(identity=0.0)
    model.begin("cpu")
    monkeypatch.delattr(open_model, "embedded")
    assert "identity" not in model(pairs())


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


@pytest.mark.parametrize("model_of", MODELS)
def test_of_strangers_no_reconstruction_is_told(model_of: Callable[..., OpenModel]) -> None:
    model = model_of()
    model.begin("cpu")
    strangers = replace(pairs(), same=torch.zeros(4, dtype=torch.bool))
    assert "reconstruction" in model.metrics(pairs())
    assert "reconstruction" not in model.metrics(strangers)


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
    with pytest.raises(ValidationError, match="it gets the source's own pictures: remove prior"):
        FsNetSettings(prior="linear")
    with pytest.raises(ValidationError, match="it gets the source's own pictures: remove prior"):
        FsGanSettings(prior="warp")
