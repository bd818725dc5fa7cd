"""What torch computes on: a GPU where there is one and it is wanted, else the CPU."""

from __future__ import annotations

from fsvfx.errors import InputError


def device_for(gpus: int) -> str:
    """``cuda:0`` for work that wants a GPU, where there is one."""
    if not gpus:
        return "cpu"
    import torch  # slow to import, and only such work needs to know

    return "cuda:0" if torch.cuda.is_available() else "cpu"


def device_with(gpus: int = 0) -> str:
    """Of a training: ``cuda`` where there is a GPU. Raises InputError if there are fewer GPUs than are asked for."""
    import torch

    there = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if there < gpus:
        raise InputError(f"{gpus} GPUs are asked for; torch finds {there} here", hint="Ask for fewer, or for none")
    return "cuda" if there else "cpu"


def named(device: str, count: int = 1) -> str:
    """For a card: ``cpu``, or the GPU's name; and how many train together."""
    name = device
    if device != "cpu":
        import torch

        name = torch.cuda.get_device_name(device)
    return f"{count} x {name}" if count > 1 else name
