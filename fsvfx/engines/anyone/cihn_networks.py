"""CIHN's network: a context encoder, and a decoder whose every block has a context way, an identity way, and a map that
says where each of them counts.

Liu et al. 2021 ("One-stage Context and Identity Hallucination Network", ACM Multimedia), as far as its abstract goes.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import instance_norm, leaky_relu

from fsvfx.engines.anyone.unet import SLOPE, Pyramid, twice
from fsvfx.engines.trainable import initialise

_OPEN = 2.0
"""Where maps begin, before the sigmoid: an identity's way that has learned nothing yet would be shut out for good."""
_CALM = 0.01
"""Spread of the weights by which codes set styles, at the start: else colors follow codes at random, and wildly."""


class CascadedAdaIn(nn.Module):
    """Two adaptive instance normalisations (Huang and Belongie 2017), one after the other: what comes in takes the
    means and spreads of the context's features, then those that the identity's code sets."""

    def __init__(self, before: int, channels: int, code: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(before, channels, 3, padding=1, bias=False)
        self.second = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.style = nn.Linear(code, 2 * channels)

    def forward(self, here: Tensor, context: Tensor, code: Tensor) -> Tensor:
        """here (b, before, h, w), context (b, channels, h, w), code (b, code)."""
        spread, mean = torch.std_mean(context, (2, 3), correction=0, keepdim=True)
        held = leaky_relu(instance_norm(self.first(here)) * spread + mean, SLOPE)
        scale, shift = self.style(code)[..., None, None].chunk(2, dim=1)
        changed: Tensor = instance_norm(self.second(held)) * (1 + scale) + shift
        return changed


class HallucinationBlock(nn.Module):
    """Context and identity, each as it would go on from here, and the map between them.

    The context's way sees the target's features alone: an identity shows where the map lets it in, and nowhere else.
    """

    def __init__(self, before: int, context: int, channels: int, code: int) -> None:
        super().__init__()
        self.context = nn.Conv2d(context, channels, 3, padding=1)
        self.identity = CascadedAdaIn(before + context, channels, code)
        self.map = nn.Conv2d(before + context, 1, 3, padding=1)

    def forward(self, here: Tensor, context: Tensor, code: Tensor, held: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """The block (b, channels, h, w), and its map (b, 1, h, w): 1 where the identity is hallucinated.

        held: (b, 1, 1, 1), 1 for pictures whose map is held open.
        """
        both = torch.cat([here, context], 1)
        kept, share = self.context(context), torch.sigmoid(self.map(both) + _OPEN)
        if held is not None:
            share = share + (1 - share) * held
        mixed = kept + share * (self.identity(both, kept, code) - kept)
        return leaky_relu(mixed, SLOPE), share


class CihnGenerator(nn.Module):
    """(b, inputs, R, R) in [0, 1] and codes (b, code) of length 1 -> (b, 3, R, R), and the blocks' maps.

    width and halvings: as ``Pyramid`` has them. Nothing of the picture is handed to the result but as features;
    nothing bounds the result, so that what is kept can be kept exactly.
    """

    def __init__(self, width: int, halvings: int, code: int, inputs: int = 3) -> None:
        super().__init__()
        self.encoder = Pyramid(inputs, width, halvings)
        sizes = self.encoder.channels[::-1]
        pairs = zip([sizes[0], *sizes], sizes, strict=False)
        blocks = [HallucinationBlock(before, after, after, code) for before, after in pairs]
        self.blocks = nn.ModuleList(blocks)
        self.end = nn.Conv2d(width, 3, 3, padding=1)
        self._unit = code**0.5
        initialise(self)
        for block in blocks:
            nn.init.normal_(block.identity.style.weight, std=_CALM)

    def forward(self, pictures: Tensor, code: Tensor, held: Tensor | None = None) -> tuple[Tensor, list[Tensor]]:
        """The picture, and the maps from the smallest to the full size. held: as the blocks take it."""
        context = self.encoder(pictures * 2 - 1)
        here, maps = context[-1], []
        for place, (block, each) in enumerate(zip(self.blocks, reversed(context), strict=True)):
            here, share = block(twice(here) if place else here, each, code * self._unit, held)
            maps.append(share)
        made: Tensor = self.end(here)
        return made / 2 + 0.5, maps
