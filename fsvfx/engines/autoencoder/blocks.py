"""The layers that the autoencoders share. Pictures are (b, channels, height, width)."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu, pixel_shuffle

from fsvfx.engines.autoencoder import winograd

Activation = Callable[[Tensor, float], Tensor]
"""A function of a tensor and of the negative slope that a leaky ReLU would have there."""


def leaky(x: Tensor, slope: float) -> Tensor:
    return leaky_relu(x, slope)


def cosine(x: Tensor, slope: float) -> Tensor:
    """DeepFaceLab's ``-c``: x cos(x), whatever the slope."""
    return x * torch.cos(x)


class Conv3(nn.Conv2d):
    """A 3 x 3 convolution that keeps the size; uses the fastest method available in training."""

    def __init__(self, channels: int, out: int) -> None:
        super().__init__(channels, out, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        m = winograd.tile_for(x, self.weight)
        if m and self.bias is not None:
            return winograd.convolve(x, self.weight, self.bias, m)
        return super().forward(x)


class Down(nn.Module):
    """Half the size: a 5 x 5 convolution of stride 2."""

    def __init__(self, channels: int, out: int, act: Activation = leaky) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, out, 5, stride=2, padding=2)
        self.act = act

    def forward(self, x: Tensor) -> Tensor:
        return self.act(self.conv(x), 0.1)


class Up(nn.Module):
    """Twice the size: a 3 x 3 convolution to four times the channels, rearranged into 2 x 2 pixels."""

    def __init__(self, channels: int, out: int, act: Activation = leaky) -> None:
        super().__init__()
        self.conv = Conv3(channels, 4 * out)
        self.act = act

    def forward(self, x: Tensor) -> Tensor:
        return pixel_shuffle(self.act(self.conv(x), 0.1), 2)


class Residual(nn.Module):
    """Two 3 x 3 convolutions with a skip connection."""

    def __init__(self, channels: int, act: Activation = leaky) -> None:
        super().__init__()
        self.first = Conv3(channels, channels)
        self.second = Conv3(channels, channels)
        self.act = act

    def forward(self, x: Tensor) -> Tensor:
        return self.act(x + self.second(self.act(self.first(x), 0.2)), 0.2)


class ToPicture(nn.Module):
    """Channels to ``out`` values in [0, 1]. doubled: at twice the size, with a separate convolution for each pixel of a
    2 x 2 block."""

    def __init__(self, channels: int, out: int, *, doubled: bool = False) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, out, 1)
        self.others = nn.ModuleList(Conv3(channels, out) for _ in range(3 if doubled else 0))

    def forward(self, x: Tensor) -> Tensor:
        quads = [self.first(x), *(other(x) for other in self.others)]
        if len(quads) == 1:
            return torch.sigmoid(quads[0])
        return torch.sigmoid(pixel_shuffle(torch.stack(quads, dim=2).flatten(1, 2), 2))


def pixel_norm(code: Tensor) -> Tensor:
    """Scales each code (b, n) to unit mean square (Karras et al. 2018, section 4.2)."""
    return code * torch.rsqrt(code.square().mean(dim=1, keepdim=True) + 1e-6)
