"""A U-Net whose decoder's maps are all handed out: FaceShifter's two stages are built on it."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

SLOPE = 0.1


class UNet(nn.Module):
    """(b, inputs, R, R) -> maps of the smallest size, twice that, ... R / 2 px, and the last one again at R px.

    Convolutions of 4 x 4 that halve and double, normalised over the batch. channels: of the encoder, from R / 2 down.
    """

    def __init__(self, inputs: int, channels: list[int]) -> None:
        super().__init__()
        self.down = nn.ModuleList(_halved(*pair) for pair in pairwise([inputs, *channels]))
        ups = channels[::-1]
        joined = [ups[0], *(2 * each for each in ups[1:])]
        self.up = nn.ModuleList(_doubled(before, after) for before, after in zip(joined, ups[1:], strict=False))
        self.channels = (*joined, joined[-1])
        """Of the maps."""

    def forward(self, here: Tensor) -> list[Tensor]:
        skips = []
        for down in self.down:
            here = down(here)
            skips.append(here)
        maps = [here]
        for up, skip in zip(self.up, reversed(skips[:-1]), strict=True):
            here = torch.cat([up(here), skip], dim=1)
            maps.append(here)
        return [*maps, twice(here)]


def widened(width: int, levels: int, most: int) -> list[int]:
    """Channels that double from ``width`` on, up to ``most`` times that."""
    return [min(width << step, most * width) for step in range(levels)]


def twice(here: Tensor) -> Tensor:
    """(b, C, h, w) -> (b, C, 2 h, 2 w), linear between the corners."""
    return interpolate(here, scale_factor=2.0, mode="bilinear", align_corners=True)


def _halved(before: int, after: int) -> nn.Module:
    return nn.Sequential(nn.Conv2d(before, after, 4, 2, 1, bias=False), nn.BatchNorm2d(after), nn.LeakyReLU(SLOPE))


def _doubled(before: int, after: int) -> nn.Module:
    grown = nn.ConvTranspose2d(before, after, 4, 2, 1, bias=False)
    return nn.Sequential(grown, nn.BatchNorm2d(after), nn.LeakyReLU(SLOPE))
