"""Plates into comp space."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fsvfx.colour.convert import channel_tables, convert
from fsvfx.colour.half import to_half
from fsvfx.colour.spaces import check_space, comp_space
from fsvfx.errors import PlateError

_ROWS = 64


def plate_to_comp(frame: NDArray[np.generic], plate_space: str, config: str) -> NDArray[np.float16]:
    """A plate frame (H, W, 3), uint8, uint16 or float16 in ``plate_space``, in comp space as half.

    The one way from plate to comp: whatever is made from the same frame has the same bits. A half frame in a
    scene-linear space comes back as it is, NaN and infinities included. Integer codes are read as code / maximum.
    Values beyond half's range are held at its ends. PlateError for another dtype or shape.
    """
    if frame.ndim != 3 or frame.shape[2] != 3:
        raise PlateError(
            f"A plate frame is {frame.shape}", hint="Plates are pictures of three channels, red green blue"
        )
    source, target = check_space(config, plate_space), comp_space(config, plate_space)
    if frame.dtype == np.float16:
        half = frame.astype(np.float16, copy=False)
        return half if source == target else to_half(convert(half, source, target, config))
    if frame.dtype not in (np.uint8, np.uint16):
        raise PlateError(f"A plate frame is {frame.dtype}", hint="Plates are uint8, uint16 or float16")
    return _from_codes(frame, source, target, config)


def _from_codes(frame: NDArray[np.generic], source: str, target: str, config: str) -> NDArray[np.float16]:
    levels = (255 if frame.dtype == np.uint8 else 65535) + 1
    tables = channel_tables(config, source, target, levels)
    out = np.empty(frame.shape, np.float16)
    for top in range(0, frame.shape[0], _ROWS):  # some rows at a time: stays in the processor's cache
        codes = frame[top : top + _ROWS]
        if tables is None:
            scaled = codes.astype(np.float32) / np.float32(levels - 1)
            out[top : top + _ROWS] = to_half(convert(scaled, source, target, config))
        else:
            _looked_up(codes, tables, out[top : top + _ROWS])
    return out


def _looked_up(codes: NDArray[np.generic], tables: NDArray[np.float32], out: NDArray[np.float16]) -> None:
    """Plane by plane: what red, green and blue add to it."""
    parts = [np.ascontiguousarray(codes[..., channel]) for channel in range(3)]
    for channel in range(3):
        plane = np.take(tables[0, channel], parts[0], mode="clip")
        plane += np.take(tables[1, channel], parts[1], mode="clip")
        plane += np.take(tables[2, channel], parts[2], mode="clip")
        out[..., channel] = to_half(plane)
