"""A comp's pixels in a delivered space and depth. Outside the matte they come from the plate, not through the comp."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsvfx.colour import convert
from fsvfx.delivery.comps import Comp
from fsvfx.delivery.order import Order

Depth = int | str
"""Bits of integer codes (8 to 16), or ``float``."""


def picture(order: Order, comp: Comp, space: str, depth: Depth) -> NDArray[Any]:
    """(H, W, 3) in ``space``: uint8, uint16 (codes of ``depth`` bits), or float32.

    Where the matte is zero and ``space`` is the plate's: the plate's own codes, brought to ``depth``; bit-equal if it
    is as deep as the plate. Codes are rounded to the nearest, not dithered: plates bring their grain along.
    """
    out = _plate(order, comp.plate, space, depth)
    inside = comp.matte > 0
    if inside.any():
        swapped = convert(comp.rgb[inside], order.comp_space, space, order.job.colour_config)
        out[inside] = quantised(swapped, depth)
    return out


def quantised(values: NDArray[np.float32], depth: Depth) -> NDArray[Any]:
    """float32 to ``depth``: integer codes of 0 to 1, clipped (NaN: 0); or as they are."""
    if depth == "float":
        return values
    top = np.float32(2 ** int(depth) - 1)
    with np.errstate(invalid="ignore"):
        finite = np.nan_to_num(values, nan=0.0, posinf=1.0, neginf=0.0)
    codes: NDArray[Any] = np.rint(np.clip(finite, 0, 1) * top)
    return codes.astype(np.uint8 if depth == 8 else np.uint16)


def _plate(order: Order, plate: NDArray[Any], space: str, depth: Depth) -> NDArray[Any]:
    own, config = order.job.shot.plate.color_space, order.job.colour_config
    if space == own:
        if plate.dtype == np.float16 and depth == "float":
            return plate.astype(np.float32)  # exact, NaN and infinities included
        if plate.dtype != np.float16 and isinstance(depth, int):
            return _rescaled(plate, depth)
    light = plate if plate.dtype == np.float16 else plate / np.float32(np.iinfo(plate.dtype).max)
    return quantised(convert(light, own, space, config), depth)


def _rescaled(codes: NDArray[Any], bits: int) -> NDArray[Any]:
    """Codes of 8 or 16 bits as codes of ``bits``, to the nearest."""
    have, want = int(np.iinfo(codes.dtype).max), 2**bits - 1
    if have == want:
        return codes.copy()
    table = np.rint(np.arange(have + 1, dtype=np.float64) * (want / have))
    return np.asarray(table.astype(np.uint8 if bits == 8 else np.uint16)[codes])
