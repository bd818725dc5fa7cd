"""Data windows and display windows: x0, y0, x1, y1, all included, as EXR has them. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Window = tuple[int, int, int, int]


def window_at(x: int, y: int, width: int, height: int) -> Window:
    return x, y, x + width - 1, y + height - 1


def size_of(window: Window) -> tuple[int, int]:
    """Height and width."""
    return window[3] - window[1] + 1, window[2] - window[0] + 1


def union_of(windows: Iterable[Window]) -> Window:
    """The smallest that holds all of them. ValueError for none."""
    x0, y0, x1, y1 = zip(*windows, strict=True)
    return min(x0), min(y0), max(x1), max(y1)


def laid(picture: NDArray[Any], window: Window, canvas: Window) -> NDArray[Any]:
    """``picture`` (H, W, ...) of ``window`` on ``canvas``: zero where it does not reach, cut where it reaches over."""
    if window == canvas:
        return picture
    out = np.zeros((*size_of(canvas), *picture.shape[2:]), picture.dtype)
    x0, y0 = max(window[0], canvas[0]), max(window[1], canvas[1])
    x1, y1 = min(window[2], canvas[2]) + 1, min(window[3], canvas[3]) + 1
    if x0 < x1 and y0 < y1:
        part = picture[y0 - window[1] : y1 - window[1], x0 - window[0] : x1 - window[0]]
        out[y0 - canvas[1] : y1 - canvas[1], x0 - canvas[0] : x1 - canvas[0]] = part
    return out
