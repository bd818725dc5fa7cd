"""The transformation network of ``style_transfer``: branches at several scales, joined from coarse to fine.

Korshunova et al. 2017, section 2.1; its branches are those of Ulyanov et al. 2016, Texture Networks.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate

from fsvfx.engines.trainable import initialise

COARSEST = 8
_LEAST = 1e-3
"""Added to variances: in flat pictures, dividing by less would amplify rounding, and no export could agree."""
_QUIET = 0.1
"""Initial scale of the last layer, as a share of its usual weights."""


class StyleNet(nn.Module):
    """(b, 3, R, R) in [0, 1] -> the same shape, not limited to that range. R: a power of two from 16 up.

    It adds changes to the picture; the paper's network redraws the picture.
    """

    def __init__(self, resolution: int, width: int) -> None:
        super().__init__()
        count = (resolution // COARSEST).bit_length()
        self.branches = nn.ModuleList(_block(3, width) for _ in range(count))
        self.joined = nn.ModuleList(_block(width * number, width * number) for number in range(2, count + 1))
        self.end = nn.Conv2d(width * count, 3, 1)
        initialise(self)
        self.begin_quietly()

    def forward(self, pictures: Tensor) -> Tensor:
        first, *finer = self.branches
        here = first(avg_pool2d(pictures, 1 << len(finer)))
        for number, (branch, joined) in enumerate(zip(finer, self.joined, strict=True), 1):
            seen = branch(avg_pool2d(pictures, 1 << (len(finer) - number)))
            here = joined(torch.cat([interpolate(here, scale_factor=2, mode="nearest"), seen], 1))
        changed: Tensor = self.end(here)
        return pictures + changed

    def begin_quietly(self) -> None:
        """Initializes the last layer so that pictures come out nearly unchanged."""
        initialise(self.end)
        with torch.no_grad():
            self.end.weight.mul_(_QUIET)


def _block(channels: int, out: int) -> nn.Sequential:
    """3 x 3, 3 x 3 and 1 x 1, zeros beyond the edges."""
    sizes = ((channels, out, 3), (out, out, 3), (out, out, 1))
    return nn.Sequential(
        *(
            part
            for before, after, size in sizes
            for part in (
                nn.Conv2d(before, after, size, padding=size // 2),
                nn.InstanceNorm2d(after, eps=_LEAST, affine=True),
                nn.ReLU(),
            )
        )
    )
