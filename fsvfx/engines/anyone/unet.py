"""A U-Net that returns all of its decoder's maps, for FaceShifter's two stages; and parts that others share."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, leaky_relu

SLOPE = 0.1


class UNet(nn.Module):
    """(b, inputs, R, R) -> maps of the smallest size, twice that, ... R / 2 px, and the last one again at R px.

    4 x 4 convolutions that halve and double, batch-normalized. channels: of the encoder, from R / 2 down.
    """

    def __init__(self, inputs: int, channels: list[int]) -> None:
        super().__init__()
        self.down = nn.ModuleList(halved(*pair) for pair in pairwise([inputs, *channels]))
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


class Pyramid(nn.Module):
    """(b, inputs, R, R) -> features from the full size, which are not normalized, to the smallest.

    width: channels at full size; doubled at each of so many halvings, up to eight times.
    """

    def __init__(self, inputs: int, width: int, halvings: int) -> None:
        super().__init__()
        self.channels = widened(width, halvings + 1, most=8)
        self.start = nn.Conv2d(inputs, width, 3, padding=1)
        self.down = nn.ModuleList(halved(*pair) for pair in pairwise(self.channels))

    def forward(self, here: Tensor) -> list[Tensor]:
        found = [leaky_relu(self.start(here), SLOPE)]
        for down in self.down:
            found.append(down(found[-1]))
        return found


def widened(width: int, levels: int, most: int) -> list[int]:
    """Channels that double from ``width`` on, up to ``most`` times that."""
    return [min(width << step, most * width) for step in range(levels)]


def twice(here: Tensor) -> Tensor:
    """(b, C, h, w) -> (b, C, 2 h, 2 w), linear between the corners."""
    return interpolate(here, scale_factor=2.0, mode="bilinear", align_corners=True)


def halved(before: int, after: int) -> nn.Module:
    """Half the size, by a 4 x 4 convolution, batch-normalized."""
    return nn.Sequential(nn.Conv2d(before, after, 4, 2, 1, bias=False), nn.BatchNorm2d(after), nn.LeakyReLU(SLOPE))


def _doubled(before: int, after: int) -> nn.Module:
    grown = nn.ConvTranspose2d(before, after, 4, 2, 1, bias=False)
    return nn.Sequential(grown, nn.BatchNorm2d(after), nn.LeakyReLU(SLOPE))
