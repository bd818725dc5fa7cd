"""Variational autoencoders of pictures: a few numbers that represent a face, its surroundings or its attributes.

Kingma and Welling 2013 (arXiv 1312.6114).
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from fsvfx.engines.anyone.unet import SLOPE, Pyramid, twice, widened

_CALM = 4.0
"""Latents begin with variances of e ** -4: if noise outweighs the face, nothing can be learned."""


class LatentEncoder(nn.Module):
    """Pictures (b, inputs, R, R) -> mean and logarithm of the variance of their latents, (b, latent) each.

    width: channels at full size; doubled at each of so many halvings, up to eight times.
    """

    def __init__(self, inputs: int, width: int, halvings: int, latent: int, resolution: int) -> None:
        super().__init__()
        self.pyramid = Pyramid(inputs, width, halvings)
        self.end = nn.Linear(self.pyramid.channels[-1] * (resolution >> halvings) ** 2, 2 * latent)

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        mean, spread = self.end(self.pyramid(pictures)[-1].flatten(1)).chunk(2, dim=1)
        return mean, (spread - _CALM).clamp(-10, 10)


class LatentDecoder(nn.Module):
    """Latents (b, latent) -> pictures (b, 3, R, R) in [-1, 1]; of the sizes that an encoder has."""

    def __init__(self, width: int, halvings: int, latent: int, resolution: int) -> None:
        super().__init__()
        sizes = widened(width, halvings + 1, most=8)[::-1]
        self.side = resolution >> halvings
        self.start = nn.Linear(latent, sizes[0] * self.side**2)
        self.steps = nn.ModuleList(joined(*pair) for pair in pairwise(sizes))
        self.end = nn.Conv2d(width, 3, 3, padding=1)

    def forward(self, latents: Tensor) -> Tensor:
        here = self.start(latents).unflatten(1, (-1, self.side, self.side))
        for step in self.steps:
            here = step(twice(here))
        made: Tensor = self.end(here)
        return made.tanh()


def sampled(mean: Tensor, spread: Tensor, *, training: bool) -> Tensor:
    """Latents (b, latent), sampled in training; their means otherwise."""
    return mean + torch.randn_like(mean) * (spread / 2).exp() if training else mean


def diverging(mean: Tensor, spread: Tensor) -> Tensor:
    """Divergence of normal distributions (b, latent) from the unit one, in nats, mean over the batch (appendix B).
    ``spread``: logarithm of the variance."""
    return (mean.square() + spread.exp() - 1 - spread).sum(1).mean() / 2


def joined(before: int, after: int) -> nn.Module:
    """A 3 x 3 convolution, batch-normalized."""
    return nn.Sequential(nn.Conv2d(before, after, 3, padding=1, bias=False), nn.BatchNorm2d(after), nn.LeakyReLU(SLOPE))
