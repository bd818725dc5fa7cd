"""The matte's shape: eroded or grown, feathered inwards, faded out before the crop ends."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.comp import sides
from fsvfx.faces.align import FILL
from schemas.composite import CompositeSettings

F32 = NDArray[np.float32]

FACE = 256
"""Lengths are given for a face of so many plate pixels."""
_BORDER = 0.03
"""Share of the crop, at each border, over which the matte fades to nothing."""
_COARSE = 8.0
"""Soft edges are made on a grid where half the feather is at most so many pixels wide."""


def shape(matte: NDArray[np.floating], settings: CompositeSettings) -> F32:
    """Shape a matte (S, S), in [0, 1], in the aligned crop: upright there, and the face's height is known (``FILL``).

    Gives (S, S) float32 in [0, 1]: zero at the crop's border, nowhere above the eroded (grown) matte.
    Greyscale erosion, not a threshold: half-transparent parts stay so, and the matte moves as smoothly as the engine's.
    """
    size = matte.shape[0]
    unit = FILL * size / FACE
    soft = np.clip(matte.astype(np.float32, copy=False), 0.0, 1.0)
    cv2.patchNaNs(soft)
    times = _times(settings.feather * unit, size)
    if times > 1:
        soft = _resized(soft, size // times, cv2.INTER_AREA)
    unit /= times
    soft = erode(soft, settings.erode * unit)
    soft = sides.erode(soft, sides.given(settings, "erode", unit))
    soft = np.minimum(soft, border_fade(soft.shape[0]))
    soft = _feathered(soft, settings.feather * unit, sides.given(settings, "feather", unit))
    if times > 1:
        soft = _resized(soft, size, cv2.INTER_LINEAR)
        soft[[0, -1]] = soft[:, [0, -1]] = 0
    return soft


def erode(matte: F32, radius: float) -> F32:
    """Shrink by ``radius`` px (grow if negative): the least (greatest) in a disc, interpolated between whole radii."""
    turn = cv2.erode if radius > 0 else cv2.dilate
    whole, part = divmod(abs(radius), 1.0)
    near = _morph(turn, matte, int(whole))
    return near if part == 0 else (1 - part) * near + part * _morph(turn, matte, int(whole) + 1)


def feather(matte: F32, width: float) -> F32:
    """Soften the edge over ``width`` px, inwards: nowhere above ``matte``."""
    if width <= 0:
        return matte
    half = width / 2
    taps = 2 * int(np.ceil(half)) + 1
    soft = cv2.GaussianBlur(erode(matte, half), (taps, taps), max(half / 2.2, 0.3), borderType=cv2.BORDER_REPLICATE)
    return np.asarray(np.minimum(soft, matte), np.float32)


def border_fade(size: int) -> F32:
    """(size, size): 1 inside, down to 0 at the border."""
    reach = max(2.0, _BORDER * size)
    place = np.arange(size, dtype=np.float32)
    line = np.clip(np.minimum(place, size - 1 - place) / reach, 0.0, 1.0)
    return np.minimum(line[:, None], line[None])


def _feathered(matte: F32, width: float, wider: dict[sides.Side, float]) -> F32:
    """Feathered all round by ``width`` px, and by more at some sides."""
    soft = feather(matte, width)
    for side, more in wider.items():
        share = sides.weight(side, matte.shape[0])
        soft = soft + share * (feather(matte, width + more) - soft)
    return soft


def _times(width: float, size: int) -> int:
    """How much coarser the grid may be on which an edge ``width`` px wide is softened."""
    times = 1
    while width / (2 * times) > _COARSE and size % (2 * times) == 0:
        times *= 2
    return times


def _resized(matte: F32, size: int, how: int) -> F32:
    return np.asarray(cv2.resize(matte, (size, size), interpolation=how), np.float32)


def _morph(turn: object, matte: F32, radius: int) -> F32:
    if radius == 0:
        return matte
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    disc = (x * x + y * y <= (radius + 0.25) ** 2).astype(np.uint8)
    return np.asarray(turn(matte, disc, borderType=cv2.BORDER_REPLICATE), np.float32)  # type: ignore[operator]
