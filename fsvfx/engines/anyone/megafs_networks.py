"""MegaFS's networks beside its generator: the encoder of faces to codes and structure, and the face transfer module.

Zhu et al. 2021 (arXiv 2105.04932), sections 3.1 and 3.2.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fsvfx.engines.anyone.style_generator import START, codes_of, doublings_to
from fsvfx.engines.anyone.unet import SLOPE, Pyramid, twice

_EVEN = 1e-8
"""Added to squares before they are divided by."""
_CALM = 0.01
"""Initial spread of the weights that change codes: a transfer begins by changing little."""
_MOSTLY = 2.0
"""Initial mix of source and target, before the sigmoid: near the source's codes, which are known to fit."""


class HierarchicalEncoder(nn.Module):
    """Pictures (b, 3, R, R) in [0, 1] -> structure (b, structure, 4, 4) and codes (b, codes, code).

    HieRFE: features of the three smallest sizes, joined from the smallest up as feature pyramids are (Lin et al. 2017).
    The lowest codes and the structure come from the smallest, others from the next, the rest from the third. Numbers of
    both are as large as 1 on average, as a style generator's are from its first iteration on.
    """

    def __init__(self, structure: int, width: int, code: int, low: int, resolution: int) -> None:
        """width: channels at full size, doubled at each halving, up to eight times. low: how many codes are low."""
        super().__init__()
        self.pyramid = Pyramid(3, width, doublings_to(resolution))
        inner = 2 * width
        self.lateral = nn.ModuleList(nn.Conv2d(each, inner, 1) for each in self.pyramid.channels[:-4:-1])
        self.structure = _seen(inner, structure)
        self.heads = nn.ModuleList(_head(inner, code, each) for each in shares(codes_of(resolution), low))

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        joined: list[Tensor] = []
        for lateral, features in zip(self.lateral, self.pyramid(pictures * 2 - 1)[:-4:-1], strict=True):
            here = lateral(features)
            joined.append(here + twice(joined[-1]) if joined else here)
        codes = torch.cat([head(features) for head, features in zip(self.heads, joined, strict=True)], 1)
        return self.structure(joined[0]), codes * (codes.square().mean(2, keepdim=True) + _EVEN).rsqrt()


class TransferCell(nn.Module):
    """Codes of source and target, each scaled and shifted by a function of both."""

    def __init__(self, code: int) -> None:
        super().__init__()
        self.scales = nn.ModuleList(_change(code) for _ in range(2))
        self.shifts = nn.ModuleList(_change(code) for _ in range(2))

    def forward(self, source: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """(b, code) each."""
        both = torch.cat([source, target], 1)
        ways = zip((source, target), self.scales, self.shifts, strict=True)
        one, other = (each * 2 * scale(both).sigmoid() + shift(both).tanh() for each, scale, shift in ways)
        return one, other


class TransferBlock(nn.Module):
    """Moves one code from the target's to the source's: some cells, and a learned mean of their outputs."""

    def __init__(self, code: int, cells: int) -> None:
        super().__init__()
        self.cells = nn.ModuleList(TransferCell(code) for _ in range(cells))
        self.share = nn.Parameter(torch.full((code,), _MOSTLY))

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        for cell in self.cells:
            source, target = cell(source, target)
        return torch.lerp(target, source, self.share.sigmoid())


class FaceTransfer(nn.Module):
    """Upper codes of sources and targets (b, upper, code) -> of swaps (b, upper, code)."""

    def __init__(self, upper: int, code: int, cells: int) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(TransferBlock(code, cells) for _ in range(upper))

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        pairs = zip(self.blocks, source.unbind(1), target.unbind(1), strict=True)
        return torch.stack([block(one, other) for block, one, other in pairs], 1)


def shares(codes: int, low: int) -> tuple[int, int, int]:
    """Number of codes from each of three sizes; for 18 with 4 low ones, as published: 4, 6 and 8."""
    middle = (codes - low - 1) // 2
    return low, middle, codes - low - middle


def _seen(before: int, after: int) -> nn.Module:
    """What differs in features from picture to picture: what is common to all carries no information."""
    convolution = nn.Conv2d(before, after, 3, padding=1, bias=False)
    return nn.Sequential(nn.LeakyReLU(SLOPE), convolution, nn.BatchNorm2d(after, affine=False))


def _head(inner: int, code: int, count: int) -> nn.Module:
    return nn.Sequential(
        _seen(inner, inner),
        nn.AdaptiveAvgPool2d(START),
        nn.Flatten(),
        nn.Linear(inner * START**2, count * code),
        nn.Unflatten(1, (count, code)),
    )


def _change(code: int) -> nn.Module:
    last = nn.Linear(code // 2, code)
    nn.init.normal_(last.weight, std=_CALM)
    nn.init.zeros_(last.bias)
    return nn.Sequential(nn.Linear(2 * code, code // 2), nn.ReLU(), last)
