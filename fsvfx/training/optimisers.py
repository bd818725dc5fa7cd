"""Optimizers: Adam (torch's own) or AdaBelief, with each iteration's learning rate; and the running mean of the
weights."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from schemas.trainer import TrainerSettings


def optimiser_of(
    settings: TrainerSettings, weights: Iterable[nn.Parameter], betas: tuple[float, float] | None = None
) -> Optimizer:
    """The optimizer named in the settings, for ``weights``; ``betas`` replaces theirs."""
    betas = betas or (settings.beta1, settings.beta2)
    if settings.optimiser == "adabelief":
        return AdaBelief(weights, lr=settings.lr, betas=betas)
    return Adam(weights, lr=settings.lr, betas=betas, fused=True)


class AdaBelief(Optimizer):
    """Takes long steps where gradients match the prediction of their running mean (Zhuang et al. 2020, algorithm 2).

    As in the paper, epsilon is also added to the spread at each step; its default is that of the authors' code. Weights
    of the same age are updated together, by torch's operations on lists. Weights without a gradient are not updated.
    """

    def __init__(
        self,
        params: Iterable[nn.Parameter],
        lr: float = 5e-5,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-16,
    ) -> None:
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            for age, weights in self._by_age(group["params"]).items():
                self._move(weights, age, group)

    def _by_age(self, weights: list[nn.Parameter]) -> dict[int, list[nn.Parameter]]:
        """Weights with a gradient, by their number of steps, including this one."""
        ages: dict[int, list[nn.Parameter]] = defaultdict(list)
        for weight in weights:
            if weight.grad is None:
                continue
            state = self.state[weight]
            if not state:
                state.update(step=0, mean=torch.zeros_like(weight), spread=torch.zeros_like(weight))
            state["step"] += 1
            ages[state["step"]].append(weight)
        return ages

    def _move(self, weights: list[nn.Parameter], age: int, group: dict[str, Any]) -> None:
        (beta1, beta2), eps = group["betas"], group["eps"]
        gradients: list[Tensor] = [weight.grad for weight in weights if weight.grad is not None]
        means = [self.state[weight]["mean"] for weight in weights]
        spreads = [self.state[weight]["spread"] for weight in weights]
        torch._foreach_lerp_(means, gradients, 1 - beta1)
        surprise = torch._foreach_sub(gradients, means)
        torch._foreach_mul_(spreads, beta2)
        torch._foreach_addcmul_(spreads, surprise, surprise, 1 - beta2)
        torch._foreach_add_(spreads, eps)
        below = torch._foreach_sqrt(spreads)
        torch._foreach_div_(below, math.sqrt(1 - beta2**age))
        torch._foreach_add_(below, eps)
        torch._foreach_addcdiv_(list(weights), means, below, -group["lr"] / (1 - beta1**age))


def rate_at(step: int, settings: TrainerSettings) -> float:
    """For the iteration after ``step`` of them."""
    if step < settings.lr_warmup:
        return settings.lr * (step + 1) / settings.lr_warmup
    if settings.lr_schedule == "constant" or settings.iterations is None:
        return settings.lr
    gone = min(1.0, (step - settings.lr_warmup) / (settings.iterations - settings.lr_warmup))
    share = 1 - gone if settings.lr_schedule == "linear" else (1 + math.cos(math.pi * gone)) / 2
    return settings.lr * share


class MeanWeights:
    """The running mean of a module's parameters, float32, on their devices.

    keep: the share kept at each update; young means keep less, (1 + n) / (10 + n) after n updates, so that the initial
    weights don't linger.
    """

    def __init__(self, module: nn.Module, keep: float) -> None:
        self.keep = keep
        self._live = dict(module.named_parameters())
        self._mean = {name: weight.detach().clone() for name, weight in self._live.items()}

    @torch.no_grad()
    def update(self, count: int) -> None:
        """Add the current weights, ``count`` updates after the first."""
        share = 1 - min(self.keep, (1 + count) / (10 + count))
        torch._foreach_lerp_(list(self._mean.values()), list(self._live.values()), share)

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Inside, the module has the mean weights."""
        self._exchange()
        try:
            yield
        finally:
            self._exchange()

    def state(self) -> dict[str, Tensor]:
        return self._mean

    @torch.no_grad()
    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Weights missing from it start at their current values."""
        for name, mean in self._mean.items():
            mean.copy_(state.get(name, self._live[name]))

    def _exchange(self) -> None:
        for name, weight in self._live.items():
            weight.data, self._mean[name] = self._mean[name], weight.data
