"""FaceShifter's second stage: it restores what the first one loses of the target (hands, glasses, hair)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fsvfx.engines.anyone.unet import UNet, widened


class HearNet(nn.Module):
    """The swap and the heuristic error, each (b, 3, R, R), -> the finished swap (b, 3, R, R) in [0, 1].

    The heuristic error is the target minus what the first stage makes of the target with its own identity. A U-Net; Li
    et al. 2019, section 3.2. width: channels at half the size. levels: number of times it halves the picture.
    """

    def __init__(self, width: int, levels: int) -> None:
        super().__init__()
        self.unet = UNet(6, widened(width, levels, most=8))
        self.end = nn.Conv2d(self.unet.channels[-1], 3, 3, padding=1)

    def forward(self, swap: Tensor, error: Tensor) -> Tensor:
        made: Tensor = self.end(self.unet(torch.cat([swap * 2 - 1, error], dim=1))[-1])
        return made.tanh() / 2 + 0.5
