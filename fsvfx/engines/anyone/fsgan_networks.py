"""FSGAN's network, used three times; holes to learn to fill, and the blend to learn.

Nirkin, Keller and Hassner 2019 (arXiv 1908.05932), as far as its abstract and notes on it go.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import torch
from torch import Generator, Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d, avg_pool2d, interpolate, max_pool2d

from fsvfx.comp.poisson import seamless
from fsvfx.engines.anyone.latents import joined
from fsvfx.engines.anyone.unet import Pyramid, twice
from fsvfx.engines.trainable import initialise

_CALM = 0.01
"""Initial spread of the last weights, so that hardly anything is changed at first."""
_PIECES = 2
_LEAST, _MOST = 0.05, 0.2
"""Radii of holes, as shares of the picture's side."""
_GRIDS = (4, 8, 16)
"""Cells per side of the grids from which holes are filled."""
_TOLERANCE = 1e-3
"""Of the solver: well below a step of 255."""


class ChangeNet(nn.Module):
    """Input (b, inputs, R, R) -> change of colors (b, 3, R, R).

    A U-Net. width: channels at full size; doubled at each of so many halvings, up to eight times.
    """

    def __init__(self, inputs: int, width: int, halvings: int) -> None:
        super().__init__()
        self.encoder = Pyramid(inputs, width, halvings)
        sizes = self.encoder.channels[::-1]
        self.steps = nn.ModuleList(joined(before + after, after) for before, after in pairwise(sizes))
        self.end = nn.Conv2d(width, 3, 3, padding=1)
        initialise(self)
        nn.init.normal_(self.end.weight, std=_CALM)

    def forward(self, seen: Tensor) -> Tensor:
        here, *others = reversed(self.encoder(seen))
        for step, skip in zip(self.steps, others, strict=True):
            here = step(torch.cat([twice(here), skip], 1))
        change: Tensor = self.end(here)
        return change


def holes(landmarks: Tensor, size: int, among: Generator | None = None) -> Tensor:
    """(b, 1, size, size) in [0, 1]: two ellipses somewhere on each face; landmarks (b, 468, 2 or 3), px."""
    count = (len(landmarks), _PIECES)
    which = torch.randint(landmarks.shape[1], count, generator=among).to(landmarks.device)
    shift, radii, turn = (torch.rand(*count, parts, generator=among).to(landmarks) for parts in (2, 2, 1))
    middles = landmarks[..., :2].gather(1, which[..., None].expand(-1, -1, 2)) + (shift - 0.5) * size / 10
    axes = (_LEAST + (_MOST - _LEAST) * radii) * size
    places = torch.arange(size, device=landmarks.device, dtype=landmarks.dtype)
    across = places - middles[..., 0, None, None]
    down = places[:, None] - middles[..., 1, None, None]
    cosine, sine = (turn * torch.pi).cos()[..., None], (turn * torch.pi).sin()[..., None]
    along, beside = cosine * across + sine * down, cosine * down - sine * across
    out = ((along / axes[..., 0, None, None]).square() + (beside / axes[..., 1, None, None]).square()).sqrt()
    drawn = ((1 - out) * axes.amin(2)[..., None, None] + 0.5).clamp(0, 1)
    return drawn.amax(1, keepdim=True)


def toned(pictures: Tensor, masks: Tensor, like: Tensor, there: Tensor) -> Tensor:
    """Pictures (b, 3, R, R) with the means and spreads of the colors of ``like``, within their masks (b, 1, R, R)."""
    mean, spread = _moments(pictures, masks)
    wanted, wide = _moments(like, there)
    return ((pictures - mean) * (wide / spread) + wanted).clamp(0, 1)


def _moments(pictures: Tensor, masks: Tensor) -> tuple[Tensor, Tensor]:
    mean = mean_colors(pictures, masks)
    return mean, mean_colors((pictures - mean).square(), masks).add(1e-4).sqrt()


def lit_apart(apart: Tensor, masks: Tensor) -> Tensor:
    """The smooth part of differences (b, 3, R, R) within masks (b, 1, R, R): means over an eighth of the side around,
    as light makes them."""
    reach = apart.shape[-1] // 16
    held = torch.cat([apart * masks, masks], 1)
    means = avg_pool2d(held, 2 * reach + 1, 1, reach)
    return means[:, :3] / means[:, 3:].clamp_min(1e-3)


def inner(masks: Tensor) -> Tensor:
    """(b, 1, R, R): masks shrunk by a pixel, so that the face is on both sides of the edge."""
    return -max_pool2d(-masks, 3, 1, 1)


def mean_colors(pictures: Tensor, masks: Tensor) -> Tensor:
    """(b, 3, 1, 1), the mean colors of pictures (b, 3, R, R) within masks (b, 1, R, R)."""
    return (pictures * masks).sum((2, 3), keepdim=True) / masks.sum((2, 3), keepdim=True).clamp_min(1)


def from_around(pictures: Tensor, kept: Tensor) -> Tensor:
    """(b, 3, R, R): pictures with what is not ``kept`` (b, 1, R, R) filled smoothly from what is, the finer the nearer
    that lies."""
    held, size = torch.cat([pictures * kept, kept], 1), pictures.shape[-2:]
    made = mean_colors(pictures, kept).expand_as(pictures)
    for side in _GRIDS:
        means = interpolate(adaptive_avg_pool2d(held, side), size, mode="bilinear")
        made = torch.lerp(made, means[:, :3] / means[:, 3:].clamp_min(1e-3), (2 * means[:, 3:]).clamp(0, 1))
    return torch.lerp(made, pictures, kept)


def solved(faces: Tensor, pictures: Tensor, masks: Tensor) -> Tensor:
    """Faces (b, 3, R, R) cloned into pictures seamlessly where masks (b, 1, R, R) are above a half: Poisson's equation,
    of display-referred colors, as the paper has it; no gradients. ``fsvfx.comp.poisson`` solves it."""
    given = [each.detach().float().cpu().permute(0, 2, 3, 1).contiguous().numpy() for each in (faces, pictures)]
    inside = (masks[:, 0] > 0.5).cpu().numpy()
    each = [seamless(*one, tolerance=_TOLERANCE).clip(0, 1) for one in zip(*given, inside, strict=True)]
    return torch.from_numpy(np.stack(each)).permute(0, 3, 1, 2).to(faces)
