"""RSGAN's networks: two separators, of faces and of what is around them, and a composer of both.

Natsume, Yatagawa and Morishima 2018 (arXiv 1804.03447), as far as its abstract goes.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fsvfx.engines.anyone.latents import LatentDecoder, LatentEncoder


class Separator(nn.Module):
    """A variational autoencoder of one part of pictures: the rest is gray, 0."""

    def __init__(self, width: int, halvings: int, latent: int, resolution: int) -> None:
        super().__init__()
        self.encoder = LatentEncoder(3, width, halvings, latent, resolution)
        self.decoder = LatentDecoder(width, halvings, latent, resolution)


class Composer(nn.Module):
    """Latents of faces and of surroundings (b, latent) -> pictures (b, 3, R, R) in [0, 1]."""

    def __init__(self, width: int, halvings: int, latent: int, resolution: int) -> None:
        super().__init__()
        self.decoder = LatentDecoder(width, halvings, 2 * latent, resolution)

    def forward(self, faces: Tensor, surroundings: Tensor) -> Tensor:
        made: Tensor = self.decoder(torch.cat([faces, surroundings], 1))
        return made / 2 + 0.5


def moved_alone(before: Tensor, after: Tensor, here: Tensor) -> Tensor:
    """How many times as much pictures (b, 3, R, R) changed ``here`` (b, 1, R, R in [0, 1]) as elsewhere: mean absolute
    differences."""
    changed = (after - before).abs().mean(1, keepdim=True)
    within, outside = ((changed * part).sum() / part.sum().clamp_min(1e-6) for part in (here, 1 - here))
    return within / outside.clamp_min(1e-6)
