"""Display matrices: how a camera was held. The turn is applied, so that every later stage sees an upright picture."""

from __future__ import annotations

import struct
from typing import SupportsBytes, cast

import numpy as np
from av.video.frame import VideoFrame

from fsvfx.arrays import Array

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


def turn_of(frame: VideoFrame) -> Turn:
    """The frame's turn. ValueError if it is none of the eight that keep pixels whole."""
    matrix = frame.side_data.get("DISPLAYMATRIX")
    if matrix is None:
        return UPRIGHT
    values = struct.unpack("=9i", bytes(cast(SupportsBytes, matrix))[:36])
    a, b, c, d = (value / 65536 for value in (values[0], values[1], values[3], values[4]))
    whole = (round(a), round(b), round(c), round(d))
    off = max(abs(x - y) for x, y in zip((a, b, c, d), whole))
    if off > 1e-3 or abs(whole[0] * whole[3] - whole[1] * whole[2]) != 1:
        raise ValueError("its rotation flag is no quarter turn")
    return whole


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
