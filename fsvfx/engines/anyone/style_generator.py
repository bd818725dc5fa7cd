"""A style generator: a small structure map, grown to a picture by convolutions that codes modulate.

Karras et al. 2020 (StyleGAN2, arXiv 1912.04958), section 2 and figure 7.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, leaky_relu

from fsvfx.engines.anyone.unet import twice, widened

START: Final = 4
"""Side of the structure map."""
_SLOPE = 0.2
_CALM = 0.1
"""Initial spread of the colors of each size, as a share of that of their inputs."""
_EVEN = 1e-8
"""Added to squares before they are divided by."""


class ModulatedConv(nn.Module):
    """A convolution whose weights a code scales, channel by channel, and which then scales them back to length 1
    (section 2.2). Here what goes in and what comes out are scaled: the same sums, by one convolution for all codes.

    demodulated: False of those that make colors.
    """

    def __init__(self, before: int, after: int, code: int, side: int = 3, *, demodulated: bool = True) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(after, before, side, side))
        self.bias = nn.Parameter(torch.zeros(after))
        self.style = nn.Linear(code, before)
        self.demodulated = demodulated
        nn.init.normal_(self.weight, std=(1.0 if demodulated else _CALM) * (before * side**2) ** -0.5)
        nn.init.xavier_uniform_(self.style.weight)
        nn.init.ones_(self.style.bias)

    def forward(self, here: Tensor, code: Tensor) -> Tensor:
        """here (b, before, h, w), code (b, code) -> (b, after, h, w)."""
        scale = self.style(code)
        made = conv2d(here * scale[..., None, None], self.weight, padding=self.weight.shape[-1] // 2)
        if self.demodulated:
            squares = scale.square() @ self.weight.square().sum((2, 3)).T
            made = made * (squares + _EVEN).rsqrt()[..., None, None]
        return made + self.bias[:, None, None]


class StyleGenerator(nn.Module):
    """Structure (b, structure, 4, 4) and codes (b, codes, code) -> pictures (b, 3, R, R), unbounded: a bound would
    saturate in training and never recover.

    Two convolutions at each size but the smallest, which has one, and colors of each size, added up. As there, a code
    for each: that of a size's colors is that of the next size's first convolution, too. No noise: frames would flicker.
    width: channels at full size; doubled at each halving, up to eight times.
    """

    def __init__(self, structure: int, width: int, code: int, resolution: int) -> None:
        super().__init__()
        doublings = doublings_to(resolution)
        sizes = widened(width, doublings + 1, most=8)[::-1]
        self.codes = codes_of(resolution)
        self.start = nn.Conv2d(structure, sizes[0], 1)
        self.first = ModulatedConv(sizes[0], sizes[0], code)
        self.grow = nn.ModuleList(ModulatedConv(*pair, code) for pair in pairwise(sizes))
        self.keep = nn.ModuleList(ModulatedConv(after, after, code) for after in sizes[1:])
        self.show = nn.ModuleList(ModulatedConv(each, 3, code, 1, demodulated=False) for each in sizes)

    def forward(self, structure: Tensor, codes: Tensor) -> Tensor:
        each = codes.unbind(1)
        here = _active(self.first(self.start(structure), each[0]))
        colors = self.show[0](here, each[1])
        for step, (grow, keep, show) in enumerate(zip(self.grow, self.keep, self.show[1:], strict=True)):
            first, second, third = each[2 * step + 1 : 2 * step + 4]
            here = _active(keep(_active(grow(twice(here), first)), second))
            colors = twice(colors) + show(here, third)
        made: Tensor = colors / 2 + 0.5
        return made


def doublings_to(resolution: int) -> int:
    """Doublings from the structure map to pictures of ``resolution`` px, a power of 2."""
    return (resolution // START).bit_length() - 1


def codes_of(resolution: int) -> int:
    """Number of codes of such a generator: 10 at 64 px, 14 at 256, 18 at 1024."""
    return 2 * doublings_to(resolution) + 2


def _active(here: Tensor) -> Tensor:
    return leaky_relu(here, _SLOPE) * 2**0.5
