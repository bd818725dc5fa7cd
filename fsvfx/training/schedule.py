"""The learning rate of each iteration."""

from __future__ import annotations

import math

from schemas.trainer import TrainerSettings


def rate_at(step: int, settings: TrainerSettings) -> float:
    """Of the iteration after ``step`` of them."""
    if step < settings.lr_warmup:
        return settings.lr * (step + 1) / settings.lr_warmup
    if settings.lr_schedule == "constant" or settings.iterations is None:
        return settings.lr
    gone = min(1.0, (step - settings.lr_warmup) / (settings.iterations - settings.lr_warmup))
    share = 1 - gone if settings.lr_schedule == "linear" else (1 + math.cos(math.pi * gone)) / 2
    return settings.lr * share
