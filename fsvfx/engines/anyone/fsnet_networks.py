"""FSNet's generator, which puts a face's latent into surroundings; its input, and the triplet loss.

Natsume et al. 2018 (arXiv 1811.12666), as far as its abstract goes.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize, relu

from fsvfx.engines.anyone.latents import joined
from fsvfx.engines.anyone.unet import Pyramid, twice
from fsvfx.faces.topology import LEFT_BROW, LEFT_EYE, LIPS_INNER, LIPS_OUTER, OVAL, RIGHT_BROW, RIGHT_EYE

_NOSE: Final = (168, 6, 197, 195, 5, 4, 1, 2, 48, 278, 98, 327)
"""Its ridge, its base, its wings."""
PARTS: Final = (
    tuple(OVAL),
    (*LEFT_BROW, *RIGHT_BROW),
    (*LEFT_EYE, *RIGHT_EYE),
    _NOSE,
    tuple(LIPS_OUTER),
    tuple(LIPS_INNER),
)
"""The parts that are drawn, one plane each."""
_DOT = 1 / 90
"""Spread of a drawn point, as a share of the picture's side: small enough to separate the lids."""


class FsNetGenerator(nn.Module):
    """Target inputs (b, inputs, R, R) and latents (b, latent) -> (b, 3, R, R) in [0, 1].

    A U-Net; the latent enters at the smallest size.
    """

    def __init__(self, inputs: int, width: int, halvings: int, latent: int) -> None:
        super().__init__()
        self.encoder = Pyramid(inputs, width, halvings)
        sizes = self.encoder.channels[::-1]
        self.join = joined(sizes[0] + latent, sizes[0])
        self.steps = nn.ModuleList(joined(before + after, after) for before, after in pairwise(sizes))
        self.end = nn.Conv2d(width, 3, 3, padding=1)

    def forward(self, seen: Tensor, latents: Tensor) -> Tensor:
        smallest, *others = reversed(self.encoder(seen))
        everywhere = latents[..., None, None].expand(-1, -1, *smallest.shape[2:])
        here = self.join(torch.cat([smallest, everywhere], 1))
        for step, skip in zip(self.steps, others, strict=True):
            here = step(torch.cat([twice(here), skip], 1))
        made: Tensor = self.end(here)
        return made.tanh() / 2 + 0.5


def drawn(landmarks: Tensor, size: int) -> Tensor:
    """(b, 6, size, size) in [0, 1]: rim, brows, eyes, nose, lips from outside and inside, as dots at landmarks (b, 468,
    2 or 3) in px of that size."""
    places = torch.arange(size, device=landmarks.device, dtype=landmarks.dtype)
    planes = []
    for part in PARTS:
        away = (places - landmarks[:, list(part), :2, None]) / (_DOT * size)
        across, down = (-away.square() / 2).exp().unbind(2)
        planes.append(down.transpose(1, 2) @ across)
    return torch.stack(planes, 1).clamp(max=1)


def triplets(latents: Tensor, person: Tensor, margin: float) -> Tensor:
    """How far latents (n, d) of the same ``person`` (n,) are from being nearer than those of others by ``margin``.

    Mean over all triplets among them; distances are squared, of directions (Schroff et al. 2015, equation 2). 0 if
    there is no triplet.
    """
    ways = normalize(latents)
    apart = 2 - 2 * ways @ ways.T
    alike = person[:, None] == person[None]
    others = ~torch.eye(len(person), dtype=torch.bool, device=person.device)
    counted = (alike & others)[:, :, None] & ~alike[:, None]
    missed = relu(apart[:, :, None] - apart[:, None] + margin)
    return (missed * counted).sum() / counted.sum().clamp_min(1)
