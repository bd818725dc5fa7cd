"""Local features of pictures: maps of a feature network, and the nearest patches in other pictures' maps."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice, product

import torch
from torch import Tensor
from torch.nn.functional import interpolate, normalize, pad

from fsvfx.identity.dlib_resnet import DlibResnet

_STYLE, _CONTENT = (2, 3), 4
"""Blocks of dlib's network that correspond to VGG19's relu3_1 and relu4_1, and to relu4_2: at a quarter and at an
eighth of a picture's size, the last in the second place at an eighth."""
_COLOUR = 4.0
"""Weight of a picture's own red, green and blue, relative to a filter."""


@dataclass(frozen=True)
class Maps:
    """style: (b, 35, h, w) and (b, 67, h / 2, w / 2); content: (b, 67, h / 2, w / 2). The last three channels are
    colors, to which dlib's network is nearly blind."""

    style: tuple[Tensor, Tensor]
    content: Tensor


@dataclass(frozen=True)
class Eye:
    """The feature network, which sees pictures at ``sight`` px; means: of each map's channels, which are divided by
    them, as in the normalized VGG (Gatys et al. 2016)."""

    network: DlibResnet
    sight: int
    means: tuple[Tensor, ...]

    @classmethod
    def used_to(cls, network: DlibResnet, sight: int, pictures: Tensor) -> Eye:
        """Channels have a mean of 1 over these pictures."""
        plain = cls(network, sight, (torch.ones(()),) * (_CONTENT + 1))
        with torch.no_grad():
            means = [each.mean((0, 2, 3), keepdim=True).clamp_min(1e-3) for each in plain._blocks(pictures)]
        for each in means:
            each[:, -3:] /= _COLOUR
        return cls(network, sight, tuple(means))

    def maps(self, pictures: Tensor) -> Maps:
        """The maps of (b, 3, R, R); gradients flow to the pixels."""
        made = [each / mean.to(each) for each, mean in zip(self._blocks(pictures), self.means, strict=True)]
        return Maps((made[_STYLE[0]], made[_STYLE[1]]), made[_CONTENT])

    def _blocks(self, pictures: Tensor) -> list[Tensor]:
        seen = interpolate(pictures, size=(self.sight, self.sight), mode="bilinear", antialias=True)
        maps = islice(self.network.maps(seen), _CONTENT + 1)
        return [torch.cat([each, interpolate(seen, size=each.shape[-2:], mode="area")], 1) for each in maps]


def nearest(made: Tensor, others: Tensor, reach: int) -> Tensor:
    """(b, C, h, w): for each position of maps (b, C, h, w), the features at that position in one of the others (b, k,
    C, h, w).

    Or up to ``reach`` positions away: the one with the largest cosine. The result has no gradients.
    """
    count, height, width = len(made), *made.shape[-2:]
    with torch.no_grad():
        flat = pad(others.flatten(0, 1), (reach,) * 4, mode="replicate")
        wide = flat.view(*others.shape[:2], *flat.shape[1:])
        looked, there = normalize(made, dim=1), normalize(wide, dim=2)
        side = 2 * reach + 1
        cosines = [
            (looked[:, None] * there[..., down : down + height, across : across + width]).sum(2)
            for down, across in product(range(side), repeat=2)
        ]
        best = torch.stack(cosines, 2).flatten(1, 2).argmax(1)
        which, shift = best // side**2, best % side**2
        rows = torch.arange(height, device=made.device)[:, None] + shift // side
        columns = torch.arange(width, device=made.device) + shift % side
        picture = torch.arange(count, device=made.device)[:, None, None]
        found: Tensor = wide[picture, which, :, rows, columns]
        return found.permute(0, 3, 1, 2)


def apart(one: Tensor, other: Tensor, where: Tensor | None = None) -> Tensor:
    """Mean squared difference of maps (b, C, h, w): a scalar. where: (b, 1, R, R), the weight of each position."""
    each = (one - other).square().mean(1, keepdim=True)
    if where is None:
        return each.mean()
    share = interpolate(where, size=each.shape[-2:], mode="area")
    return (each * share).sum() / share.sum().clamp_min(1e-6)
