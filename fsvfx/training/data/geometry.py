"""Where a varied picture's pixels come from: turned, scaled, shifted, mirrored; and random warps of the input.

Warps are displacements on a grid of points, bilinear between them. `cells`: DeepFaceLab's; `jitter`: that of
Deepfakes' ``original`` (faceswap).

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
"""Cells to a side of the finest grid; the others are refined to it, which changes nothing between their points."""
_CELLS = (2, 4, 8)
_TRUNCATED = 2.5
_REACH = 0.24
"""Of a cell, by which points move at most."""
_JITTERED, _JITTER = 4, 5 / 256


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


def moved(landmarks: Tensor, matrices: Tensor, size: int, wanted: int) -> Tensor:
    """Landmarks (b, 468, 3) px of crops of ``size``, in px of what ``matrices`` (b, 2, 3) show of them; z scales along.

    The matrices lead from the varied picture to the crop, in coordinates from -1 to 1 between the edges.
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
    """(count, 2, 9, 9): how far the points of the grid are moved, x and y."""
    return cells(count, generator) if kind == "cells" else jitter(count, generator)


def cells(count: int, generator: Generator) -> Tensor:
    """Cells of a half, a quarter or an eighth of the side, by chance; inner points only, by up to .24 of a cell.

    Normal numbers, none beyond 2.5 sigma, which is the most that a point can move.
    """
    which = torch.randint(len(_CELLS), (count,), generator=generator)
    moved = torch.zeros(count, 2, FINEST + 1, FINEST + 1)
    for place, number in enumerate(_CELLS):
        points = torch.zeros(count, 2, number + 1, number + 1)
        points[..., 1:-1, 1:-1] = truncated_normal((count, 2, number - 1, number - 1), generator) * _REACH * 2 / number
        moved = torch.where((which == place)[:, None, None, None], _refined(points), moved)
    return moved


def jitter(count: int, generator: Generator) -> Tensor:
    """5 x 5 points, those at the edges too, each moved by N(0, 5/256 of the side)."""
    shape = (count, 2, _JITTERED + 1, _JITTERED + 1)
    return _refined(torch.randn(shape, generator=generator) * 2 * _JITTER)


def truncated_normal(shape: tuple[int, ...], generator: Generator) -> Tensor:
    """Normal numbers within 2.5 sigma, over 2.5: in [-1, 1]."""
    inside = math.erf(_TRUNCATED / math.sqrt(2))
    even = torch.rand(shape, generator=generator, dtype=torch.float64) * 2 - 1
    return (torch.erfinv(even * inside) * math.sqrt(2) / _TRUNCATED).float()


def _refined(points: Tensor) -> Tensor:
    return interpolate(points, size=(FINEST + 1, FINEST + 1), mode="bilinear", align_corners=True)
