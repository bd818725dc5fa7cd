"""The parts of an iteration: whose weights move, and how far."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from pydantic import ValidationError
from torch import Tensor, nn
from toys import ToyFeed, ToyModel, settings, toy_model

from fsvfx.engines.trainable import Pace
from fsvfx.training.curves import Point, merged
from fsvfx.training.loop import Loop, Precision
from fsvfx.training.optimisers import AdaBelief, MeanWeights, rate_at
from fsvfx.training.progress import is_flat, reason_to_stop, seconds_left
from schemas.trainer import TrainerSettings


def loop_of(model: ToyModel, **values: Any) -> Loop:
    made = settings(**values)
    return Loop(model, made, Precision(made, "cpu"))


def copied(model: nn.Module) -> dict[str, Tensor]:
    return {name: weight.detach().clone() for name, weight in model.named_parameters()}


def moved_in(model: nn.Module, before: dict[str, Tensor]) -> set[str]:
    moved = {name for name, weight in model.named_parameters() if not torch.equal(weight, before[name])}
    return {name.rpartition(".")[0] for name in moved}


def test_each_turn_moves_its_own_weights() -> None:
    model = toy_model(adversary=True)
    seen: dict[str, set[str]] = {}

    def watched(batch: Any, turn: str) -> dict[str, Tensor]:
        seen[turn] = {name for name, weight in model.named_parameters() if weight.requires_grad}
        return model(batch, turn)

    made = settings()
    terms = Loop(model, made, Precision(made, "cpu"), watched).iterate(next(ToyFeed()), 0)
    assert seen["critic"] == {"critic.weight", "critic.bias"}
    assert seen["generator"] == {name for name, _ in model.named_parameters()} - seen["critic"]
    assert terms.keys() == {
        "generator/ada", "generator/bea", "generator/fooled", "generator/gradient", "critic/critic", "critic/gradient"
    }  # fmt: skip


def test_a_turn_has_a_pace_of_its_own() -> None:
    model = toy_model(adversary=True)
    model.paces = {"critic": Pace(rate=4.0, betas=(0.0, 0.9), every=3, begins=1)}
    loop, feed = loop_of(model, lr=1e-3, beta1=0.5), ToyFeed()
    stepped = []
    for step in range(7):
        before = copied(model)
        terms = loop.iterate(next(feed), step)
        stepped.append("critic" in moved_in(model, before))
        assert stepped[-1] == ("critic/critic" in terms)
        assert moved_in(model, before) >= {"encoder", "decoders.0", "decoders.1"}
    assert stepped == [False, True, False, False, True, False, False]
    groups = {turn: optimiser.param_groups[0] for turn, optimiser in loop.optimisers.items()}
    assert {turn: group["lr"] for turn, group in groups.items()} == {"generator": 1e-3, "critic": 4e-3}
    assert {turn: group["betas"] for turn, group in groups.items()} == {"generator": (0.5, 0.999), "critic": (0.0, 0.9)}


@pytest.mark.parametrize("random_warp", [True, False])
@pytest.mark.parametrize("optimiser", ["adam", "adabelief"])
def test_resting_weights_stay(optimiser: str, random_warp: bool) -> None:
    model = toy_model()
    before = copied(model)
    loop_of(model, optimiser=optimiser, random_warp=random_warp).iterate(next(ToyFeed()), 0)
    assert moved_in(model, before) == {"encoder", "decoders.0"} | ({"decoders.1"} if random_warp else set())


def test_terms_are_summed_and_the_gradient_measured() -> None:
    model, free = toy_model(), toy_model()
    feed = next(ToyFeed())
    sum(free(feed).values()).backward()  # type: ignore[attr-defined]
    length = math.sqrt(sum(float(weight.grad.square().sum()) for weight in free.parameters()))  # type: ignore[union-attr]
    terms = loop_of(model, clip=1e-4).iterate(feed, 0)
    assert float(terms["generator/gradient"]) == pytest.approx(length, rel=1e-4)


def test_adabelief_is_the_papers() -> None:
    """Against algorithm 2 as written, number by number, with a weight that rests now and then."""
    made = torch.Generator().manual_seed(1)
    weights = [nn.Parameter(torch.randn(3, 2, generator=made)), nn.Parameter(torch.randn(4, generator=made))]
    lr, beta1, beta2, eps = 0.01, 0.9, 0.99, 1e-12
    optimiser = AdaBelief(weights, lr=lr, betas=(beta1, beta2), eps=eps)
    theta = [weight.detach().double().clone() for weight in weights]
    mean, spread = ([torch.zeros_like(each) for each in theta] for _ in range(2))
    t = [0, 0]
    for iteration in range(12):
        for place, weight in enumerate(weights):
            gradient = torch.randn(weight.shape, generator=made)
            weight.grad = None if place == 1 and iteration % 3 == 0 else gradient
            if weight.grad is None:
                continue
            t[place] += 1
            g = gradient.double()
            mean[place] = beta1 * mean[place] + (1 - beta1) * g
            spread[place] = beta2 * spread[place] + (1 - beta2) * (g - mean[place]) ** 2 + eps
            m_hat = mean[place] / (1 - beta1 ** t[place])
            s_hat = spread[place] / (1 - beta2 ** t[place])
            theta[place] -= lr * m_hat / (s_hat.sqrt() + eps)
        optimiser.step()
    for weight, wanted in zip(weights, theta):
        torch.testing.assert_close(weight.detach().double(), wanted, rtol=1e-5, atol=1e-6)


def test_the_running_mean_of_weights() -> None:
    layer = nn.Linear(1, 1, bias=False)
    layer.weight.data.fill_(1.0)
    mean = MeanWeights(layer, 0.5)
    wanted = 1.0
    for count in range(1, 30):
        layer.weight.data.fill_(float(count))
        mean.update(count)
        keep = min(0.5, (1 + count) / (10 + count))
        wanted = keep * wanted + (1 - keep) * count
    with mean.shown():
        assert layer.weight.item() == pytest.approx(wanted)
    assert layer.weight.item() == 29.0


@pytest.mark.parametrize(
    ("values", "rates"),
    [
        ({}, {0: 1, 99: 1, 1000: 1}),
        ({"lr_warmup": 10}, {0: 0.1, 4: 0.5, 9: 1, 50: 1}),
        ({"lr_schedule": "linear"}, {0: 1, 50: 0.5, 100: 0}),
        ({"lr_schedule": "cosine", "lr_warmup": 20}, {20: 1, 60: 0.5, 100: 0}),
    ],
)
def test_rates(values: dict[str, Any], rates: dict[int, float]) -> None:
    made = settings(iterations=100, lr=1.0, **values)
    assert {step: rate_at(step, made) for step in rates} == pytest.approx(rates, abs=1e-9)


@pytest.mark.parametrize(
    "values",
    [{}, {"lr_schedule": "cosine", "minutes": 3}, {"iterations": 5, "lr_warmup": 5}, {"minutes": float("nan")}],
)
def test_settings_that_make_no_sense(values: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TrainerSettings(**values)


def points(values: list[float], count: int = 5) -> list[Point]:
    return [
        Point(
            count * (place + 1), count, 0.0, {"generator/ada": value, "generator/gradient": 9.0, "critic/critic": 9.0}
        )
        for place, value in enumerate(values)
    ]


@pytest.mark.parametrize(
    ("values", "flat"),
    [
        ([4, 4, 4, 4, 4, 4, 4], False),  # 35 iterations are no two windows of 20
        ([4, 4, 4, 4, 4, 4, 4, 4], True),
        ([4, 4, 4, 4, 3, 3, 3, 3], False),
        ([9, 9, 4, 4, 4, 4, 3.99, 3.99, 3.99, 3.99], True),
        ([4, 4, 4, 4, 5, 5, 5, 5], True),
    ],
)
def test_a_plateau(values: list[float], flat: bool) -> None:
    assert is_flat(points(values), 20, 1.0) is flat
    made = TrainerSettings(plateau=20)
    assert (reason_to_stop(made, 40, 1.0, points(values)) is not None) is flat


def test_time_left() -> None:
    both = settings(iterations=100, minutes=1)
    assert seconds_left(both, 50, 10.0, 10.0) == 5.0
    assert seconds_left(both, 50, 58.0, 10.0) == 2.0
    assert seconds_left(TrainerSettings(plateau=50), 50, 58.0, 10.0) is None


def test_merged_curves_keep_their_means() -> None:
    halved = merged(points([1, 3, 5, 7, 9]))
    assert [(point.step, point.count, point.loss) for point in halved] == [(10, 10, 2.0), (20, 10, 6.0), (25, 5, 9.0)]
