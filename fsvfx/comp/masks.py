"""Small operations on stacks of masks (n, h, w) uint8, 0 or 1; beyond a picture's edge all is 0."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import pad


def eroded(mask: Tensor, reach: int) -> Tensor:
    """1 where all is 1 up to ``reach`` pixels off (chessboard distance)."""
    for dim, room in ((2, (reach, reach)), (1, (0, 0, reach, reach))):
        mask = pad(mask, room)
        window = 1
        while window < 2 * reach + 1:  # by doubling
            step = min(window, 2 * reach + 1 - window)
            length = mask.shape[dim] - step
            mask = torch.minimum(mask.narrow(dim, 0, length), mask.narrow(dim, step, length))
            window += step
    return mask


def halved(mask: Tensor) -> Tensor:
    """Every second pixel of ``mask``, even sides, eroded by one."""
    mask = pad(mask, (1, 0, 1, 0))
    rows = mask[:, :-1:2] & mask[:, 1::2] & mask[:, 2::2]
    return rows[:, :, :-1:2] & rows[:, :, 1::2] & rows[:, :, 2::2]


def touching(mask: Tensor) -> Tensor:
    """At all corners of pixels (n, h + 1, w + 1): 1 if one of the four around is 1."""
    mask = pad(mask, (1, 1, 1, 1))
    rows = mask[:, :-1] | mask[:, 1:]
    return rows[:, :, :-1] | rows[:, :, 1:]
