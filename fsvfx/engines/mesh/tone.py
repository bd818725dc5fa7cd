"""Colour and light: the identity's skin under the plate's light."""

from __future__ import annotations

import cv2
import numpy as np

from fsvfx.engines.mesh.raster import Floats, blur

_OPPONENT = np.array([[1 / 3, 1 / 3, 1 / 3], [0.5, 0, -0.5], [-0.25, 0.5, -0.25]], np.float32)
"""RGB -> lightness, red-blue, green-magenta: rows. Skin varies along them nearly independently (cf. Reinhard 2001)."""
_BACK = np.linalg.inv(_OPPONENT).astype(np.float32)
_CONTRAST = np.array([[0.55, 0.4, 0.4], [1.3, 1.0, 1.0]], np.float32)
"""Least and most that the spread may change by: strong colour contrast would paint lips and cheeks."""
_GAIN = (0.4, 2.5)
_CRISPNESS = (0.35, 2.2)
"""Least and most that a fine band is multiplied by: beyond, the references' compression would show."""
_EACH = 0.75
"""The coarser band holds the finer one: each is changed by this share."""
_DARK = 0.02
"""Below this a ratio says nothing."""


def match(colours: Floats, to: Floats, weight: Floats) -> Floats:
    """(p, 3) ``colours`` with the weighted mean and spread of ``to``, in an opponent space (after Reinhard 2001).

    The spread changes within bounds only: a beard or a wrinkle is no contrast of the light.
    """
    share = weight / max(float(weight.sum()), 1e-6)
    mean, spread = _moments(colours, share)
    goal, wanted = _moments(to, share)
    gain = np.clip(wanted / np.maximum(spread, 1e-4), *_CONTRAST)
    change = (_BACK * gain) @ _OPPONENT
    return np.asarray(colours @ change.T + (goal - change @ mean), np.float32)


def _moments(colours: Floats, share: Floats) -> tuple[Floats, Floats]:
    """Weighted mean (3,) in RGB, and spread (3,) along the opponent axes; every other pixel tells enough."""
    colours, share = colours[::2], share[::2] / max(float(share[::2].sum()), 1e-6)
    mean = share @ colours
    away = colours - mean
    covariance = (away * share[:, None]).T @ away
    spread = np.sqrt(np.maximum(np.diag(_OPPONENT @ covariance @ _OPPONENT.T), 0))
    return np.asarray(mean, np.float32), np.asarray(spread, np.float32)


def relight(swap: Floats, plate: Floats, mask: Floats, sigma: float) -> Floats:
    """Gain (S, S, 3) that gives ``swap`` the plate's light: the ratio of both, blurred by ``sigma`` px within ``mask``.

    Display-referred ratios are ratios in linear light too (a power law); the quotient image of Shashua 2001.
    """
    low_swap, low_plate = (_blur_within(picture, mask, sigma) for picture in (swap, plate))
    return np.asarray(np.clip((low_plate + _DARK) / (low_swap + _DARK), *_GAIN), np.float32)


def texture(swap: Floats, plate: Floats, mask: Floats, sigma: float) -> Floats:
    """``swap`` (S, S, 3) as crisp as the plate, within bounds: its two finest bands get the energy of the plate's.

    So a soft reference gains detail, and a sharp one takes the plate's focus and motion blur.
    ``mask`` (S, S): bare skin, where the bands are compared (in green); ``sigma`` px: of the finest band.
    """
    crisp, share, green = swap, mask / max(float(mask.sum()), 1e-6), np.ascontiguousarray(plate[..., 1])
    for scale in (1.0, 2.0):
        ours = swap - blur(swap, sigma * scale)
        energy = [np.sqrt((share * band**2).sum()) for band in (ours[..., 1], green - blur(green, sigma * scale))]
        gain = np.clip(energy[1] / max(float(energy[0]), 1e-5), *_CRISPNESS)
        crisp = crisp + _EACH * (gain - 1) * ours
    return np.asarray(crisp, np.float32)


def _blur_within(picture: Floats, mask: Floats, sigma: float) -> Floats:
    """A wide blur at a quarter of the size, normalised by the mask."""
    both = np.empty((*mask.shape, 4), np.float32)
    np.multiply(picture, mask[..., None], out=both[..., :3])
    both[..., 3] = mask
    step = max(int(sigma // 3), 1)
    height, width = mask.shape
    small = cv2.resize(both, (max(width // step, 1), max(height // step, 1)), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / step, borderType=cv2.BORDER_CONSTANT)
    small = small[..., :3] / np.maximum(small[..., 3:], 1e-3)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)
