"""A small network that encodes the light on a face, regardless of identity: distances between codes measure differences
in light."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, leaky_relu

SIDE = 64
"""Height and width of its input, px."""
DIMENSIONS = 16
_WIDTHS = (1, 8, 16, 32, 32)
_LUMINANCE = (0.2126, 0.7152, 0.0722)


class LightNet(nn.Module):
    """(b, 3, R, R) display RGB in [0, 1], cut as ``align`` cuts faces -> (b, 16).

    One of the two equal halves of a siamese network, as in Korshunova et al. 2017, section 2.2: on luminance; without
    normalization, which would remove the light.
    """

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Conv2d(before, after, 3, 2, 1) for before, after in pairwise(_WIDTHS))
        side = SIDE >> len(self.layers)
        self.end = nn.Linear(_WIDTHS[-1] * side * side, DIMENSIONS)

    def forward(self, pictures: Tensor) -> Tensor:
        weights = torch.tensor(_LUMINANCE).to(pictures)
        here = (pictures * weights[:, None, None]).sum(1, keepdim=True) * 2 - 1
        if here.shape[-1] != SIDE:
            here = interpolate(here, size=(SIDE, SIDE), mode="bilinear", antialias=True)
        for layer in self.layers:
            here = leaky_relu(layer(here), 0.2)
        made: Tensor = self.end(here.flatten(1))
        return made


@lru_cache(maxsize=1)
def light_net() -> LightNet:
    """As trained by ``benchmarks/light.py``, on rendered heads of nobody; its weights are fixed."""
    made = LightNet()
    with files("fsvfx.engines.style").joinpath("light.npz").open("rb") as file, np.load(file) as held:
        made.load_state_dict({name: torch.from_numpy(held[name].astype(np.float32)) for name in held.files})
    return made.eval().requires_grad_(False)
