"""Plates of any depth and colour space as face models and engines see them: display-referred pictures and crops."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsvfx import colour
from fsvfx.colour.spaces import encoding
from fsvfx.faces.geometry import apply, crop, inverse

_MARGIN = 8
"""Plate pixels around a crop that its sampling may touch."""


def look(frame: NDArray[np.generic], plate_space: str, config: str, exposure: float = 0.0) -> NDArray[np.uint8]:
    """A plate frame (H, W, 3), native depth, in ``plate_space`` -> u8 for models that were trained on video.

    ``exposure`` in stops. Without, 8-bit plates made for a display are looked at as they are.
    """
    if frame.dtype == np.uint8 and not exposure and encoding(config, plate_space) == "sdr-video":
        return frame.astype(np.uint8, copy=False)
    return colour.preview(colour.plate_to_comp(frame, plate_space, config), plate_space, config, exposure)


def display(frame: NDArray[np.generic], plate_space: str, config: str, exposure: float = 0.0) -> NDArray[np.float32]:
    """A plate frame, or a piece of one, as engines see it: display-referred f32 in [0, 1] (``fsvfx.colour.encode``)."""
    comp = colour.from_half(colour.plate_to_comp(frame, plate_space, config))
    if not np.isfinite(comp.sum(dtype=np.float64)):
        comp = np.nan_to_num(comp)
    shown = colour.encode(comp, config, colour.comp_space(config, plate_space), exposure)
    return np.clip(shown, 0.0, 1.0, out=shown, dtype=np.float32)


def display_crop(
    plate: NDArray[Any], matrix: NDArray[np.float64], size: int, space: str, config: str, exposure: float = 0.0
) -> NDArray[np.float16]:
    """The crop of a plate frame (H, W, 3) as engines see it: (size, size, 3) f16 display [0, 1]; exposure in stops.

    Only the piece of the plate that shows is converted.
    """
    corners = apply(inverse(matrix), np.array([[0, 0], [size, 0], [0, size], [size, size]], np.float64) - 0.5)
    low = np.clip(np.floor(corners.min(axis=0)).astype(int) - _MARGIN, 0, None)
    high = np.ceil(corners.max(axis=0)).astype(int) + _MARGIN
    if (low >= plate.shape[1::-1]).any() or (high <= 0).any():
        return np.zeros((size, size, 3), np.float16)
    piece = display(plate[low[1] : high[1], low[0] : high[0]], space, config, exposure)
    moved = matrix.copy()
    moved[:, 2] += matrix[:, :2] @ low
    return np.asarray(np.clip(crop(piece, moved, size), 0.0, 1.0), np.float16)
