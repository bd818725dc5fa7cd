"""What RSGAN and IPGAN keep apart: each learns a toy for real, small, and its parts are exchanged one by one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Generator, Tensor, nn
from toy_open_models import ipgan, looks, pairs, rsgan, told

from fsvfx.engines.anyone.critics import Critics, last_alike
from fsvfx.engines.anyone.ipgan_model import IpGanModel
from fsvfx.engines.anyone.latent_model import around
from fsvfx.engines.anyone.open_model import OpenModel
from fsvfx.engines.anyone.rsgan_model import RsGanModel
from fsvfx.engines.anyone.rsgan_networks import moved_alone
from fsvfx.engines.anyone.settings import IpGanSettings, RsGanSettings
from fsvfx.engines.exporting import LIMIT
from fsvfx.engines.onnx_graph import furthest, traced
from fsvfx.engines.samples import Looks, Pairs
from fsvfx.training import rng
from fsvfx.training.loop import Loop, Precision
from schemas.trainer import TrainerSettings

pytestmark = pytest.mark.usefixtures("quarters")
SIZE, COUNT, PEOPLE = 16, 12, 20
TINY: dict[str, Any] = {"width": 8, "halvings": 2, "latent": 4, "gan": 0}
FACE = torch.nn.functional.pad(torch.ones(1, 1, 10, 10), (3, 3, 4, 2))
COLOURS = torch.rand(PEOPLE, 3, generator=Generator().manual_seed(4)) * 0.6 + 0.2
CODES = COLOURS.repeat(1, 4)


def tiny(kind: type[RsGanModel | IpGanModel], settings: RsGanSettings | IpGanSettings) -> Any:
    """Of SIZE px: less than manifests may ask for."""
    rng.seed(3)
    return kind(settings.model_copy(update={"resolution": SIZE}), ("ada", "bea"))  # type: ignore[arg-type]


def learned(model: OpenModel, batch_of: Callable[[Generator], Pairs], steps: int, rate: float) -> None:
    model.begin("cpu")
    settings = TrainerSettings(iterations=steps, lr=rate, optimiser="adam")
    loop, numbers = Loop(model.train(), settings, Precision(settings, "cpu")), Generator().manual_seed(0)
    for step in range(steps):
        loop.iterate(batch_of(numbers), step)
    model.eval()


def seen(pictures: Tensor, codes: Tensor, mask: Tensor = FACE) -> Looks:
    some = looks(len(pictures), 0)
    landmarks = some.landmarks * SIZE / 64
    return replace(some, crop=pictures, code=codes, landmarks=landmarks, mask=mask.expand(len(pictures), -1, -1, -1))


def patchwork(numbers: Generator) -> Pairs:
    """Faces of one colour, of eight, in surroundings of another; of two people each."""
    colours = torch.randint(2, (4, COUNT, 3, 1, 1), generator=numbers) * 0.8 + 0.1
    target, source = (seen(torch.lerp(*colours[2 * n : 2 * n + 2], FACE), CODES[:COUNT]) for n in range(2))
    return Pairs(target, source, torch.zeros(COUNT, dtype=torch.bool))


def test_rsgans_latents_move_only_what_they_should() -> None:
    model = tiny(RsGanModel, RsGanSettings(**TINY, divergence=1e-4))
    learned(model, patchwork, 160, 3e-3)
    batch = patchwork(Generator().manual_seed(1))
    with torch.no_grad():
        found = model.metrics(batch)
        made = model.swapped(batch, model.codes_in(batch)).rgb
    assert float(found["face_alone"]) > 5
    assert float(found["surroundings_alone"]) > 2.5
    truth = torch.lerp(batch.target.crop, batch.source.crop, FACE)
    assert (made - truth).abs().mean() < 0.5 * (made - batch.target.crop).abs().mean()


def test_what_moves_alone() -> None:
    before, half = torch.zeros(1, 3, 4, 4), torch.zeros(1, 1, 4, 4)
    half[..., :2] = 1
    assert float(moved_alone(before, before + 0.6 * half + 0.1 * (1 - half), half)) == pytest.approx(6)


def test_rsgan_sees_the_face_and_its_surroundings_apart() -> None:
    model, batch = rsgan(gan=0.0).eval(), pairs()
    codes, mask = model.codes_in(batch), batch.target.mask
    made = model.swapped(batch, codes).rgb

    def changed(where: Tensor) -> Looks:
        return replace(batch.target, crop=torch.where(where > 0, 1 - batch.target.crop, batch.target.crop))

    assert torch.equal(model.swapped(replace(batch, target=changed(mask)), codes).rgb, made)
    assert not torch.equal(model.swapped(replace(batch, target=changed(1 - mask)), codes).rgb, made)
    assert torch.equal(model.codes_of(changed(1 - mask)), model.codes_of(batch.target))
    assert not torch.equal(model.codes_of(changed(mask)), model.codes_of(batch.target))


@pytest.mark.parametrize("prior", ["linear", "warp"])
def test_rsgan_takes_the_face_from_a_prior_where_there_is_one(prior: str) -> None:
    model, batch = rsgan(prior=prior), told()
    model.begin("cpu")
    for turn in model.turns():
        assert all(torch.isfinite(term) for term in model(batch, turn).values())
    model.eval()
    assert batch.prior is not None
    assert torch.equal(model.codes_in(batch), model.latents(batch.prior, batch.target.mask))
    columns = model.previews(batch, 2)[0]
    assert torch.equal(columns[2], batch.prior[:2])


def test_latents_are_drawn_in_training_alone() -> None:
    for model, name in ((rsgan(gan=0.0), "face"), (ipgan(gan=0.0), "reconstruction")):
        model.begin("cpu")
        for training in (True, False):
            model.train(training)
            one, other = (model(pairs())[name].item() for _ in range(2))
            assert (one == other) != training


@pytest.mark.slow
def test_rsgans_networks_are_graphs_that_agree_with_torch() -> None:
    class Whole(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = rsgan(gan=0.0).eval()

        def forward(self, source: Tensor, target: Tensor, mask: Tensor) -> tuple[Tensor, ...]:
            codes = self.model.latents(source, mask)
            return codes, self.model.swap(around(target, mask), codes).rgb

    def given(count: int) -> dict[str, Tensor]:
        made = looks(count, count)
        return {"source": made.crop.flip(3), "target": made.crop, "mask": made.mask * 0.5}

    whole = Whole()
    content = traced(whole, given(2), ("codes", "output")).SerializeToString()
    assert furthest(content, whole, [given(1), given(3)]) < LIMIT


def crowd(numbers: Generator) -> Pairs:
    """Twenty people, a colour each, in light from anywhere; a third of the pairs of one person."""
    who = torch.randint(PEOPLE, (2, COUNT), generator=numbers)
    who[1, : COUNT // 3] = who[0, : COUNT // 3]
    light = torch.rand(2, COUNT, 2, generator=numbers) * 2 - 1
    target, source = (seen(lit(who[n], light[n]), CODES[who[n]], torch.ones_like(FACE)) for n in range(2))
    return Pairs(target, source, who[0] == who[1])


RAMP = torch.linspace(-1, 1, SIZE)


def lit(who: Tensor, light: Tensor) -> Tensor:
    across, down = light[:, 0, None, None] * RAMP, light[:, 1, None, None] * RAMP[:, None]
    return (COLOURS[who][..., None, None] + 0.2 * (across + down)[:, None]).clamp(0, 1)


def test_ipgan_exchanges_both_factors() -> None:
    """Who it is follows the source five times as often as by chance; where the light comes from follows the target."""
    model = tiny(IpGanModel, IpGanSettings(**TINY, reconstruction=100))
    learned(model, crowd, 200, 6e-3)
    light = torch.rand(PEOPLE, 2, generator=Generator().manual_seed(1)) * 2 - 1
    target, source = torch.arange(PEOPLE), torch.arange(PEOPLE).roll(7)
    codes = model.codes(CODES)
    with torch.no_grad():
        made = model.swap(lit(target, light), codes[source]).rgb
        looked_like = (model.codes(model.vectors(seen(made, CODES))) @ codes.T).argmax(1)
    assert (looked_like == source).float().mean() >= 5 / PEOPLE > (looked_like == target).float().mean()
    grey = made.mean(1)
    found = torch.stack([(grey * RAMP).mean((1, 2)), (grey * RAMP[:, None]).mean((1, 2))], 1)
    for one, other in zip(found.T, light.T, strict=True):
        assert torch.corrcoef(torch.stack([one, other]))[0, 1] > 0.7


@pytest.mark.parametrize(("same", "weight"), [(True, 1.0), (False, 0.1)])
def test_ipgans_reconstruction_is_asymmetric(same: bool, weight: float) -> None:
    model, batch = ipgan(gan=0.0, reconstruction=2).eval(), pairs()
    model.begin("cpu")
    batch = replace(batch, same=torch.full_like(batch.same, same))
    made = model.swapped(batch, model.codes_in(batch)).rgb
    wanted = weight * (made - batch.target.crop).square().mean()
    torch.testing.assert_close(model(batch)["reconstruction"], wanted)


def test_ipgan_learns_a_truth_that_is_known_in_full_and_the_target_elsewhere() -> None:
    model, batch = ipgan(gan=0.0, prior="warp", reconstruction=2).eval(), told()
    model.begin("cpu")
    assert batch.known is not None
    made = model.swapped(batch, model.codes_in(batch)).rgb
    apart = [(made - each).square() for each in (batch.known.truth, batch.target.crop)]
    sure = batch.known.sure
    wanted = (sure * apart[0] + 0.1 * (1 - sure) * apart[1]).mean()
    torch.testing.assert_close(model(batch)["reconstruction"], wanted)


def test_one_critic_may_judge_the_whole() -> None:
    found = Critics(2, 4, 3, whole=True)(torch.rand(2, 3, 64, 64))
    assert [each[-1].shape[2:] == (1, 1) for each in found] == [True, False, False]


def test_the_last_features_are_matched() -> None:
    real = [[torch.zeros(1, 2), torch.zeros(1, 2), torch.zeros(1)], [torch.ones(1, 2), torch.ones(1, 2), torch.ones(1)]]
    made = [[torch.ones(1, 2), torch.full((1, 2), 2.0), torch.ones(1)], [torch.ones(1, 2)] * 3]
    assert float(last_alike(real, made)) == pytest.approx((4 + 0) / 2 / 2)
