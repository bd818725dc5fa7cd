"""All sources of random numbers that training may use."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch


def seed(number: int) -> None:
    """Seed all of them. Call it before building a model, too: its initial weights are random."""
    torch.manual_seed(number)
    np.random.seed(number)  # libraries use it
    random.seed(number)


def state() -> dict[str, Any]:
    """The state of all of them; for ``restore``."""
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
