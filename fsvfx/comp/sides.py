"""The sides of the upright face in its crop: top, bottom, left and right as the camera sees them."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal, get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from schemas.composite import CompositeSettings

F32 = NDArray[np.float32]
Side = Literal["top", "bottom", "left", "right"]
SIDES: tuple[Side, ...] = get_args(Side)

_GRID = 256
"""Matted crops are eroded side by side on a grid of at most so many pixels: step by step, so the fewer the better."""
_CROSS = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
_SQUARE = cv2.getStructuringElement(cv2.MORPH_RECT, (3, 3))


def given(settings: CompositeSettings, option: Literal["erode", "feather"], unit: float) -> dict[Side, float]:
    """The lengths that ``erode_top`` and its like say, where they say any, times ``unit``."""
    lengths = {side: float(getattr(settings, f"{option}_{side}")) for side in SIDES}
    return {side: length * unit for side, length in lengths.items() if length}


@lru_cache(maxsize=16)
def weight(side: Side, size: int) -> F32:
    """(size, size): how much each pixel lies at that ``side`` of the crop's middle.

    The squared cosine of the angle, so that the sides pass smoothly into each other and sum to one. Read-only.
    """
    place = np.arange(size, dtype=np.float32) - np.float32((size - 1) / 2)
    y, x = place[:, None], place[None]
    towards = {"top": -y, "bottom": y, "left": -x, "right": x}[side]
    share = np.square(np.maximum(towards, 0)) / np.maximum(y * y + x * x, 0.25)
    share.flags.writeable = False
    return np.asarray(share, np.float32)


def erode(matte: F32, lengths: dict[Side, float]) -> F32:
    """Shrink (S, S) by so many px at each side (grow where negative), in the directions between by what lies between.

    The edge moves in steps of a pixel, each as far as the place asks for, alternately along a cross and a square: an
    octagon's way of being a disc.
    """
    if not lengths:
        return matte
    size = matte.shape[0]
    if size > _GRID:
        coarse = np.asarray(cv2.resize(matte, (_GRID, _GRID), interpolation=cv2.INTER_AREA), np.float32)
        moved = erode(coarse, {side: length * _GRID / size for side, length in lengths.items()})
        return np.asarray(cv2.resize(moved, (size, size), interpolation=cv2.INTER_LINEAR), np.float32)
    reach = sum((weight(side, size) * np.float32(length) for side, length in lengths.items()), np.float32(0))
    return _stepped(_stepped(matte, np.maximum(reach, 0), cv2.MORPH_ERODE), np.maximum(-reach, 0), cv2.MORPH_DILATE)


def _stepped(matte: F32, reach: F32, how: int) -> F32:
    for step in range(int(np.ceil(reach.max(initial=0.0)))):
        part = np.clip(reach - step, 0.0, 1.0)
        turned = cv2.morphologyEx(matte, how, _SQUARE if step % 2 else _CROSS, borderType=cv2.BORDER_REPLICATE)
        matte = matte + part * (turned - matte)
    return matte
