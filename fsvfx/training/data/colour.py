"""Color changes, each an affine map of RGB per picture: (b, 3, 3) and (b, 3, 1)."""

from __future__ import annotations

import math

import torch
from torch import Generator, Tensor

from fsvfx.comp.transfer import monge_kantorovich
from schemas.augmentation import Augmentation

_YIQ = torch.tensor([[0.299, 0.587, 0.114], [0.5959, -0.2746, -0.3213], [0.2115, -0.5227, 0.3112]])
"""NTSC's: luma, and the two color axes in which hue rotates."""
_FINEST = 64
"""Statistics are measured on pictures of about this size."""


def jitters(settings: Augmentation, count: int, generator: Generator) -> Tensor | None:
    """(count, 3, 3): random rotation of hue, scale of saturation and brightness; None if the settings use none."""
    if not (settings.hue or settings.saturation or settings.light):
        return None
    hue, saturation, light = (torch.rand(3, count, generator=generator) * 2 - 1).unbind()
    angle, strength = hue * settings.hue * 2 * math.pi, 1 + saturation * settings.saturation
    turned = torch.eye(3).repeat(count, 1, 1)
    turned[:, 1, 1] = turned[:, 2, 2] = angle.cos() * strength
    turned[:, 1, 2] = -angle.sin() * strength
    turned[:, 2, 1] = angle.sin() * strength
    change: Tensor = torch.linalg.inv(_YIQ) @ turned @ _YIQ
    return change * (1 + light * settings.light)[:, None, None]


def transfers(own: Tensor, own_mask: Tensor, other: Tensor, other_mask: Tensor) -> tuple[Tensor, Tensor]:
    """The maps that give each of ``own`` (b, 3, R, R) the mean and covariance of ``other`` in the masks (b, 1, R, R).

    ``fsvfx.comp.transfer``'s linear Monge-Kantorovich map (Pitie and Kokaram, CVMP 2007), in display RGB.
    """
    mean, covariance = _moments(own, own_mask)
    wanted, spread = _moments(other, other_mask)
    given = monge_kantorovich(covariance.double().cpu().numpy(), spread.double().cpu().numpy())
    matrix = torch.from_numpy(given).to(own)
    return matrix, wanted - matrix @ mean


def changed(pictures: Tensor, matrix: Tensor, shift: Tensor | None = None) -> Tensor:
    """Pictures (b, 3, H, W) after affine maps of their colors, clipped to [0, 1]."""
    flat = pictures.flatten(2)
    result = matrix @ flat if shift is None else torch.baddbmm(shift, matrix, flat)
    return result.clamp_(0, 1).view_as(pictures)


def _moments(pictures: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Mean (b, 3, 1) and covariance (b, 3, 3) in the mask."""
    step = max(1, pictures.shape[-1] // _FINEST)
    flat = pictures[..., ::step, ::step].flatten(2)
    share = mask[..., ::step, ::step].flatten(2) + 1e-6
    share = share / share.sum(2, keepdim=True)
    mean = (flat * share).sum(2, keepdim=True)
    centred = flat - mean
    return mean, (centred * share) @ centred.transpose(1, 2)
