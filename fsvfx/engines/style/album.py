"""Photographs of an identity, and the ones most similar to a picture in pose, expression and light."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from fsvfx.engines.style.light import LightNet
from fsvfx.engines.style.patches import Eye
from fsvfx.engines.trainable import Side

_COARSE = 16
_AT_ONCE = 16


@dataclass(frozen=True)
class Album:
    """n photographs: pictures (n, 3, R, R); style: their maps; layout (n, d) and light (n, 16), their pose and
    lighting; spread: mean squared distances of both between two photographs."""

    pictures: Tensor
    style: tuple[Tensor, Tensor]
    layout: Tensor
    light: Tensor
    spread: tuple[float, float]

    @classmethod
    @torch.no_grad()
    def of(cls, photos: Side, eye: Eye, lights: LightNet) -> Album:
        """Computed once, for a whole training."""
        seen = [eye.maps(each).style for each in torch.split(photos.target, _AT_ONCE)]
        coarse, fine = (torch.cat(maps) for maps in zip(*seen, strict=True))
        layout, light = layout_of(photos), lights(photos.target)
        return cls(photos.target, (coarse, fine), layout, light, (_spread(layout), _spread(light)))

    @torch.no_grad()
    def like(self, side: Side, light: Tensor, most: int) -> Tensor:
        """(b, k): the rows of the most similar photographs for each picture of a side, best first; light: of those
        pictures."""
        layouts = torch.cdist(layout_of(side), self.layout).square() / self.spread[0]
        lights = torch.cdist(light, self.light).square() / self.spread[1]
        return (layouts + lights).topk(min(most, len(self.pictures)), largest=False).indices


def layout_of(side: Side) -> Tensor:
    """(b, 768): where face, eyes and mouth are, coarsely. Close enough to landmarks to replace them."""
    planes = torch.cat([side.mask, side.priority], 1)
    return interpolate(planes, size=(_COARSE, _COARSE), mode="area").flatten(1)


def _spread(codes: Tensor) -> float:
    return max(2 * float(codes.var(0, correction=0).sum()), 1e-6)
