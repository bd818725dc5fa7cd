"""Iterative back-projection (Irani and Peleg: "Improving Resolution by Image Registration", 1991) of a single
picture."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.comp.finish.pictures import gaussian

F32 = NDArray[np.float32]

TIMES = 2
SPREAD = 0.6
"""Sigma of the blur that the crop is assumed to have in addition to its pixels, in px of the crop."""
_ROUNDS = 4


def back_projection(crop: F32) -> F32:
    """``crop`` (S, S, 3) float32, display light, at twice its size: (2 S, 2 S, 3).

    Upsamples, simulates how a camera would record the result (blur, then pixels), and corrects by the difference, for
    several rounds. This is a deconvolution: it undoes the blur of engine and resampling, and adds no detail that the
    crop does not have. Held within the range of the neighboring pixels, so that edges don't ring.
    """
    size = crop.shape[0]
    large = _grown(crop)
    for _ in range(_ROUNDS):
        seen = cv2.resize(gaussian(large, SPREAD * TIMES), (size, size), interpolation=cv2.INTER_AREA)
        large += _grown(crop - seen)
    around = np.ones((3, 3), np.uint8)
    low, high = (_near(np.asarray(change(crop, around), np.float32), size) for change in (cv2.erode, cv2.dilate))
    return np.clip(large, low, high)


def _grown(picture: F32) -> F32:
    size = picture.shape[0] * TIMES
    return np.asarray(cv2.resize(picture, (size, size), interpolation=cv2.INTER_CUBIC), np.float32)


def _near(picture: F32, size: int) -> F32:
    wide = (size * TIMES, size * TIMES)
    return np.asarray(cv2.resize(picture, wide, interpolation=cv2.INTER_NEAREST), np.float32)
