"""What a training, or an evaluation of it, computes on."""

from __future__ import annotations

import torch

from fsvfx.errors import InputError


def device_with(gpus: int = 0) -> str:
    """``cuda`` where there is a GPU, else ``cpu``. Raises InputError if there are fewer GPUs than are asked for."""
    there = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if there < gpus:
        raise InputError(f"{gpus} GPUs are asked for; torch finds {there} here", mend="Ask for fewer, or for none")
    return "cuda" if there else "cpu"


def named(device: str, count: int = 1) -> str:
    """For a card: ``cpu``, or the GPU's name; and how many train together."""
    name = torch.cuda.get_device_name() if device == "cuda" else device
    return f"{count} x {name}" if count > 1 else name
