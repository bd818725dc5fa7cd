"""Colour and light: the identity's skin under the plate's light."""

from __future__ import annotations

import cv2
import numpy as np

from fsvfx.engines.mesh.raster import Floats

_CONTRAST = (0.8, 1.25)
_GAIN = (0.4, 2.5)
_DARK = 0.02
"""Below this a ratio says nothing."""


def match(colours: Floats, to: Floats, weight: Floats) -> Floats:
    """(p, 3) ``colours`` with the weighted mean and spread of ``to``, channel by channel (Reinhard 2001, in RGB).

    The spread changes within bounds only: a beard or a wrinkle is no contrast of the light.
    """
    share = weight / max(float(weight.sum()), 1e-6)
    mean, goal = share @ colours, share @ to
    spread = np.sqrt(share @ (colours - mean) ** 2)
    wanted = np.sqrt(share @ (to - goal) ** 2)
    gain = np.clip(wanted / np.maximum(spread, 1e-4), *_CONTRAST)
    return np.asarray((colours - mean) * gain + goal, np.float32)


def relight(swap: Floats, plate: Floats, mask: Floats, sigma: float) -> Floats:
    """``swap`` (S, S, 3) with the plate's light: the ratio of both, blurred by ``sigma`` px within ``mask`` (S, S).

    Display-referred ratios are ratios in linear light too (a power law); the quotient image of Shashua 2001.
    """
    low_swap, low_plate = (_blur_within(picture, mask, sigma) for picture in (swap, plate))
    gain = np.clip((low_plate + _DARK) / (low_swap + _DARK), *_GAIN)
    return np.asarray((swap + _DARK) * gain - _DARK, np.float32)


def _blur_within(picture: Floats, mask: Floats, sigma: float) -> Floats:
    """A wide blur at a quarter of the size, normalised by the mask."""
    both = np.dstack([picture * mask[..., None], mask])
    step = max(int(sigma // 3), 1)
    height, width = mask.shape
    small = cv2.resize(both, (max(width // step, 1), max(height // step, 1)), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / step, borderType=cv2.BORDER_CONSTANT)
    small = small[..., :3] / np.maximum(small[..., 3:], 1e-3)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)
