"""A piece of a frame for viewing and measuring: plate and comp side by side, in 8-bit display."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.colour import PlateColour
from fsvfx.comp.patch import Patch, box_of, paste

U8 = NDArray[np.uint8]
Box = tuple[int, int, int, int]
"""Top, left, bottom, right in plate pixels; the last two are exclusive."""

_AROUND = 0.25
"""Share of the faces' extent shown on each side of them."""


@dataclass(frozen=True)
class View:
    """plate, comp: (h, w, 3) uint8 sRGB; mattes: one (h, w) float16 per patch; box: position in the plate."""

    box: Box
    plate: U8
    comp: U8
    mattes: tuple[NDArray[np.float16], ...]


def view(frame: NDArray[np.generic], patches: Sequence[Patch], box: Box, colour: PlateColour) -> View:
    """The piece ``box`` of a plate frame (H, W, 3), native depth, without and with its patches."""
    top, left, bottom, right = box
    piece = frame[top:bottom, left:right]
    plate = colour.shown(piece)
    mattes = [np.zeros(plate.shape[:2], np.float16) for _ in patches]
    if not patches:
        return View(box, plate, plate, ())
    rows, columns = _covered(patches, box)
    light = colour.to_comp(piece[rows, columns]).copy()
    for patch, matte in zip(patches, mattes, strict=True):
        paste(light, matte[rows, columns], (top + rows.start, left + columns.start), [patch])
    joint = np.maximum.reduce([matte[rows, columns].view(np.int16) for matte in mattes])
    comp = plate.copy()
    if joint.size:
        cv2.copyTo(colour.preview(light), (joint > 0).view(np.uint8), comp[rows, columns])
    return View(box, plate, comp, tuple(mattes))


def _covered(patches: Sequence[Patch], box: Box) -> tuple[slice, slice]:
    """The rows and columns of the box that patches cover."""
    whole = zip(box_of(patches), box[:2], strict=True)
    rows, columns = (slice(max(at.start - first, 0), max(at.stop - first, 0)) for at, first in whole)
    return rows, columns


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
    """(h, w, 3) -> (side, side, 3) uint8: the whole picture, on black."""
    height, width = picture.shape[:2]
    scale = side / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    square = np.zeros((side, side, 3), np.uint8)
    top, left = (side - size[1]) // 2, (side - size[0]) // 2
    square[top : top + size[1], left : left + size[0]] = small
    return square


def shrunk(frame: NDArray[Any], side: int) -> NDArray[Any]:
    """A plate frame (H, W, 3) of any depth, shrunk but at least ``side`` pixels wide or high: cheap to examine."""
    times = max(frame.shape[:2]) // side
    if times < 2 or frame.dtype == np.float16:
        return frame
    size = frame.shape[1] // times, frame.shape[0] // times
    return np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA)) if min(size) else frame


def packed(plate: U8, comp: U8 | None, room: int) -> NDArray[np.uint8]:
    """Thumbnails (T, T, 3) sRGB side by side, ``comp`` where it differs, as a JPEG of at most ``room`` bytes: (room,),
    padded with zeros."""
    picture = plate if comp is None else np.concatenate([plate, comp], axis=1)
    for quality in _QUALITIES:
        _, coded = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
        if len(coded) <= room:
            return np.pad(coded.ravel(), (0, room - len(coded)))
    return np.zeros(room, np.uint8)


def unpacked(coded: NDArray[np.uint8]) -> tuple[U8, U8]:
    """The thumbnails of plate and comp, (T, T, 3) each, from the output of ``packed``."""
    if not coded.any():
        return (np.zeros((_NONE, _NONE, 3), np.uint8),) * 2
    picture = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)[..., ::-1]
    side = picture.shape[0]
    return picture[:, :side], picture[:, -side:]


_QUALITIES = (65, 50, 35, 20, 8)
_NONE = 16
"""Side of the black picture that replaces thumbnails too large at any quality."""
