"""Losses of the autoencoder family. Pictures are (b, C, H, W) float32 in [0, 1]; each loss is a scalar."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor
from torch.nn.functional import conv2d, pad

_K1, _K2 = 0.01, 0.03
_SIGMA = 1.5


def dssim(one: Tensor, other: Tensor, window: int) -> Tensor:
    """(1 - SSIM) / 2 (Wang et al. 2004), with a Gaussian of sigma 1.5 over ``window`` pixels, valid positions only.

    The sigma is fixed, so that windows over about eleven pixels make no difference.
    """
    return ((1 - ssim(one, other, window)) / 2).mean()


def ssim(one: Tensor, other: Tensor, window: int) -> Tensor:
    """Per picture and channel: (b, C)."""
    return _similarity(one, other, window).mean(dim=(2, 3))


def masked_ssim(one: Tensor, other: Tensor, mask: Tensor, window: int = 11) -> Tensor:
    """SSIM of each position, averaged over ``mask`` (b, 1, H, W): a scalar."""
    inner = window // 2
    weight = mask[..., inner : mask.shape[-2] - (window - 1 - inner), inner : mask.shape[-1] - (window - 1 - inner)]
    similarity = _similarity(one, other, window).mean(dim=1, keepdim=True)
    return (similarity * weight).sum() / weight.sum().clamp_min(1e-6)


def squared(one: Tensor, other: Tensor) -> Tensor:
    """Mean squared difference."""
    return (one - other).square().mean()


def structure_and_level(one: Tensor, other: Tensor) -> Tensor:
    """DeepFaceLab's picture loss: 10 DSSIM (from 256 px up: 5 + 5 at two windows) + 10 squared difference.

    Windows are int(R / 11.6) and int(R / 23.2), at least 2 for tiny pictures.
    """
    size = one.shape[-1]
    wide, fine = max(int(size / 11.6), 2), max(int(size / 23.2), 2)
    if size < 256:
        structure = 10 * dssim(one, other, wide)
    else:
        structure = 5 * dssim(one, other, wide) + 5 * dssim(one, other, fine)
    return structure + 10 * squared(one, other)


def blurred_mask(mask: Tensor) -> Tensor:
    """A mask (b, 1, R, R) whose edge fades outward only: blurred over R / 32; values of one half and more become 1."""
    return blur(mask, max(1, mask.shape[-1] // 32)).clamp(0, 0.5) * 2


def blur(pictures: Tensor, sigma: int) -> Tensor:
    """Gaussian, truncated at two sigma; zeros beyond the edges."""
    reach = 2 * sigma
    return _smooth(pad(pictures, (reach, reach, reach, reach)), 2 * reach + 1, float(sigma))


def style(swap: Tensor, plate: Tensor, mask: Tensor) -> Tensor:
    """The difference in tone between swap and plate: means and deviations inside the mask, blurred by R / 8."""
    sigma = max(1, swap.shape[-1] // 8)
    (mean, deviation), (wanted, spread) = (_tone(blur(each * mask, sigma)) for each in (swap, plate))
    return ((mean - wanted).square() + (deviation - spread).square()).mean()


def total_variation(pictures: Tensor) -> Tensor:
    """Mean squared difference between neighboring pixels, along both axes."""
    down = (pictures[..., 1:, :] - pictures[..., :-1, :]).square().mean()
    across = (pictures[..., :, 1:] - pictures[..., :, :-1]).square().mean()
    return down + across


def _similarity(one: Tensor, other: Tensor, window: int) -> Tensor:
    """SSIM of each valid position: (b, C, H - window + 1, W - window + 1). Variances, being differences, are not
    computed in half precision."""
    window = min(window, one.shape[-1])
    one, other = one.float(), other.float()
    moments = torch.cat([one, other, one * other, one.square() + other.square()], dim=1)
    mean, wanted, product, squares = _smooth(moments, window, _SIGMA).chunk(4, dim=1)
    crossed, level = mean * wanted, mean.square() + wanted.square()
    light = (2 * crossed + _K1**2) / (level + _K1**2)
    return light * (2 * (product - crossed) + _K2**2) / (squares - level + _K2**2)


def _tone(pictures: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation per picture and channel."""
    variance, mean = torch.var_mean(pictures, dim=(2, 3), correction=0)
    return mean, (variance + 1e-8).sqrt()


def _smooth(pictures: Tensor, window: int, sigma: float) -> Tensor:
    """A Gaussian along both axes, valid positions only; in the pictures' own precision, regardless of autocast."""
    channels = pictures.shape[1]
    taps = _taps(window, sigma).to(pictures).expand(channels, 1, window)
    with torch.autocast(pictures.device.type, enabled=False):
        along = conv2d(pictures, taps[:, :, :, None], groups=channels)
        return conv2d(along, taps[:, :, None, :], groups=channels)


@lru_cache(maxsize=32)
def _taps(window: int, sigma: float) -> Tensor:
    place = torch.arange(window, dtype=torch.float64) - (window - 1) / 2
    weights = torch.exp(-place.square() / (2 * sigma * sigma))
    return (weights / weights.sum()).float()
