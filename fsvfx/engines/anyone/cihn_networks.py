"""CIHN's network: a context encoder, and a decoder whose every block has a context path, an identity path, and a map
that says where each of them counts.

Liu et al. 2021 ("One-stage Context and Identity Hallucination Network", ACM Multimedia), as far as its abstract goes.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import instance_norm, leaky_relu

from fsvfx.engines.anyone.unet import SLOPE, Pyramid, twice
from fsvfx.engines.trainable import initialise

_OPEN = 2.0
"""Initial value of maps, before the sigmoid: an untrained identity path would be shut out for good."""
_CALM = 0.01
"""Initial spread of the weights from codes to styles: otherwise codes change colors wildly at first."""


class CascadedAdaIn(nn.Module):
    """Two adaptive instance normalizations (Huang and Belongie 2017) in sequence: the input takes the means and spreads
    of the context's features, then those set by the identity's code."""

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

    The context's way sees the target's features alone: an identity shows where the map lets it in, and nowhere else. So
    a prior's features (``prior`` channels of them) go the identity's way, and to the map.
    """

    def __init__(self, before: int, context: int, prior: int, channels: int, code: int) -> None:
        super().__init__()
        self.context = nn.Conv2d(context, channels, 3, padding=1)
        self.identity = CascadedAdaIn(before + context + prior, channels, code)
        self.map = nn.Conv2d(before + context + prior, 1, 3, padding=1)

    def forward(
        self, here: Tensor, context: Tensor, prior: Tensor | None, code: Tensor, held: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """The block's output (b, channels, h, w), and its map (b, 1, h, w): 1 where the identity is hallucinated.

        held: (b, 1, 1, 1), 1 for pictures whose map is held open.
        """
        seen = torch.cat([here, context] if prior is None else [here, context, prior], 1)
        kept, share = self.context(context), torch.sigmoid(self.map(seen) + _OPEN)
        if held is not None:
            share = share + (1 - share) * held
        mixed = kept + share * (self.identity(seen, kept, code) - kept)
        return leaky_relu(mixed, SLOPE), share


class CihnGenerator(nn.Module):
    """Pictures (b, 3, R, R) in [0, 1], codes (b, code) of length 1 and, if ``shown``, priors (b, 3, R, R) -> pictures
    (b, 3, R, R), and the blocks' maps.

    width and halvings: as ``Pyramid`` has them. Nothing of the picture is handed to the result but as features;
    nothing bounds the result, so that what is kept can be kept exactly.
    """

    def __init__(self, width: int, halvings: int, code: int, *, shown: bool = False) -> None:
        super().__init__()
        self.encoder = Pyramid(3, width, halvings)
        self.prior = Pyramid(3, width // 2, halvings) if shown else None
        sizes = self.encoder.channels[::-1]
        priors = self.prior.channels[::-1] if self.prior else [0] * len(sizes)
        shapes = zip([sizes[0], *sizes], sizes, priors, strict=False)
        blocks = [HallucinationBlock(before, after, prior, after, code) for before, after, prior in shapes]
        self.blocks = nn.ModuleList(blocks)
        self.end = nn.Conv2d(width, 3, 3, padding=1)
        self._unit = code**0.5
        initialise(self)
        for block in blocks:
            nn.init.normal_(block.identity.style.weight, std=_CALM)

    def forward(
        self, pictures: Tensor, code: Tensor, prior: Tensor | None = None, held: Tensor | None = None
    ) -> tuple[Tensor, list[Tensor]]:
        """The picture, and the maps from the smallest to the full size. held: as the blocks take it."""
        context = self.encoder(pictures * 2 - 1)[::-1]
        shown = [None] * len(context)
        if self.prior is not None:
            assert prior is not None
            shown = self.prior(prior * 2 - 1)[::-1]
        here, maps = context[0], []
        for place, (block, kept, seen) in enumerate(zip(self.blocks, context, shown, strict=True)):
            here, share = block(twice(here) if place else here, kept, seen, code * self._unit, held)
            maps.append(share)
        made: Tensor = self.end(here)
        return made / 2 + 0.5, maps
