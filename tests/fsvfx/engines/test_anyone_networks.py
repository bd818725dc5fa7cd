"""The networks of open-set engines: their shapes, what reaches their weights, what their parts are by the papers."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from fsvfx.engines.anyone import critics
from fsvfx.engines.anyone.aei_networks import AadLayer, AeiNet, attributes_kept
from fsvfx.engines.anyone.cihn_networks import CascadedAdaIn, CihnGenerator, HallucinationBlock
from fsvfx.engines.anyone.fsnet_networks import (
    PARTS,
    FsNetGenerator,
    drawn,
    triplets,
)
from fsvfx.engines.anyone.hear_networks import HearNet
from fsvfx.engines.anyone.latents import LatentDecoder, LatentEncoder, diverging
from fsvfx.engines.anyone.simswap_networks import InjectionBlock, SimSwapGenerator
from fsvfx.engines.anyone.unifacegan_networks import (
    REGIONS,
    RegionAwareNorm,
    UniFaceGenerator,
    carried_along,
    seen,
    statistics,
)
from fsvfx.engines.samples import Portrayed

CODE = 12


def pictures(size: int, count: int = 2, seed: int = 0) -> Tensor:
    return torch.rand(count, 3, size, size, generator=torch.Generator().manual_seed(seed))


def codes(count: int = 2, seed: int = 5) -> Tensor:
    made = torch.randn(count, CODE, generator=torch.Generator().manual_seed(seed))
    return made / made.norm(dim=1, keepdim=True)


def reached(network: nn.Module, total: Tensor) -> None:
    """A gradient gets to every weight."""
    total.backward()  # type: ignore[no-untyped-call]
    missed = [
        name for name, weight in network.named_parameters() if weight.grad is None or not weight.grad.abs().sum() > 0
    ]
    assert not missed


@pytest.mark.parametrize(("size", "halvings"), [(32, 1), (48, 2), (64, 3)])
def test_simswap_makes_pictures_of_the_size_given(size: int, halvings: int) -> None:
    network = SimSwapGenerator(4, halvings, 2, CODE)
    made = network(pictures(size), codes())
    assert made.shape == (2, 3, size, size)
    assert ((made >= 0) & (made <= 1)).all()
    reached(network, (made * pictures(size, seed=1)).sum())


def test_an_injection_block_takes_its_statistics_from_the_code() -> None:
    """With a convolution that changes nothing, what comes in leaves with the code's mean and spread (section 3.1)."""
    block = InjectionBlock(3, CODE)
    for convolution in block.convolutions:
        nn.init.dirac_(convolution.weight)
    here, code = pictures(16), codes()
    scale, shift = block.styles[0](code).chunk(2, dim=1)
    injected = block._injected(0, here, code)
    torch.testing.assert_close(injected.mean((2, 3)), shift)
    torch.testing.assert_close(injected.std((2, 3), correction=0), (1 + scale).abs(), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("levels", [3, 5])
def test_aei_net(levels: int) -> None:
    size = 2 ** (levels + 1)
    network = AeiNet(4, 16, levels, CODE)
    made, attributes, masks = network(pictures(size), codes())
    sides = [2 << step for step in range(levels)]
    assert [each.shape[-1] for each in attributes] == [*sides, size]
    assert [each.shape[1] for each in attributes] == list(network.encoder.channels)
    assert [each.shape[1:] for each in masks] == [(1, side, side) for side in [*sides, size]]
    assert made.shape == (2, 3, size, size)
    reached(network, (made * pictures(size, seed=1)).sum() + attributes_kept(attributes, network.attributes(made)))


def test_as_published_at_256() -> None:
    """The channels of FaceShifter's supplement."""
    with torch.device("meta"):
        network = AeiNet(32, 1024, 7, 512)
    assert network.encoder.channels == (1024, 2048, 1024, 512, 256, 128, 64, 64)
    widths = [block.convolutions[1].out_channels for block in network.generator.blocks]
    assert widths == [1024, 1024, 1024, 1024, 512, 256, 128, 64]


@pytest.mark.parametrize(("bias", "source"), [(50.0, "identity"), (-50.0, "attributes")])
def test_the_mask_chooses_between_identity_and_attributes(bias: float, source: str) -> None:
    layer = AadLayer(3, 4, CODE)
    nn.init.zeros_(layer.mask.weight)
    nn.init.constant_(layer.mask.bias, bias)
    here, other = pictures(8), torch.rand(2, 4, 8, 8)
    one, mask = layer(here, other, codes())
    changed, _ = layer(here, other, codes(seed=6)) if source == "attributes" else layer(here, other * 2, codes())
    assert mask.round().unique().tolist() == [float(bias > 0)]
    torch.testing.assert_close(one, changed)


def test_hear_net() -> None:
    network = HearNet(4, 3)
    made = network(pictures(32), pictures(32, seed=1) - pictures(32, seed=2))
    assert made.shape == (2, 3, 32, 32)
    reached(network, made.square().sum())


@pytest.mark.parametrize("shown", [False, True])
@pytest.mark.parametrize("halvings", [2, 4])
def test_cihn_makes_a_picture_and_maps_of_every_size(halvings: int, *, shown: bool) -> None:
    network = CihnGenerator(4, halvings, CODE, shown=shown)
    made, maps = network(pictures(32), codes(), pictures(32, seed=2) if shown else None)
    assert made.shape == (2, 3, 32, 32)
    assert all(((each > 0) & (each < 1)).all() for each in maps)
    assert [each.shape[1:] for each in maps] == [(1, 32 >> step, 32 >> step) for step in range(halvings, -1, -1)]
    reached(network, (made * pictures(32, seed=1)).sum() + sum(each.mean() for each in maps))


def test_the_second_of_two_cascaded_adains_has_the_last_word() -> None:
    """What leaves has the code's mean and spread; the context's statistics went in before."""
    block = CascadedAdaIn(3, 3, CODE)
    here, code, context = pictures(16), codes(), pictures(16, seed=2)
    scale, shift = block.style(code).chunk(2, dim=1)
    made = block(here, context, code)
    torch.testing.assert_close(made.mean((2, 3)), shift)
    torch.testing.assert_close(made.std((2, 3), correction=0), (1 + scale).abs(), rtol=1e-3, atol=1e-3)
    shuffled = context.flatten(2)[..., torch.randperm(256)].reshape(context.shape)
    torch.testing.assert_close(block(here, shuffled, code), made, msg="its statistics alone count")
    assert (block(here, context**3, code) - made).abs().mean() > 1e-3


@pytest.mark.parametrize(("bias", "follows"), [(-50.0, False), (50.0, True)])
def test_an_identity_and_a_prior_show_where_the_map_lets_them_in(bias: float, follows: bool) -> None:
    block = HallucinationBlock(3, 3, 3, 4, CODE)
    nn.init.zeros_(block.map.weight)
    nn.init.constant_(block.map.bias, bias)
    here, context, prior = pictures(8), pictures(8, seed=1), pictures(8, seed=2)
    one, other = (block(here, context, prior, codes(seed=seed))[0] for seed in (5, 6))
    assert torch.equal(one, other) != follows
    assert torch.equal(one, block(pictures(8, seed=3), context, prior, codes(seed=5))[0]) != follows
    assert torch.equal(one, block(here, context, pictures(8, seed=3), codes(seed=5))[0]) != follows
    held = torch.tensor([1.0, 0.0])[:, None, None, None]
    opened = [block(here, context, prior, codes(seed=seed), held) for seed in (5, 6)]
    assert not torch.equal(opened[0][0][0], opened[1][0][0]), "held open"
    assert torch.equal(opened[0][0][1], opened[1][0][1]) != follows
    assert opened[0][1][0].min() == 1


def test_a_latent_goes_there_and_back() -> None:
    encoder, decoder = LatentEncoder(3, 4, 3, 6, 32), LatentDecoder(4, 3, 6, 32)
    mean, spread = encoder(pictures(32))
    assert mean.shape == spread.shape == (2, 6)
    made = decoder(mean)
    assert made.shape == (2, 3, 32, 32)
    assert made.abs().max() <= 1
    reached(nn.ModuleList([encoder, decoder]), (made * pictures(32, seed=1)).sum() + diverging(mean, spread))


@pytest.mark.parametrize("halvings", [2, 4])
def test_fsnet_puts_latents_into_surroundings(halvings: int) -> None:
    network, seen = FsNetGenerator(9, 4, halvings, CODE), torch.rand(2, 9, 32, 32)
    made = network(seen, codes())
    assert made.shape == (2, 3, 32, 32)
    assert ((made >= 0) & (made <= 1)).all()
    reached(network, (made * pictures(32, seed=1)).sum())
    network.eval()
    assert not torch.equal(network(seen, codes(seed=6)), network(seen, codes()))


def test_a_standard_normal_latent_does_not_diverge() -> None:
    assert diverging(torch.zeros(3, 4), torch.zeros(3, 4)).item() == 0
    mean, spread = torch.tensor([[1.0, -2.0]]), torch.tensor([[0.5, -1.0]])
    one = torch.distributions.Normal(mean, (spread / 2).exp())
    wanted = torch.distributions.kl_divergence(one, torch.distributions.Normal(0.0, 1.0)).sum()
    torch.testing.assert_close(diverging(mean, spread), wanted)


PEOPLE = torch.tensor([0, 0, 1])
TRIPLETS = {
    "separate by more than the margin": ([[1.0, 0.0], [2.0, 0.1], [0.0, 1.0]], 0.0),
    "no nearer than a stranger": ([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]], (0.0 + 0.2) / 2),
    "all the same": ([[1.0, 0.0], [1.0, 0.0], [3.0, 0.0]], 0.2),
}


