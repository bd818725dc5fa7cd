"""dlib's network as a torch module, for losses: gradients flow to the pixels."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from fsvfx.identity.dlib_file import Convolution, Resnet


class TorchResnet(nn.Module):
    """(n, 3, 150, 150) f32 RGB 0..255 -> (n, 128). Its weights are fixed."""

    def __init__(self, network: Resnet) -> None:
        super().__init__()
        self.stem = _conv(network.stem)
        self.blocks = nn.ModuleList(_Block(*pair) for pair in network.blocks)
        self.head: Tensor
        self.register_buffer("head", torch.tensor(network.head))
        self.requires_grad_(False).eval()

    def forward(self, chips: Tensor) -> Tensor:
        (last,) = deque(self.maps(chips), maxlen=1)
        mean: Tensor = last.mean((2, 3))
        return mean @ self.head

    def maps(self, pictures: Tensor) -> Iterator[Tensor]:
        """The output of each block, for pictures of any size; computed lazily."""
        here = F.max_pool2d(F.relu(self.stem(pictures)), 3, 2)
        for block in self.blocks:
            here = block(here)
            yield here


class _Block(nn.Module):
    def __init__(self, first: Convolution, second: Convolution) -> None:
        super().__init__()
        self.first, self.second = _conv(first), _conv(second)
        self.steps_down = first.stride == 2

    def forward(self, here: Tensor) -> Tensor:
        long: Tensor = self.second(F.relu(self.first(here)))
        short = F.avg_pool2d(here, 2) if self.steps_down else here
        side = max(long.shape[-1], short.shape[-1])
        return F.relu(_padded(long, long.shape[1], side) + _padded(short, long.shape[1], side))


def _padded(here: Tensor, channels: int, side: int) -> Tensor:
    """Zero-padded at the bottom, the right and the last channels."""
    more = side - here.shape[-1]
    return F.pad(here, (0, more, 0, more, 0, channels - here.shape[1]))


def _conv(one: Convolution) -> nn.Conv2d:
    outputs, inputs, size, _ = one.weight.shape
    made = nn.Conv2d(inputs, outputs, size, one.stride, one.padding)
    made.load_state_dict({"weight": torch.tensor(one.weight), "bias": torch.tensor(one.bias)})
    return made
