"""The geometry of augmentation: rotation, scale, shift, mirroring; and random warps of the input.

Warps are displacements on a grid of points, bilinear in between. `cells`: DeepFaceLab's; `jitter`: that of Deepfakes'
``original`` (faceswap).

Coordinates run from -1 to 1 between the picture's edges, x first.
"""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Generator, Tensor
from torch.nn.functional import grid_sample, interpolate

from schemas.augmentation import Augmentation

FINEST = 8
"""Cells per side of the finest grid; the others are refined to it, which does not change the warp."""
_CELLS = (2, 4, 8)
_TRUNCATED = 2.5
_REACH = 0.24
"""Maximum movement of points, as a share of a cell."""
_JITTERED, _JITTER = 4, 5 / 256


def affines(settings: Augmentation, count: int, generator: Generator) -> Tensor:
    """(count, 2, 3): from the augmented picture to the crop. As in DeepFaceLab: all uniform except the flips.

    The crop is rotated and scaled about its center, then shifted, then mirrored.
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
    """(b, 2, 3) -> (b, size, size, 2): the source position of each pixel of the augmented pictures."""
    middles = (torch.arange(size, device=matrices.device) * 2 + 1) / size - 1
    across, down, shift = matrices[:, None, None].unbind(-1)
    return (across * middles[:, None] + shift) + down * middles[:, None, None]


def warped(at: Tensor, displacement: Tensor) -> Tensor:
    """``at`` (b, H, W, 2) moved by a grid of displacements (b, 2, k, k) over the crop: warp and affine map in one
    pass."""
    moved = grid_sample(displacement, at, mode="bilinear", padding_mode="border", align_corners=True)
    return at + moved.permute(0, 2, 3, 1)


def sample(pictures: Tensor, at: Tensor) -> Tensor:
    """Pictures (b, C, P, P) sampled at these positions; edge values are repeated."""
    return grid_sample(pictures, at, mode="bilinear", padding_mode="border", align_corners=False)


def moved(landmarks: Tensor, matrices: Tensor, size: int, wanted: int) -> Tensor:
    """Landmarks (b, 468, 3) px of crops of ``size``, in px of the pictures that ``matrices`` (b, 2, 3) cut from them; z
    is scaled, too.

    The matrices map the augmented picture to the crop, in coordinates from -1 to 1 between the edges.
    """
    inside = (landmarks[..., :2] + 0.5) * 2 / size - 1
    turn, shift = matrices[:, :, :2], matrices[:, :, 2]
    back = torch.linalg.inv(turn)
    flat = (inside - shift[:, None]) @ back.transpose(1, 2)
    zoom = torch.linalg.det(back).abs().sqrt()[:, None] * wanted / size
    return torch.cat([(flat + 1) * wanted / 2 - 0.5, landmarks[..., 2:] * zoom[..., None]], -1)


def _even(count: int, most: float, generator: Generator) -> Tensor:
    return _between(-most, most, count, generator)


def _between(least: float, most: float, count: int, generator: Generator) -> Tensor:
    return torch.rand(count, generator=generator) * (most - least) + least


def displacements(kind: Literal["cells", "jitter"], count: int, generator: Generator) -> Tensor:
    """(count, 2, 9, 9): displacement of the grid's points, x and y."""
    return cells(count, generator) if kind == "cells" else jitter(count, generator)


def cells(count: int, generator: Generator) -> Tensor:
    """Cells of a half, a quarter or an eighth of the side, at random; inner points only, by up to .24 of a cell.

    Normally distributed, none beyond 2.5 sigma, which is the maximum movement of a point.
    """
    which = torch.randint(len(_CELLS), (count,), generator=generator)
    moved = torch.zeros(count, 2, FINEST + 1, FINEST + 1)
    for place, number in enumerate(_CELLS):
        points = torch.zeros(count, 2, number + 1, number + 1)
        points[..., 1:-1, 1:-1] = truncated_normal((count, 2, number - 1, number - 1), generator) * _REACH * 2 / number
        moved = torch.where((which == place)[:, None, None, None], _refined(points), moved)
    return moved


def jitter(count: int, generator: Generator) -> Tensor:
    """5 x 5 points, including those at the edges, each moved by N(0, 5/256 of the side)."""
    shape = (count, 2, _JITTERED + 1, _JITTERED + 1)
    return _refined(torch.randn(shape, generator=generator) * 2 * _JITTER)


def truncated_normal(shape: tuple[int, ...], generator: Generator) -> Tensor:
    """Normally distributed numbers within 2.5 sigma, divided by 2.5: in [-1, 1]."""
    inside = math.erf(_TRUNCATED / math.sqrt(2))
    even = torch.rand(shape, generator=generator, dtype=torch.float64) * 2 - 1
    return (torch.erfinv(even * inside) * math.sqrt(2) / _TRUNCATED).float()


def _refined(points: Tensor) -> Tensor:
    return interpolate(points, size=(FINEST + 1, FINEST + 1), mode="bilinear", align_corners=True)
