"""Pairs of drawn people: discs, each person's of a colour of their own, shaded, before soft grounds."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from fsvfx.engines.samples import Known, Looks, Pairs

PEOPLE, RIM = 6, 3


def discs(count: int, seed: int, size: int = 64) -> Pairs:
    """The first quarter is of one person each. Of the last half the truth is known within the disc, away from its rim;
    of the second quarter nowhere. ``known.truth`` is right everywhere."""
    random, fixed = (torch.Generator().manual_seed(each) for each in (seed, 99))
    colours, vectors = torch.rand(PEOPLE, 3, generator=fixed), torch.randn(PEOPLE, 12, generator=fixed)
    middles = torch.rand(count, 2, generator=random) * 14 + size / 2 - 7
    radii = torch.rand(count, generator=random) * 5 + 14
    ground = _soft(torch.rand(count, 3, 8, 8, generator=random), size)
    shade = _soft(torch.rand(count, 1, 5, 5, generator=random), size) * 0.6 + 0.7
    disc, inner = (_discs(middles, radii - less, size) for less in (0, RIM))
    one = torch.randint(PEOPLE, (count,), generator=random)
    other = (one + torch.randint(1, PEOPLE, (count,), generator=random)) % PEOPLE
    same = torch.arange(count) < count // 4
    other = torch.where(same, one, other)

    def looks(person: Tensor) -> Looks:
        crop = torch.lerp(ground, (colours[person][:, :, None, None] * shade).clamp(0, 1), disc)
        landmarks = torch.full((count, 468, 3), size / 2)
        return Looks(person, vectors[person], crop, landmarks, disc, torch.zeros(count, 3))

    sure = torch.zeros(count, 1, size, size)
    sure[same], sure[count // 2 :] = 1, inner[count // 2 :]
    source = looks(other)
    return Pairs(looks(one), source, same, known=Known(source.crop, sure))


def _discs(middles: Tensor, radii: Tensor, size: int) -> Tensor:
    """(n, 1, size, size), smooth at the rim."""
    down, across = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
    away = torch.hypot(across - middles[:, 0, None, None], down - middles[:, 1, None, None])
    return (radii[:, None, None] - away + 0.5).clamp(0, 1)[:, None]


def _soft(noise: Tensor, size: int) -> Tensor:
    return interpolate(noise, size, mode="bilinear")