@pytest.mark.parametrize("what", TRIPLETS)
def test_triplets_hold_people_apart(what: str) -> None:
    latents, lost = TRIPLETS[what]
    assert triplets(torch.tensor(latents), PEOPLE, 0.2).item() == pytest.approx(lost, abs=1e-6)
    assert triplets(torch.tensor(latents), torch.arange(3), 0.2).item() == 0, "nobody is there twice"


def test_landmarks_are_drawn_where_they_are() -> None:
    landmarks = torch.full((2, 468, 3), -99.0)
    landmarks[0, PARTS[2][0], :2] = torch.tensor([40.0, 12.0])
    planes = drawn(landmarks, 64)
    assert planes.shape == (2, len(PARTS), 64, 64)
    eyes = planes[0, 2].clone()
    assert (eyes == eyes.amax()).nonzero().tolist() == [[12, 40]], "row, column"
    assert eyes.amax() == 1
    planes[0, 2] = 0
    assert planes.amax() < 1e-6
    half = landmarks.clone()
    half[..., :2] = (half[..., :2] + 0.5) / 2 - 0.5
    assert drawn(half, 32)[0, 2].sum() == pytest.approx(eyes.sum().item() / 4, rel=0.2), "as large at any size"


def halves(size: int) -> Tensor:
    """(1, REGIONS, size, size): surroundings on the left, a drawn face on the right."""
    regions = torch.zeros(1, REGIONS, size, size)
    regions[:, 0, :, : size // 2] = regions[:, 2, :, size // 2 :] = 1
    return regions


@pytest.mark.parametrize("halvings", [2, 4])
def test_unifacegan_makes_pictures_of_what_is_seen(halvings: int) -> None:
    network = UniFaceGenerator(4, halvings)
    given = torch.cat([pictures(32), halves(32).expand(2, -1, -1, -1)], 1)
    made = network(given)
    assert made.shape == (2, 3, 32, 32)
    reached(network, (made * pictures(32, seed=1)).sum())


def test_a_regions_statistics_are_its_own() -> None:
    here, regions = pictures(8, 1), halves(8)
    mean, variance = statistics(here, regions)
    left, right = here[..., :4].flatten(2), here[..., 4:].flatten(2)
    torch.testing.assert_close(mean[0, [0, 2]], torch.stack([left.mean(2)[0], right.mean(2)[0]]))
    torch.testing.assert_close(variance[0, 2], right.var(2, correction=0)[0])
    assert not mean[0, [1, 3]].any(), "these are nowhere"


def test_region_aware_normalisation_lets_regions_alone() -> None:
    """What leaves a region has no trace of what another one had; what the condition says of surroundings is heard."""
    norm, regions = RegionAwareNorm(3, 3), halves(8)
    here, condition = pictures(8, 1), pictures(8, 1, seed=1)
    other, around, within = here.clone(), condition.clone(), condition.clone()
    other[..., :4] *= 3
    around[..., :4] *= 3
    within[..., 4:] *= 3
    made = norm(here, condition, regions)
    torch.testing.assert_close(norm(other, condition, regions)[..., 4:], made[..., 4:])
    assert (norm(here, around, regions)[..., 4:] - made[..., 4:]).abs().mean() > 1e-2
    torch.testing.assert_close(norm(here, within, regions)[..., :4], made[..., :4])


def test_a_face_is_seen_as_it_is_drawn_with_the_targets_eyes() -> None:
    target, mask = torch.full((1, 3, 8, 8), 0.2), torch.zeros(1, 1, 8, 8)
    cover, eyes = torch.zeros(1, 1, 8, 8), torch.zeros(1, 1, 8, 8)
    mask[..., 2:7, :], cover[..., 2:6, :4], eyes[..., 3, 3] = 1, 1, 1
    given = seen(target, mask, Portrayed(torch.full((1, 3, 8, 8), 0.9), cover, eyes))
    picture, shares = given[0, 0], given[0, 3:]
    torch.testing.assert_close(shares.sum(0), torch.ones(8, 8))
    assert [round(float(each), 3) for each in (picture[0, 0], picture[2, 0], picture[3, 3], picture[2, 6])] == [
        0.2,
        0.9,
        0.2,
        0.5,
    ]
    assert shares[:, [0, 2, 2, 3], [0, 6, 0, 3]].argmax(0).tolist() == [0, 1, 2, 3]


def test_what_does_not_move_is_carried_along_as_it_is() -> None:
    still = torch.nn.functional.affine_grid(torch.eye(2, 3)[None], [1, 1, 16, 16], align_corners=False)
    before = pictures(16, 1)
    torch.testing.assert_close(carried_along(before, still), before, atol=1e-6, rtol=0)
    torch.testing.assert_close(carried_along(before, still + torch.tensor([2 / 16, 0]))[..., :-1], before[..., 1:])


def test_critics_look_at_several_sizes() -> None:
    network = critics.Critics(2, 4, 3)
    real, made = network(pictures(64)), network(pictures(64, seed=1))
    assert [len(features) for features in real] == [5, 5]
    assert real[0][-1].shape[-1] > real[1][-1].shape[-1]
    reached(network, critics.told_apart(real, made) + critics.convinced(made) / 3)


def test_the_hinge_rests_where_verdicts_are_clear() -> None:
    real, made = [[torch.full((1, 1, 2, 2), 1.5)]], [[torch.full((1, 1, 2, 2), -1.5)]]
    assert float(critics.told_apart(real, made)) == 0
    assert float(critics.told_apart(made, real)) == 5
    assert float(critics.convinced(made)) == 1.5


def test_weak_matching_leaves_the_early_layers_alone() -> None:
    one = [torch.zeros(1, 1), torch.zeros(1, 1), torch.zeros(1, 1), torch.zeros(1, 1)]
    other = [torch.ones(1, 1), torch.ones(1, 1), torch.full((1, 1), 3.0), torch.full((1, 1), 99.0)]
    assert [float(critics.matched([one], [other], first)) for first in (0, 1, 2)] == pytest.approx([5 / 3, 2.0, 3.0])


def test_the_gradient_penalty_reaches_the_critics() -> None:
    network = critics.Critics(1, 4, 2)
    penalty = critics.gradient_penalty(network, pictures(32), pictures(32, seed=1))
    assert penalty >= 0
    penalty.backward()  # type: ignore[no-untyped-call]
    assert any(weight.grad is not None and weight.grad.abs().sum() > 0 for weight in network.parameters())
