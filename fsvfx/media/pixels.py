"""Arrays of pixels: placed on a canvas by their windows, turned upright, rounded to half. Pure.

A window is x0, y0, x1, y1, inclusive, as in EXR.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsvfx.arrays import Array
from fsvfx.media.files import Place

Window = tuple[int, int, int, int]


def size_of(window: Window) -> tuple[int, int]:
    """Height and width."""
    return window[3] - window[1] + 1, window[2] - window[0] + 1


def union_of(windows: Iterable[Window]) -> Window:
    """The smallest window that contains all of them. ValueError for none."""
    x0, y0, x1, y1 = zip(*windows, strict=True)
    return min(x0), min(y0), max(x1), max(y1)


def laid(picture: NDArray[Any], window: Window, canvas: Window) -> NDArray[Any]:
    """``picture`` (H, W, ...) of ``window`` on ``canvas``: zero outside the window, cropped where it extends beyond."""
    if window == canvas:
        return picture
    out = np.zeros((*size_of(canvas), *picture.shape[2:]), picture.dtype)
    x0, y0 = max(window[0], canvas[0]), max(window[1], canvas[1])
    x1, y1 = min(window[2], canvas[2]) + 1, min(window[3], canvas[3]) + 1
    if x0 < x1 and y0 < y1:
        part = picture[y0 - window[1] : y1 - window[1], x0 - window[0] : x1 - window[0]]
        out[y0 - canvas[1] : y1 - canvas[1], x0 - canvas[0] : x1 - canvas[0]] = part
    return out


Turn = tuple[int, int, int, int]
"""a, b, c, d of the display matrix in {-1, 0, 1}: x' = a x + c y, y' = b x + d y (y down)."""
UPRIGHT: Turn = (1, 0, 0, 1)
OF_EXIF: dict[int, Turn] = {
    1: UPRIGHT,
    2: (-1, 0, 0, 1),
    3: (-1, 0, 0, -1),
    4: (1, 0, 0, -1),
    5: (0, 1, 1, 0),
    6: (0, 1, -1, 0),
    7: (0, -1, -1, 0),
    8: (0, -1, 1, 0),
}
"""By the orientation tag of TIFF and Exif."""


def upright(picture: Array, turn: Turn) -> Array:
    """Apply ``turn`` to (H, W, 3)."""
    a, b, c, d = turn
    swaps = a == 0
    turned = picture.swapaxes(0, 1) if swaps else picture
    if (c if swaps else a) < 0:
        turned = turned[:, ::-1]
    if (b if swaps else d) < 0:
        turned = turned[::-1]
    return np.ascontiguousarray(turned)


def to_half(rgb: Array, place: Place) -> Array:
    """float32 to float16, rounded; a finite value beyond half's range is a PlateError."""
    with np.errstate(over="ignore"):
        half = rgb.astype(np.float16)
    beyond = np.isinf(half) & np.isfinite(rgb)
    if beyond.any():
        y, x, _ = np.argwhere(beyond)[0]
        raise place.error(
            f"the value {float(rgb[beyond][0]):g} at pixel {x},{y} is beyond half float's range (65504)",
            "Clamp or grade the plate before handing it over",
        )
    return half
