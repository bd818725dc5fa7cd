"""Every source of random numbers that training may draw from."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch


def seed(number: int) -> None:
    """Start all of them. Do it before a model is built, too: its first weights are drawn."""
    torch.manual_seed(number)
    np.random.seed(number)  # libraries draw from it
    random.seed(number)


def state() -> dict[str, Any]:
    """Where they all are; for ``restore``."""
    return {
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
        "numpy": np.random.get_state(legacy=False),
        "python": random.getstate(),
    }


def restore(kept: Mapping[str, Any]) -> None:
    torch.set_rng_state(kept["torch"])
    if len(kept["cuda"]) == torch.cuda.device_count() and kept["cuda"]:
        torch.cuda.set_rng_state_all(kept["cuda"])
    np.random.set_state(kept["numpy"])
    random.setstate(kept["python"])
