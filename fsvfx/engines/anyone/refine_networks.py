"""The refiner: predicts changes of a warped face at a small size, and applies them at full size."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, leaky_relu

INPUTS = 10
"""The performance, the warp and the guess over it, and the matte."""
_SLOPE = 0.1
_MOST = 0.5
"""Largest change of a color, as a share of the display range."""


class Change(NamedTuple):
    """shift: (b, 3, R, R), added to the colors. detail: (b, 1, R, R) in [0, 1], how much of the detail stays."""

    shift: Tensor
    detail: Tensor


class Refiner(nn.Module):
    """(b, 10, R, R) -> a ``Change``: a U-Net of residual blocks without normalization, so that light is no statistic.

    widths: channels from full size down, halved from one to the next. blocks: at the smallest size.
    """

    def __init__(self, widths: tuple[int, ...], blocks: int) -> None:
        super().__init__()
        first, *others = widths
        self.start = nn.Conv2d(INPUTS, first, 3, padding=1)
        self.down = nn.ModuleList(
            nn.Conv2d(before, after, 4, 2, 1) for before, after in zip(widths, others, strict=False)
        )
        self.blocks = nn.ModuleList(ResidualBlock(widths[-1]) for _ in range(blocks))
        self.up = nn.ModuleList(
            nn.Conv2d(before + after, after, 3, padding=1)
            for before, after in zip(widths[:0:-1], widths[-2::-1], strict=True)
        )
        self.end = nn.Conv2d(first, 4, 3, padding=1)
        for part in self.modules():
            if isinstance(part, nn.Conv2d):  # without normalization, else hardly any signal comes through
                nn.init.kaiming_normal_(part.weight, _SLOPE)
        for block in self.blocks:
            assert isinstance(block, ResidualBlock)
            nn.init.zeros_(block.second.weight)
        nn.init.zeros_(self.end.weight)
        assert self.end.bias is not None
        with torch.no_grad():
            self.end.bias.copy_(torch.tensor([0.0, 0.0, 0.0, 3.0]))  # at first nothing changes, and all detail stays

    def forward(self, seen: Tensor) -> Change:
        here = leaky_relu(self.start(seen * 2 - 1), _SLOPE)
        levels = []
        for down in self.down:
            levels.append(here)
            here = leaky_relu(down(here), _SLOPE)
        for block in self.blocks:
            here = block(here)
        for up, level in zip(self.up, reversed(levels), strict=True):
            here = interpolate(here, size=level.shape[-2:], mode="bilinear")
            here = leaky_relu(up(torch.cat([here, level], 1)), _SLOPE)
        made: Tensor = self.end(here)
        return Change(made[:, :3].tanh() * _MOST, made[:, 3:].sigmoid())


class ResidualBlock(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, here: Tensor) -> Tensor:
        changed: Tensor = self.second(leaky_relu(self.first(here), _SLOPE))
        return here + changed


def seen_small(target: Tensor, warp: Tensor, guess: Tensor, matte: Tensor, size: int) -> Tensor:
    """(b, 10, size, size): the refiner's input from pictures (b, 3, S, S) and a matte (b, 1, S, S), of any sizes."""
    return torch.cat([_to(each, size) for each in (target, warp, guess, matte)], 1)


def applied(change: Change, warp: Tensor) -> Tensor:
    """The warp (b, 3, S, S) with its coarse colors changed, and the detail beyond R px kept as far as it may be.

    So skin stays as sharp as the picture that it came from, whatever size it was changed at.
    """
    small, full = change.shift.shape[-1], warp.shape[-1]
    coarse = _to(_to(warp, small), full)
    return (coarse + _to(change.shift, full) + _to(change.detail, full) * (warp - coarse)).clamp(0, 1)


def _to(pictures: Tensor, size: int) -> Tensor:
    if pictures.shape[-1] == size:
        return pictures
    return interpolate(pictures, size=(size, size), mode="bilinear", antialias=True)
