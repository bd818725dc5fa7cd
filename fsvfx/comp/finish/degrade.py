"""Coarser: pixels given up and grown back."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.comp.finish.pictures import held, to_display, to_light

F32 = NDArray[np.float32]

_LEAST = 8
"""Pixels a side that are always left."""


def degrade(crop: F32, amount: float, *, scale: float) -> F32:
    """Shrink ``crop`` (S, S, 3), display light, by ``amount`` percent of its size in the plate, and grow it back.

    Areas are averaged in light on the way down, as a sensor does; cubic on the way up, as players do. ``scale``: crop
    px per plate px. Where a crop is finer than its plate, it shrinks from the plate's size.
    """
    if amount == 0:
        return crop
    size = crop.shape[0]
    small = max(_LEAST, round(size / max(scale, 1.0) * (1 - amount / 100)))
    if small >= size:
        return crop
    coarse = np.asarray(cv2.resize(to_light(crop), (small, small), interpolation=cv2.INTER_AREA), np.float32)
    grown = cv2.resize(to_display(coarse), (size, size), interpolation=cv2.INTER_CUBIC)
    return held(np.asarray(grown, np.float32), crop)
