"""The family's losses, written directly from the published code: whole two-dimensional windows, one blur at a time."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import conv2d, pad


def gaussian(size: int, sigma: float) -> Tensor:
    """A window (size, size) of sum 1."""
    place = torch.arange(size, dtype=torch.float32) - (size - 1) / 2
    along = torch.exp(-place.square() / (2 * sigma * sigma))
    window = along[:, None] * along[None, :]
    return window / window.sum()


def blurred(pictures: Tensor, window: Tensor) -> Tensor:
    """Each channel (b, C, H, W) filtered by the window, valid positions only."""
    channels = pictures.shape[1]
    return conv2d(pictures, window.to(pictures).expand(channels, 1, *window.shape), groups=channels)


def dssim(one: Tensor, other: Tensor, size: int) -> Tensor:
    window = gaussian(size, 1.5)
    mean, wanted = blurred(one, window), blurred(other, window)
    light = (2 * mean * wanted + 0.01**2) / (mean.square() + wanted.square() + 0.01**2)
    crossed = 2 * (blurred(one * other, window) - mean * wanted)
    spread = blurred(one.square() + other.square(), window) - mean.square() - wanted.square()
    similarity = light * (crossed + 0.03**2) / (spread + 0.03**2)
    return ((1 - similarity) / 2).mean()


def soft_mask(mask: Tensor) -> Tensor:
    sigma = mask.shape[-1] // 32
    reach = 2 * sigma
    wide = blurred(pad(mask, (reach, reach, reach, reach)), gaussian(2 * reach + 1, sigma))
    return wide.clamp(0, 0.5) * 2
