"""Faces rendered by a morphable model, as input of networks, in training and in swaps."""

from __future__ import annotations

from abc import ABC
from collections.abc import Sequence

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from fsvfx.engines.samples import Portrayed
from fsvfx.faces.topology import LEFT_EYE, LIPS_INNER, RIGHT_EYE
from fsvfx.morphable.portrait import Portrait

_FINER = 4
"""Bits below the pixel to which corners are drawn."""

F32 = NDArray[np.float32]


class SeesPortraits(ABC):
    """A model whose pairs have portraits, some of them with a later moment."""

    strangers: float
    """Share of pairs of two people."""
    moving: float
    """Share of each batch that has a later moment."""


def portrayed(portraits: Sequence[Portrait], meshes: F32) -> Portrayed:
    """Of b faces, on the CPU; meshes (b, 468, 3) px of the targets in pictures of the portraits' size."""
    colors = np.stack([each.colors for each in portraits]).transpose(0, 3, 1, 2)
    cover = np.stack([each.cover for each in portraits])[:, None]
    opened = np.stack([openings(mesh, portraits[0].size) for mesh in meshes])[:, None]
    return Portrayed(*(torch.from_numpy(np.ascontiguousarray(each)) for each in (colors, cover, opened)))


def openings(mesh: F32, size: int) -> F32:
    """(size, size) in [0, 1]: between the lids, and between the lips, of a mesh (468, 2 or more) px."""
    held: NDArray[np.uint8] = np.zeros((size, size), np.uint8)
    loops = [np.rint(mesh[loop, :2] * (1 << _FINER)).astype(np.int32) for loop in (LEFT_EYE, RIGHT_EYE, LIPS_INNER)]
    cv2.fillPoly(held, loops, 255, lineType=cv2.LINE_AA, shift=_FINER)
    return held.astype(np.float32) / np.float32(255)
