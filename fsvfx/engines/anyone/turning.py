"""Meshes turned step by step to another's pose, pictures moved along with them, and what another view of a face does
not show.

Meshes are (b, 468, 3), FaceMesh order, px of pictures (b, C, R, R).
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample, relu

from fsvfx.faces.topology import RIGID, TRIANGLES
from fsvfx.faces.views import OFFSET, SLOPE

_SPOT = 1 / 40
"""Spread of a vertex's influence, as a share of the picture's side: a little more than the distance of neighbors."""
_FAINT = 1e-3
"""Influence below which vertices count nothing."""
_CALM = 1.0
"""Square px: points this close together don't determine how a picture is moved."""


def on_the_way(source: Tensor, target: Tensor, steps: int) -> list[Tensor]:
    """The target's mesh, turned, placed and scaled from the source's pose to its own in equal steps; the last is the
    target's own."""
    held, turn = torch.from_numpy(RIGID).to(source.device), _turn(source, target)
    middles = [each[:, held].mean(1, keepdim=True) for each in (source, target)]
    sizes = [(each[:, held] - middle).square().mean((1, 2), keepdim=True).sqrt().clamp_min(1e-3)
             for each, middle in zip((source, target), middles, strict=True)]  # fmt: skip
    away, met = target - middles[1], []
    for step in range(1, steps):
        left = 1 - step / steps
        back = torch.linalg.matrix_exp(-left * turn)
        size = (sizes[0] / sizes[1]) ** left
        met.append(torch.lerp(middles[1], middles[0], left) + size * away @ back.transpose(1, 2))
    return [*met, target]


def _turn(source: Tensor, target: Tensor) -> Tensor:
    """(b, 3, 3), antisymmetric: the logarithm of the rotation that takes heads from one to the other (Kabsch 1976)."""
    held = torch.from_numpy(RIGID).to(source.device)
    one, other = (each[:, held] - each[:, held].mean(1, keepdim=True) for each in (source, target))
    left, _, right = torch.linalg.svd(one.transpose(1, 2) @ other)
    proper = torch.ones_like(one[:, 0])
    proper[:, 2] = torch.linalg.det(left @ right).sign()
    rotation = right.transpose(1, 2) @ torch.diag_embed(proper) @ left.transpose(1, 2)
    skew = (rotation - rotation.transpose(1, 2)) / 2
    sine = skew.square().sum((1, 2), keepdim=True).div(2).sqrt()
    cosine = (rotation.diagonal(dim1=1, dim2=2).sum(1)[:, None, None] - 1) / 2
    turn: Tensor = skew * torch.atan2(sine, cosine) / sine.clamp_min(1e-6)
    return turn


def moved_along(pictures: Tensor, before: Tensor, after: Tensor) -> Tensor:
    """Pictures moved as their mesh moves to another: by the affine map that brings it nearest (least squares), then,
    smoothly, by what that leaves at each vertex. Border pixels are extended outwards."""
    size = pictures.shape[-1]
    middles = [each[..., :2].mean(1, keepdim=True) for each in (before, after)]
    here, there = (each[..., :2] - middle for each, middle in zip((before, after), middles, strict=True))
    calm = _CALM * torch.eye(2).to(here)
    linear = torch.linalg.solve(there.transpose(1, 2) @ there + calm, there.transpose(1, 2) @ here + calm)
    shift = middles[0] - middles[1] @ linear
    # px of the result -> of the picture, as affine_grid has both: -1 and 1 are the edges
    edge = ((size - 1) * linear.sum(1, keepdim=True) + 2 * shift + 1) / size - 1
    theta = torch.cat([linear, edge], 1).transpose(1, 2)
    grid = affine_grid(theta, list(pictures.shape), align_corners=False)
    left = before[..., :2] - (after[..., :2] @ linear + shift)
    bend = _told(after, torch.cat([left, torch.ones_like(left[..., :1])], 2), size)
    by = bend[:, :2] / (bend[:, 2:] + _FAINT) * 2 / size
    place = grid + by.permute(0, 2, 3, 1)
    return grid_sample(pictures, place, mode="bilinear", padding_mode="border", align_corners=False)


def unseen(source: Tensor, target: Tensor, size: int) -> Tensor:
    """(b, 1, size, size) in [0, 1], on the target's mesh: what faces the camera there, but is turned away in the
    source's view."""
    there, here = _turned_to_us(target), _turned_to_us(source)
    told = _told(target, torch.stack([relu(there - here), there], 2), size)
    return (told[:, :1] / (told[:, 1:] + _FAINT)).clamp(0, 1)


def _told(meshes: Tensor, values: Tensor, size: int) -> Tensor:
    """(b, n, size, size): values (b, 468, n) of the vertices around each place, summed with weights by distance."""
    places = torch.arange(size, device=meshes.device, dtype=meshes.dtype)
    across, down = (-((places - meshes[..., :2, None]) / (_SPOT * size)).square() / 2).exp().unbind(2)
    return torch.stack([down.transpose(1, 2) @ (across * each[..., None]) for each in values.unbind(2)], 1)


def _turned_to_us(meshes: Tensor) -> Tensor:
    """(b, 468): how well each vertex is seen, by the cosine of its normal and the direction to the camera."""
    triangles = torch.from_numpy(TRIANGLES).to(meshes.device)
    first, second, third = (meshes[:, corner] for corner in triangles.T)
    normals = torch.linalg.cross(second - first, third - first)
    sums = torch.zeros_like(meshes)
    for corner in triangles.T:
        sums = sums.index_add(1, corner, normals)
    cosine = -sums[..., 2] / sums.norm(dim=2).clamp_min(1e-9)
    seen: Tensor = (SLOPE * cosine - OFFSET).clamp(0, 1)
    return seen
