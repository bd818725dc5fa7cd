"""Crops made larger or smaller as tensors, as networks that take whole crops are trained and run."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def resized(pictures: torch.Tensor, size: int) -> torch.Tensor:
    """(n, C, S, S) -> (n, C, size, size), in [0, 1]; bicubic, averaged where it shrinks."""
    from torch.nn.functional import interpolate

    if pictures.shape[-1] == size:
        return pictures.clamp(0, 1)
    return interpolate(pictures, (size, size), mode="bicubic", antialias=True).clamp(0, 1)
