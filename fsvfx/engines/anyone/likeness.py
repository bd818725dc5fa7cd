"""Likeness of a generated face to an identity by an identity network: chips are cut so that gradients flow."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample, interpolate, normalize

from fsvfx import models
from fsvfx.identity.contract import Chip, IdentityNetwork, Square
from fsvfx.identity.registry import network


@dataclass(frozen=True)
class Disturbance:
    """How much chips are disturbed, so that a pattern that fits one cut of the face can't fool the network.

    shift: of the chip's side. scale: a factor and its inverse. blur: the coarsest size that chips are shrunk to, as a
    share of theirs.
    """

    shift: float = 0.04
    scale: float = 1.08
    blur: float = 0.4


STILL = Disturbance(0.0, 1.0, 1.0)


def judge(name: str) -> IdentityNetwork:
    """The network of that name, with its weights. Raises ModelError if they are missing."""
    found = network(name)
    for card in found.weights:
        models.path(card)
    return found


def unit(vectors: Tensor, centre: Tensor | None) -> Tensor:
    """Codes (b, d) of length 1: what vectors differ by from ``centre`` (d,), the mean over many people.

    A network's vectors may all point the same way: without subtracting their mean, cosines say little.
    """
    away = vectors if centre is None else vectors - centre
    return normalize(away, eps=1e-6)


def apart(vectors: Tensor, codes: Tensor, centre: Tensor | None) -> Tensor:
    """(b,): 1 minus the cosine between pictures' vectors and codes (b, d) of length 1."""
    return 1 - (unit(vectors, centre) * codes).sum(1)


def embedded(
    network: IdentityNetwork,
    pictures: Tensor,
    landmarks: Tensor,
    disturbance: Disturbance = STILL,
    *,
    among: torch.Generator | None = None,
) -> Tensor:
    """(b, d) of faces in pictures (b, 3, R, R), with landmarks (b, 468, 2) in their px; gradients flow to the pixels.

    Compare with vectors of chips that were cut here too: others' cuts lie a little apart.
    """
    return network.embed(chips(pictures, landmarks, network.chip, disturbance, among=among))


def chips(
    pictures: Tensor,
    landmarks: Tensor,
    chip: Chip | Square,
    disturbance: Disturbance = STILL,
    *,
    among: torch.Generator | None = None,
) -> Tensor:
    """(b, 3, size, size): the upright squares that the network sees; black outside the pictures."""
    matrix = _disturbed(_to_picture(landmarks, chip), chip.size, disturbance, among)
    side = pictures.shape[-1]
    size = chip.size
    # pixel middles of the chip -> of the picture, as affine_grid has both: -1 and 1 are the edges
    scale = matrix[:, :, :2] * (size / side)
    shift = (matrix[:, :, :2].sum(2) * (size - 1) / 2 + matrix[:, :, 2] + 0.5) * 2 / side - 1
    grid = affine_grid(torch.cat([scale, shift[:, :, None]], 2), [len(pictures), 3, size, size], align_corners=False)
    cut = grid_sample(pictures, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    return _blurred(cut, disturbance.blur, among)


def _to_picture(landmarks: Tensor, chip: Chip | Square) -> Tensor:
    """(b, 2, 3): px of the chip -> px of the picture, the similarity that fits the chip's points best.

    With points as complex numbers it is one division.
    """
    if isinstance(chip, Square):
        low, high = landmarks[:, :, :2].amin(1), landmarks[:, :, :2].amax(1)
        scale = (high - low).amax(1) * (chip.share / chip.size)
        linear = scale[:, None, None] * torch.eye(2).to(scale)
        return torch.cat([linear, ((low + high - scale[:, None] * (chip.size - 1)) / 2)[:, :, None]], 2)
    seen = torch.stack([landmarks[:, list(vertices), :2].mean(1) for vertices in chip.mesh], 1)
    there = torch.tensor(chip.points).to(seen) * chip.size - 0.5
    middle, goal = there.mean(0), seen.mean(1)
    one = torch.view_as_complex((there - middle).contiguous())
    other = torch.view_as_complex((seen - goal[:, None]).contiguous())
    turn = (one.conj() * other).sum(1) / one.abs().square().sum()
    cosine, sine = turn.real, turn.imag
    rotation = torch.stack([torch.stack([cosine, -sine], 1), torch.stack([sine, cosine], 1)], 1)
    return torch.cat([rotation, (goal - rotation @ middle)[:, :, None]], 2)


def _disturbed(matrix: Tensor, size: int, by: Disturbance, among: torch.Generator | None) -> Tensor:
    """A different cut: shifted, and scaled about the chip's center."""
    shift, scale = _even((len(matrix), 2, 1), among).to(matrix), _even((len(matrix), 1, 1), among).to(matrix)
    linear = matrix[:, :, :2]
    changed = linear * by.scale**scale
    middle = torch.full_like(shift, (size - 1) / 2)
    moved = matrix[:, :, 2:] + linear @ (middle + shift * by.shift * size) - changed @ middle
    return torch.cat([changed, moved], 2)


def _blurred(cut: Tensor, coarsest: float, among: torch.Generator | None) -> Tensor:
    """All of them shrunk to one size between ``coarsest`` and their own, and enlarged again."""
    if coarsest >= 1:
        return cut
    share = coarsest + (1 - coarsest) * float(torch.rand((), generator=among))
    side = cut.shape[-1]
    small = interpolate(cut, size=max(8, round(side * share)), mode="bilinear", antialias=True)
    return interpolate(small, size=side, mode="bilinear")


def _even(shape: tuple[int, ...], among: torch.Generator | None) -> Tensor:
    """Uniform in [-1, 1], from the CPU's random numbers: the same on every device."""
    return torch.rand(shape, generator=among) * 2 - 1
