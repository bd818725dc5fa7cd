"""A tiny model, a toy feed and settings for the trainer's tests."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn.functional import interpolate

from fsvfx.engines.autoencoder.df_model import DfModel
from fsvfx.engines.autoencoder.settings import DfSettings
from fsvfx.engines.trainable import Batch, Side
from schemas.trainer import TrainerSettings

PAIR = ("ada", "bea")


def tiny_model(**options: Any) -> DfModel:
    torch.manual_seed(7)
    return DfModel(DfSettings(resolution=64, ae_dims=16, e_dims=8, d_dims=8, **options), PAIR)


class ToyFeed:
    """Smooth colours; ``NaN`` at ``poisoned``, an iteration; stops counting nowhere."""

    def __init__(self, batch: int = 1, seed: int = 3, poisoned: int | None = None) -> None:
        self.batch, self.poisoned, self.count = batch, poisoned, 0
        self.random = torch.Generator().manual_seed(seed)

    def __next__(self) -> Batch:
        self.count += 1
        return {person: self._side() for person in PAIR}

    def state(self) -> dict[str, Any]:
        return {"random": self.random.get_state(), "count": self.count}

    def restore(self, state: dict[str, Any]) -> None:
        self.random.set_state(state["random"])
        self.count = state["count"]

    def _side(self) -> Side:
        small = torch.rand(self.batch, 3, 4, 4, generator=self.random)
        target = interpolate(small, (64, 64), mode="bilinear")
        mask = torch.zeros(self.batch, 1, 64, 64)
        mask[..., 12:52, 12:52] = 1
        warped = target + 0.01 * torch.rand(target.shape)  # of the global random numbers
        if self.count == self.poisoned:
            target = target * torch.nan
        return Side(warped, target, mask, mask.repeat(1, 2, 1, 1))


def settings(**values: Any) -> TrainerSettings:
    return TrainerSettings(**({"iterations": 4, "batch": 1, "log_every": 1, "lr": 1e-3} | values))
