"""A feature network out of nothing, of the sizes of dlib's."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from fsvfx.identity.dlib_resnet import DlibResnet

_SIZES = ((3, 32, 4), (32, 32, 1), (32, 32, 1), (32, 64, 2), (64, 64, 1))


class Edges(DlibResnet):
    """Random filters, always the same: no weights are needed."""

    def __init__(self) -> None:
        with torch.random.fork_rng():
            torch.manual_seed(5)
            self._filters = [nn.Conv2d(given, made, 3, step, 1).requires_grad_(False) for given, made, step in _SIZES]

    def maps(self, pictures: Tensor) -> Iterator[Tensor]:
        here = pictures
        for each in self._filters:
            here = each(here).relu()
            yield here
