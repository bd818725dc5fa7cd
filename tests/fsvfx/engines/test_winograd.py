"""Winograd's way to convolve is the convolution, both ways, and is taken only where it may be."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn.functional import conv2d

from fsvfx.engines.autoencoder import winograd
from fsvfx.engines.autoencoder.blocks import Conv3


def randoms(*shapes: tuple[int, ...]) -> list[Tensor]:
    made = torch.Generator().manual_seed(len(shapes))
    return [torch.randn(shape, generator=made).requires_grad_() for shape in shapes]


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize(("m", "size"), [(2, (4, 6)), (2, (2, 2)), (4, (8, 12)), (4, (4, 4))])
def test_it_is_the_convolution(m: int, size: tuple[int, int], layout: torch.memory_format) -> None:
    x, weight, bias, grad = randoms((2, 48, *size), (40, 48, 3, 3), (40,), (2, 40, *size))
    x, weight = (each.detach().contiguous(memory_format=layout).requires_grad_() for each in (x, weight))
    found = winograd.convolve(x, weight, bias, m)
    exact = [each.detach().double().requires_grad_() for each in (x, weight, bias)]
    wanted = conv2d(*exact, padding=1)
    pairs = zip(
        (found, *torch.autograd.grad(found, (x, weight, bias), grad)),
        (wanted, *torch.autograd.grad(wanted, exact, grad.double())),
    )
    for one, other in pairs:
        assert one.shape == other.shape
        assert float(((one - other).norm() / other.norm()).detach()) < 5e-6


@pytest.mark.parametrize(
    ("size", "channels", "m"),
    [((16, 32), 64, 4), ((8, 8), 64, 2), ((18, 18), 64, 2), ((9, 16), 64, 0), ((16, 16), 3, 0)],
)
def test_the_tile_suits_the_picture(size: tuple[int, int], channels: int, m: int) -> None:
    assert winograd.tile_for(torch.zeros(1, channels, *size), Conv3(channels, 64).weight) == m


def test_only_training_in_float32_goes_this_way() -> None:
    layer, x = Conv3(64, 64), torch.zeros(1, 64, 16, 16)
    assert winograd.tile_for(x, layer.weight)
    assert not winograd.tile_for(x.bfloat16(), layer.weight)
    with torch.no_grad():
        assert not winograd.tile_for(x, layer.weight)
    with torch.autocast("cpu", torch.bfloat16):
        assert not winograd.tile_for(x, layer.weight)
    layer.requires_grad_(False)
    assert not winograd.tile_for(x, layer.weight)


def test_a_layer_shows_the_same_while_training_and_after() -> None:
    torch.manual_seed(0)
    layer, x = Conv3(64, 32), torch.rand(2, 64, 16, 16)
    with torch.no_grad():
        plain = layer(x)
    torch.testing.assert_close(layer(x).detach(), plain, rtol=1e-4, atol=1e-5)
