"""What the face models look at: plates of any depth and colour space, as 8-bit display pictures."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx import colour
from fsvfx.colour.spaces import encoding

_SIGNATURE = (64, 36)


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


def signature(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(36, 64) u8 luminance: enough to tell a cut from a movement."""
    return np.asarray(cv2.resize(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), _SIGNATURE, interpolation=cv2.INTER_AREA))
