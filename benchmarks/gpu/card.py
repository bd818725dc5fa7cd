"""A card's peak performance, and how much of it is reached."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import nullcontext
from time import perf_counter
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

_PEAKS = {
    "H200": (67, 989),
    "H100 PCIe": (51, 756),
    "H100": (67, 989),
    "B200": (80, 2250),
    "A100": (19.5, 312),
    "L40S": (91.6, 362),
    "L4": (30.3, 121),
    "A10": (31.2, 125),
    "RTX 4090": (82.6, 165),
    "RTX 3090": (35.6, 71),
}
"""TFLOP/s by a part of the card's name: float32, and bfloat16 without sparsity; from NVIDIA's data sheets."""


def peak(precision: str) -> float | None:
    """The peak of this machine's card, FLOP/s; precision: ``off`` (float32) or ``bf16``. None: unknown."""
    if not torch.cuda.is_available():
        return None
    name = torch.cuda.get_device_name(0)
    found = next((both for part, both in _PEAKS.items() if re.search(rf"\b{part}\b", name)), None)
    return None if found is None else found[precision == "bf16"] * 1e12


def share_of_peak(reached: float, precision: str) -> dict[str, Any]:
    """``tflops`` reached, and, if the card's peak is known, as a share of that."""
    most = peak(precision)
    return {"tflops": round(reached / 1e12, 4)} | ({"percent_of_peak": round(100 * reached / most, 2)} if most else {})


def flops_of(do: Callable[[], object]) -> int:
    """FLOPs of its matrix products and convolutions, forward and backward."""
    counter = FlopCounterMode(display=False)
    counter.mod_tracker = _Unheeded()  # type: ignore[assignment]
    with counter:
        do()
    return int(counter.get_total_flops())


class _Unheeded(nullcontext[None]):
    """Disables the tracking of modules: its hooks do not support gradients of gradients."""

    parents = frozenset({"Global"})


def matmul_flops(device: str, precision: str, side: int) -> float:
    """FLOP/s of a product of two square matrices."""
    kind = torch.bfloat16 if precision == "bf16" else torch.float32
    one = torch.randn(side, side, device=device, dtype=kind)
    for _ in range(3):
        one @ one
    _finish(device)
    started = perf_counter()
    for _ in range(10):
        one @ one
    _finish(device)
    return 10 * 2 * side**3 / (perf_counter() - started)


def _finish(device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()
