"""Where a varied picture's pixels come from: turned, scaled, shifted, mirrored, and the input warped besides.

Coordinates run from -1 to 1 between the picture's edges, x first.
"""

from __future__ import annotations

import math

import torch
from torch import Generator, Tensor
from torch.nn.functional import grid_sample

from schemas.augmentation import Augmentation


def affines(settings: Augmentation, count: int, generator: Generator) -> Tensor:
    """(count, 2, 3): from the varied picture to the crop. As DeepFaceLab's: all even but the flips.

    The crop is turned and scaled about its middle, then shifted, then mirrored.
    """
    angle = _even(count, settings.rotation, generator) * math.pi / 180
    scale = _between(1 / settings.scale, settings.scale, count, generator)
    shift = _even(2 * count, settings.shift, generator).view(count, 2, 1) * 2
    mirror = 1 - 2 * (torch.rand(count, generator=generator) < settings.flip).float()
    cosine, sine = angle.cos() / scale, angle.sin() / scale
    back = torch.stack([torch.stack([cosine, sine], 1), torch.stack([-sine, cosine], 1)], 1)
    moved = torch.cat([back, -back @ shift], 2)
    moved[:, :, 0] *= mirror[:, None]
    return moved


def places(matrices: Tensor, size: int) -> Tensor:
    """(b, 2, 3) -> (b, size, size, 2): where each pixel of the varied pictures comes from."""
    middles = (torch.arange(size, device=matrices.device) * 2 + 1) / size - 1
    across, down, shift = matrices[:, None, None].unbind(-1)
    return (across * middles[:, None] + shift) + down * middles[:, None, None]


def warped(at: Tensor, displacement: Tensor) -> Tensor:
    """``at`` (b, H, W, 2) moved by a grid of displacements (b, 2, k, k) over the crop: warp and affine in one pass."""
    moved = grid_sample(displacement, at, mode="bilinear", padding_mode="border", align_corners=True)
    return at + moved.permute(0, 2, 3, 1)


def sample(pictures: Tensor, at: Tensor) -> Tensor:
    """Pictures (b, C, P, P) at these places; beyond the edges as at the edge."""
    return grid_sample(pictures, at, mode="bilinear", padding_mode="border", align_corners=False)


def _even(count: int, most: float, generator: Generator) -> Tensor:
    return _between(-most, most, count, generator)


def _between(least: float, most: float, count: int, generator: Generator) -> Tensor:
    return torch.rand(count, generator=generator) * (most - least) + least
