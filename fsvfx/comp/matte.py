"""A swap's matte in the aligned crop: combined, eroded or grown, feathered, faded out at the border."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal, get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.comp.expressions import terms
from fsvfx.faces.geometry import FILL
from schemas.composite import CompositeSettings

F32 = NDArray[np.float32]
Side = Literal["top", "bottom", "left", "right"]

FACE = 256
"""Lengths refer to a face of this many plate pixels."""
_BORDER = 0.03
"""Share of the crop, at each border, over which the matte fades to nothing."""
_COARSE = 8.0
"""Soft edges are made on a grid where half the feather is at most this many pixels wide."""
_FINER = 4
"""Subpixel bits to which a hull's corners are drawn."""
SIDES: tuple[Side, ...] = get_args(Side)
_GRID = 256
"""Matted crops are eroded per side on a grid of at most this many pixels: the work is step by step."""
_CROSS = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
_SQUARE = cv2.getStructuringElement(cv2.MORPH_RECT, (3, 3))


def joined(expression: str, given: Mapping[str, F32]) -> F32:
    """``given`` mattes, all of one shape and in [0, 1], joined: `*` multiplies and binds tighter, `+` takes the
    maximum.

    The maximum, not the sum, so that a matte joined with itself does not change.
    """
    union: F32 | None = None
    for term in terms(expression):
        product = given[term[0]]
        for name in term[1:]:
            product = product * given[name]
        union = product if union is None else np.maximum(union, product)
    assert union is not None
    return union


def hull(landmarks: NDArray[np.floating], size: int) -> F32:
    """(size, size): 1 within the convex hull of a face mesh (468, 2 or more) in crop px, smooth at its edge."""
    corners = np.asarray(cv2.convexHull(np.ascontiguousarray(landmarks[:, :2], np.float32)))
    drawn: NDArray[Any] = np.zeros((size, size), np.uint8)
    fixed = np.rint(corners * (1 << _FINER)).astype(np.int32)
    cv2.fillConvexPoly(drawn, fixed, 255, lineType=cv2.LINE_AA, shift=_FINER)
    return drawn.astype(np.float32) / np.float32(255)


def shape(matte: NDArray[np.floating], settings: CompositeSettings) -> F32:
    """Shape a matte (S, S), in [0, 1], in the aligned crop: upright there, and the face's height is known (``FILL``).

    Returns (S, S) float32 in [0, 1]: zero at the crop's border, nowhere above the eroded (grown) matte. Grayscale
    erosion, not a threshold: half-transparent parts stay so, and the matte moves as smoothly as the engine's.
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
    soft = erode_sides(soft, side_lengths(settings, "erode", unit))
    soft = np.minimum(soft, border_fade(soft.shape[0]))
    soft = _feathered(soft, settings.feather * unit, side_lengths(settings, "feather", unit))
    if times > 1:
        soft = _resized(soft, size, cv2.INTER_LINEAR)
        soft[[0, -1]] = soft[:, [0, -1]] = 0
    return soft


def erode(matte: F32, radius: float) -> F32:
    """Shrink by ``radius`` px (grow if negative): the minimum (maximum) in a disc, interpolated between whole radii."""
    turn = cv2.erode if radius > 0 else cv2.dilate
    whole, part = divmod(abs(radius), 1.0)
    near = _morph(turn, matte, int(whole))
    return near if part == 0 else (1 - part) * near + part * _morph(turn, matte, int(whole) + 1)


def feather(matte: F32, width: float) -> F32:
    """Soften the edge over ``width`` px, inward: nowhere above ``matte``."""
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


def side_lengths(settings: CompositeSettings, option: Literal["erode", "feather"], unit: float) -> dict[Side, float]:
    """The lengths set by ``erode_top`` and similar options, times ``unit``."""
    lengths = {side: float(getattr(settings, f"{option}_{side}")) for side in SIDES}
    return {side: length * unit for side, length in lengths.items() if length}


@lru_cache(maxsize=16)
def side_weight(side: Side, size: int) -> F32:
    """(size, size): how much each pixel belongs to that ``side`` of the crop's center.

    The squared cosine of the angle, so that the sides pass smoothly into each other and sum to one. Read-only.
    """
    place = np.arange(size, dtype=np.float32) - np.float32((size - 1) / 2)
    y, x = place[:, None], place[None]
    towards = {"top": -y, "bottom": y, "left": -x, "right": x}[side]
    share = np.square(np.maximum(towards, 0)) / np.maximum(y * y + x * x, 0.25)
    share.flags.writeable = False
    return np.asarray(share, np.float32)


def erode_sides(matte: F32, lengths: dict[Side, float]) -> F32:
    """Shrink (S, S) by this many px on each side (grow if negative), interpolated for directions in between.

    The edge moves in steps of one pixel, each as far as required at that place, alternately along a cross and a square:
    an octagon, which approximates a disc.
    """
    if not lengths:
        return matte
    size = matte.shape[0]
    if size > _GRID:
        coarse = np.asarray(cv2.resize(matte, (_GRID, _GRID), interpolation=cv2.INTER_AREA), np.float32)
        moved = erode_sides(coarse, {side: length * _GRID / size for side, length in lengths.items()})
        return np.asarray(cv2.resize(moved, (size, size), interpolation=cv2.INTER_LINEAR), np.float32)
    reach = sum((side_weight(side, size) * np.float32(length) for side, length in lengths.items()), np.float32(0))
    return _stepped(_stepped(matte, np.maximum(reach, 0), cv2.MORPH_ERODE), np.maximum(-reach, 0), cv2.MORPH_DILATE)


def _feathered(matte: F32, width: float, wider: dict[Side, float]) -> F32:
    """Feathered by ``width`` px all around, and by more on some sides."""
    soft = feather(matte, width)
    for side, more in wider.items():
        share = side_weight(side, matte.shape[0])
        soft = soft + share * (feather(matte, width + more) - soft)
    return soft


def _times(width: float, size: int) -> int:
    """How much coarser the grid may be for softening an edge ``width`` px wide."""
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


def _stepped(matte: F32, reach: F32, how: int) -> F32:
    for step in range(int(np.ceil(reach.max(initial=0.0)))):
        part = np.clip(reach - step, 0.0, 1.0)
        turned = cv2.morphologyEx(matte, how, _SQUARE if step % 2 else _CROSS, borderType=cv2.BORDER_REPLICATE)
        matte = matte + part * (turned - matte)
    return matte
