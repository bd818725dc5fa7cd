"""UniFaceGAN's generator, which makes a picture from a rendered face and a target's surroundings; its input; and how a
picture is moved along a mesh.

Cao et al. 2021 (arXiv 2108.05650), as far as its abstract goes.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d, grid_sample, leaky_relu

from fsvfx.engines.anyone.unet import SLOPE, Pyramid, twice
from fsvfx.engines.samples import Portrayed
from fsvfx.engines.trainable import initialise

REGIONS = 4
"""Surroundings; what is neither known nor rendered; the rendered face; eyes and mouth."""
_UNKNOWN = 0.5
"""Gray."""
_STEADY = 1e-2
"""Smallest variance of a region: one with few pixels, or none, must not be amplified."""
_CALM = 0.01
"""Initial spread of the weights that set styles from statistics and change the picture."""


def seen(pictures: Tensor, masks: Tensor, portrayed: Portrayed) -> Tensor:
    """(b, 3 + REGIONS, R, R) of targets (b, 3, R, R) in [0, 1] and their faces' masks (b, 1, R, R): what is around the
    face, the drawn face, the target's eyes and mouth, gray where there is none of these; then each one's share."""
    eyes = portrayed.open
    face = portrayed.cover * (1 - eyes)
    around = (1 - masks) * (1 - face - eyes).clamp_min(0)
    unknown = (1 - face - eyes - around).clamp_min(0)
    picture = (around + eyes) * pictures + face * portrayed.drawn + unknown * _UNKNOWN
    return torch.cat([picture, around, unknown, face, eyes], 1)


def statistics(here: Tensor, regions: Tensor) -> tuple[Tensor, Tensor]:
    """Means and variances (b, r, c) of features (b, c, h, w) in regions (b, r, h, w); 0 for empty regions."""
    shares = regions.flatten(2)
    shares = shares / shares.sum(2, keepdim=True).clamp_min(1e-3)
    flat = here.flatten(2).transpose(1, 2)
    mean = shares @ flat
    return mean, (shares @ flat.square() - mean.square()).clamp_min(0)


class RegionAwareNorm(nn.Module):
    """Region-aware conditional normalization: features lose the statistics of their region, and take a scale and shift
    from those of the condition in that region and in the surroundings, so that a face suits its picture; beside them a
    scale and shift of each pixel's own (Park et al. 2019, SPADE, which it replaces).

    The split into these two, and that surroundings have a say everywhere, are this project's.
    """

    def __init__(self, channels: int, condition: int) -> None:
        super().__init__()
        self.style = nn.Linear(4 * condition, 2 * channels)
        self.pixels = nn.Conv2d(condition, 2 * channels, 1)

    def forward(self, here: Tensor, condition: Tensor, regions: Tensor) -> Tensor:
        """here (b, channels, h, w), condition (b, condition, h, w), regions (b, REGIONS, h, w), sum 1."""
        mean, variance = statistics(here, regions)
        normal = (here - _spread(mean, regions)) * _spread((variance + _STEADY).rsqrt(), regions)
        own, varied = statistics(condition, regions)
        told = torch.cat([own, (varied + _STEADY).sqrt()], 2)
        style = self.style(torch.cat([told, told[:, :1].expand_as(told)], 2))
        scale, shift = (_spread(style, regions) + self.pixels(condition)).chunk(2, dim=1)
        changed: Tensor = normal * (1 + scale) + shift
        return changed


def _spread(values: Tensor, regions: Tensor) -> Tensor:
    """(b, c, h, w) of regions' values (b, r, c)."""
    return torch.einsum("brc,brhw->bchw", values, regions)


class RegionBlock(nn.Module):
    """A convolution of the coarser features and the encoder's, normalized by these."""

    def __init__(self, before: int, features: int) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(before + features, features, 3, padding=1, bias=False)
        self.norm = RegionAwareNorm(features, features)

    def forward(self, here: Tensor, features: Tensor, regions: Tensor) -> Tensor:
        made = self.norm(self.convolution(torch.cat([here, features], 1)), features, regions)
        return leaky_relu(made, SLOPE)


class UniFaceGenerator(nn.Module):
    """What is ``seen`` (b, 3 + REGIONS, R, R) -> pictures (b, 3, R, R), about [0, 1].

    A U-Net that changes the picture seen. width and halvings: as ``Pyramid`` has them.
    """

    def __init__(self, width: int, halvings: int) -> None:
        super().__init__()
        self.encoder = Pyramid(3 + REGIONS, width, halvings)
        sizes = self.encoder.channels[::-1]
        blocks = [RegionBlock(before, after) for before, after in pairwise([0, *sizes])]
        self.blocks = nn.ModuleList(blocks)
        self.end = nn.Conv2d(width, 3, 3, padding=1)
        initialise(self)
        for part in (self.end, *(each for block in blocks for each in (block.norm.style, block.norm.pixels))):
            nn.init.normal_(part.weight, std=_CALM)

    def forward(self, given: Tensor) -> Tensor:
        picture, regions = given[:, :3], given[:, 3:]
        features = self.encoder(torch.cat([picture * 2 - 1, regions], 1))[::-1]
        here = features[0][:, :0]
        for place, (block, each) in enumerate(zip(self.blocks, features, strict=True)):
            there = adaptive_avg_pool2d(regions, each.shape[2:])
            here = block(twice(here) if place else here, each, there)
        made: Tensor = picture + self.end(here)
        return made


def carried_along(before: Tensor, at: Tensor) -> Tensor:
    """Pictures (n, 3, R, R) moved to a later moment; ``at`` (n, R, R, 2) says where each pixel was."""
    return grid_sample(before, at, mode="bilinear", padding_mode="border", align_corners=False)
