"""A running mean of the weights (Polyak and Juditsky 1992): calmer than any single iteration's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class MeanWeights:
    """The running mean of a module's parameters, float32, where they are.

    keep: the share kept at each update; young means keep less, (1 + n) / (10 + n) after n updates, lest the initial
    weights linger.
    """

    def __init__(self, module: nn.Module, keep: float) -> None:
        self.keep = keep
        self._live = dict(module.named_parameters())
        self._mean = {name: weight.detach().clone() for name, weight in self._live.items()}

    @torch.no_grad()
    def update(self, count: int) -> None:
        """Take in the weights of now, ``count`` updates after the first."""
        share = 1 - min(self.keep, (1 + count) / (10 + count))
        torch._foreach_lerp_(list(self._mean.values()), list(self._live.values()), share)

    @contextmanager
    def shown(self) -> Iterator[None]:
        """While it lasts the module has the mean weights."""
        self._exchange()
        try:
            yield
        finally:
            self._exchange()

    def state(self) -> dict[str, Tensor]:
        return self._mean

    @torch.no_grad()
    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Weights that it does not know begin as they are now."""
        for name, mean in self._mean.items():
            mean.copy_(state.get(name, self._live[name]))

    def _exchange(self) -> None:
        for name, weight in self._live.items():
            weight.data, self._mean[name] = self._mean[name], weight.data
