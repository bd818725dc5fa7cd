"""A piece of a frame to look at and to measure: plate and comp side by side, in 8-bit display."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.colour import PlateColour
from fsvfx.comp.patch import Patch, paste

U8 = NDArray[np.uint8]
Box = tuple[int, int, int, int]
"""Top, left, bottom, right in plate pixels; the last two are beyond the piece."""

_AROUND = 0.25
"""Share of the faces' extent that is shown on each side of them."""


@dataclass(frozen=True)
class View:
    """plate, comp: (h, w, 3) uint8 sRGB; mattes: one (h, w) float16 per patch; box: where in the plate."""

    box: Box
    plate: U8
    comp: U8
    mattes: tuple[NDArray[np.float16], ...]


def view(frame: NDArray[np.generic], patches: Sequence[Patch], box: Box, colour: PlateColour) -> View:
    """The piece ``box`` of a plate frame (H, W, 3), native depth, without and with its patches."""
    top, left, bottom, right = box
    plate = colour.to_comp(frame[top:bottom, left:right])
    comp = plate.copy()
    mattes = []
    for patch in patches:
        mattes.append(np.zeros(comp.shape[:2], np.float16))
        paste(comp, mattes[-1], (top, left), [patch])
    shown = colour.preview(plate)
    return View(box, shown, colour.preview(comp) if mattes else shown, tuple(mattes))


def box_around(points: Sequence[NDArray[np.floating]], patches: Sequence[Patch], plate: tuple[int, int]) -> Box:
    """A box in a plate (H, W) around faces (landmarks (k, 2+), plate px) with room on all sides, and their patches."""
    if not points:
        return 0, 0, plate[0], plate[1]
    every = np.concatenate([each[:, 1::-1] for each in points])
    low, high = every.min(axis=0), every.max(axis=0)
    room = float((high - low).max()) * _AROUND
    low, high = low - room, high + room
    for patch in patches:
        low, high = np.minimum(low, patch.origin), np.maximum(high, np.add(patch.origin, patch.matte.shape))
    start = np.clip(np.floor(low), 0, np.subtract(plate, 1)).astype(int)
    end = np.clip(np.ceil(high), start + 1, plate).astype(int)
    return int(start[0]), int(start[1]), int(end[0]), int(end[1])


def thumbnail(picture: U8, side: int) -> U8:
    """(h, w, 3) -> (side, side, 3) uint8: whole, on black."""
    height, width = picture.shape[:2]
    scale = side / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    square = np.zeros((side, side, 3), np.uint8)
    top, left = (side - size[1]) // 2, (side - size[0]) // 2
    square[top : top + size[1], left : left + size[0]] = small
    return square
