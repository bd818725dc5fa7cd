"""Resizes crops as tensors, for training and running networks on whole crops."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from fsvfx.colour.curves import white_shown

if TYPE_CHECKING:
    import torch


def resized(pictures: torch.Tensor, size: int) -> torch.Tensor:
    """(n, C, S, S) -> (n, C, size, size), display light in [0, 1]; by cubics that add no highlights: see
    `fsvfx.faces.geometry.hold_highlights`."""
    from torch.nn.functional import interpolate

    made, white = bicubic(pictures, size), white_shown()
    if pictures.shape[-1] == size or not made.numel() or not bool(made.max() > white):
        return made
    brightest = pictures.clamp_min(white)
    for _ in range(math.ceil(pictures.shape[-1] / size / 2)):  # just enough to keep a pixel beside an edge whole
        brightest = _brightest(brightest)
    return made.minimum(interpolate(brightest, (size, size), mode="bilinear", antialias=True))


def bicubic(pictures: torch.Tensor, size: int) -> torch.Tensor:
    """(n, C, S, S) -> (n, C, size, size), in [0, 1], such as mattes; averaged where it shrinks."""
    from torch.nn.functional import interpolate

    if pictures.shape[-1] == size:
        return pictures.clamp(0, 1)
    return interpolate(pictures, (size, size), mode="bicubic", antialias=True).clamp(0, 1)


def _brightest(pictures: torch.Tensor) -> torch.Tensor:
    """The maximum of each pixel and its eight neighbors."""
    from torch.nn.functional import pad

    around = pad(pictures, (1, 1, 1, 1), mode="replicate")
    rows = around[..., :-2, :].maximum(around[..., 1:-1, :]).maximum(around[..., 2:, :])
    return rows[..., :-2].maximum(rows[..., 1:-1]).maximum(rows[..., 2:])
