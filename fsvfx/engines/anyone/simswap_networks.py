"""SimSwap's generator: an encoder, nine blocks that inject the identity, a decoder."""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn
from torch.nn.functional import instance_norm, relu

_MOST = 8
"""Channels grow up to this many times the first layer's."""


class InjectionBlock(nn.Module):
    """A residual block whose two normalizations take their scale and shift from the identity's code.

    Chen et al. 2020, figure 3; AdaIN: Huang and Belongie 2017.
    """

    def __init__(self, channels: int, code: int) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList(_same(channels, channels, 3, bias=False) for _ in range(2))
        self.styles = nn.ModuleList(nn.Linear(code, 2 * channels) for _ in range(2))

    def forward(self, here: Tensor, code: Tensor) -> Tensor:
        changed = relu(self._injected(0, here, code))
        return here + self._injected(1, changed, code)

    def _injected(self, place: int, here: Tensor, code: Tensor) -> Tensor:
        scale, shift = self.styles[place](code)[..., None, None].chunk(2, dim=1)
        normal: Tensor = instance_norm(self.convolutions[place](here)) * (1 + scale) + shift
        return normal


class SimSwapGenerator(nn.Module):
    """(b, inputs, R, R) in [0, 1] and codes (b, code) of length 1 -> (b, 3, R, R) in [0, 1].

    width: channels at full size. halvings: number of times the encoder halves the picture. The paper's: 64, 3 and 9
    blocks at 224 px. Feature maps of encoder and decoder are batch-normalized, as in the authors' code.
    """

    def __init__(self, width: int, halvings: int, blocks: int, code: int, inputs: int = 3) -> None:
        super().__init__()
        sizes = [min(width << step, _MOST * width) for step in range(halvings + 1)]
        pairs = list(pairwise(sizes))
        self.encoder = nn.Sequential(
            _layer(inputs, width, 7), *(_layer(before, after, 3, stride=2) for before, after in pairs)
        )
        self.blocks = nn.ModuleList(InjectionBlock(sizes[-1], code) for _ in range(blocks))
        self.decoder = nn.Sequential(*(_grown(after, before) for before, after in reversed(pairs)), _same(width, 3, 7))

    def forward(self, pictures: Tensor, code: Tensor) -> Tensor:
        here = self.encoder(pictures * 2 - 1)
        for block in self.blocks:
            here = block(here, code)
        made: Tensor = self.decoder(here)
        return made.tanh() / 2 + 0.5


def _layer(before: int, after: int, size: int, *, stride: int = 1) -> nn.Module:
    return nn.Sequential(_same(before, after, size, stride=stride, bias=False), nn.BatchNorm2d(after), nn.ReLU())


def _grown(before: int, after: int) -> nn.Module:
    """Twice the size."""
    return nn.Sequential(nn.Upsample(scale_factor=2, mode="bilinear"), _layer(before, after, 3))


def _same(before: int, after: int, size: int, *, stride: int = 1, bias: bool = True) -> nn.Module:
    """Mirrors the edges, so that no border shows."""
    return nn.Conv2d(before, after, size, stride, size // 2, bias=bias, padding_mode="reflect")
