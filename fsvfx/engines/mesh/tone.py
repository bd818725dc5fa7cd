"""Colour and light: the identity's skin under the plate's light."""

from __future__ import annotations

import math

import cv2
import numpy as np

from fsvfx.faces.raster import Floats, blur, over, times

_OPPONENT = np.array([[1 / 3, 1 / 3, 1 / 3], [0.5, 0, -0.5], [-0.25, 0.5, -0.25]], np.float32)
"""RGB -> lightness, red-blue, green-magenta: rows. Skin varies along them nearly independently (cf. Reinhard 2001)."""
_BACK = np.linalg.inv(_OPPONENT).astype(np.float32)
_CONTRAST = np.array([[0.55, 0.4, 0.4], [1.3, 1.0, 1.0]], np.float32)
"""Least and most that the spread may change by: strong colour contrast would paint lips and cheeks."""
_GREY = 0.05
"""A skin of less colour than this, over its lightness, is grey: a black and white picture, whose hue says nothing."""
_STRETCH = (0.25, 1.6)
"""Least and most that differences of colour are stretched by."""
_GAIN = (0.4, 2.5)
_CRISPNESS = (0.35, 2.2)
"""Least and most that a fine band is multiplied by: beyond, the references' compression would show."""
_EACH = 0.75
"""The coarser band holds the finer one: each is changed by this share."""
_TOLD = 4000
"""So many pixels tell the tone as well as all."""
_COARSE = 1.5
"""Sigma, px, of blurs on the grid that is fine enough for them."""
_DARK = 0.02
"""Below this a ratio says nothing."""


def match(colours: Floats, to: Floats, weight: Floats) -> Floats:
    """(p, 3) ``colours`` with the weighted mean and spread of ``to`` (after Reinhard 2001).

    Black stays black, and colours keep their place beside the skin's own hue: of each, what differs from that hue is
    turned and stretched as the one skin's hue is to become the other's. Reinhard's shift paints lips and shadows in the
    difference of the two skins. Spreads change within bounds only: a beard or a wrinkle is no contrast of the light.
    """
    if not weight.any():
        return colours
    some = slice(None, None, max(len(weight) // _TOLD, 1))
    share = weight[some] / max(float(weight[some].sum()), 1e-6)
    (mean, ours), (goal, theirs) = (_moments(each[some], share) for each in (colours, to))
    (hue, level), (wanted, light) = (_hue(each) for each in (mean, goal))
    change = _turned(hue, wanted) @ _off(hue) * (light / level)
    gain = np.clip(_spread(_off(wanted), theirs) / np.maximum(_spread(change, ours), 1e-4), *_CONTRAST)
    change = _BACK @ np.linalg.inv(_beside(wanted)) @ (gain[:, None] * change)
    affine = np.column_stack([change, goal - change @ mean])
    return np.asarray(cv2.transform(colours[:, None], affine), np.float32).reshape(-1, 3)


def _moments(colours: Floats, share: Floats) -> tuple[Floats, Floats]:
    """Weighted mean (3,) and covariance (3, 3)."""
    mean = share @ colours
    away = colours - mean
    return np.asarray(mean, np.float32), np.asarray((away * share[:, None]).T @ away, np.float32)


def _hue(mean: Floats) -> tuple[Floats, float]:
    """The two colour axes (2,) of a colour (3,), over its lightness; and that."""
    axes = _OPPONENT @ mean
    level = max(float(axes[0]), _DARK)
    return np.asarray(axes[1:] / level, np.float32), level


def _beside(hue: Floats) -> Floats:
    """(3, 3), of opponent axes: to how far a colour is off ``hue`` (2,) at its lightness."""
    return np.array([[1, 0, 0], [-hue[0], 1, 0], [-hue[1], 0, 1]], np.float32)


def _off(hue: Floats) -> Floats:
    """The same, of RGB."""
    return np.asarray(_beside(hue) @ _OPPONENT, np.float32)


def _spread(axes: Floats, covariance: Floats) -> Floats:
    """Standard deviations (3,) along ``axes`` (3, 3)."""
    return np.asarray(np.sqrt(np.maximum(np.diag(axes @ covariance @ axes.T), 0)), np.float32)


def _turned(before: Floats, after: Floats) -> Floats:
    """(3, 3), of opponent axes: turns and stretches the hue ``before`` (2,) towards ``after``, within bounds."""
    one, other = complex(*before), complex(*after)
    if abs(one) < _GREY or abs(other) < _GREY:
        return np.eye(3, dtype=np.float32)
    turn = other / one
    turn *= float(np.clip(abs(turn), *_STRETCH)) / abs(turn)
    return np.array([[1, 0, 0], [0, turn.real, -turn.imag], [0, turn.imag, turn.real]], np.float32)


def relight(swap: Floats, plate: Floats, mask: Floats, sigma: float) -> Floats:
    """Gain (S, S, 3) that gives ``swap`` the plate's light: the ratio of both, blurred by ``sigma`` px within ``mask``.

    Display-referred ratios are ratios in linear light too (a power law); the quotient image of Shashua 2001.
    """
    low_swap, low_plate = (_blur_within(picture, mask, sigma) for picture in (swap, plate))
    return np.asarray(np.clip((low_plate + _DARK) / (low_swap + _DARK), *_GAIN), np.float32)


def recolour(swap: Floats, usual: Floats, mask: Floats, sigma: float) -> Floats:
    """Gain (S, S, 3) that gives ``swap``, its lightness kept, the colour of ``usual`` in all coarser than ``sigma`` px.

    So single pictures' colour that is not the person's (a codec's blocks, a lamp) does not show.
    """
    swap = np.maximum(swap, 0)
    gain = relight(swap, usual, mask, sigma)
    light, had = (np.asarray(cv2.transform(each, _OPPONENT[:1]), np.float32) for each in (swap, swap * gain))
    back = np.clip((light + _DARK) / (had + _DARK), 1 / _GAIN[1], 1 / _GAIN[0])
    return np.asarray(gain * back[..., None], np.float32)


def crispness(picture: Floats, mask: Floats, sigma: float) -> tuple[float, float]:
    """Energy of a picture's (S, S, 3) two finest bands in ``mask`` (S, S), in green; ``sigma`` px: of the finest."""
    first, second = (_energy(band, mask) for band in _bands(_green(picture), sigma))
    return first, second


def texture(swap: Floats, wanted: tuple[float, float], mask: Floats, sigma: float) -> Floats:
    """``swap`` (S, S, 3) as crisp as is ``wanted``, within bounds: its two finest bands get the energy of the plate's.

    So a soft reference gains detail, and a sharp one takes the plate's focus and motion blur.
    ``mask`` (S, S): bare skin, where the bands are compared; ``sigma`` px: of the finest band.
    """
    green = _green(swap)
    change = np.zeros_like(green)
    for band, energy in zip(_bands(green, sigma), wanted, strict=True):
        gain = float(np.clip(energy / max(_energy(band, mask), 1e-5), *_CRISPNESS))
        change += np.float32(_EACH * (gain - 1)) * band
    return times(swap, np.asarray(np.clip(1 + change / np.maximum(green, _DARK), 0, _GAIN[1]), np.float32))


def _green(picture: Floats) -> Floats:
    return np.asarray(cv2.extractChannel(picture, 1), np.float32)


def _bands(green: Floats, sigma: float) -> tuple[Floats, Floats]:
    return green - blur(green, sigma), green - blur(green, 2 * sigma)


def _energy(band: Floats, mask: Floats) -> float:
    return math.sqrt(float(np.vdot(mask, band * band)) / max(float(mask.sum()), 1e-6))


def mixed(one: Floats, other: Floats, share: Floats) -> Floats:
    """(S, S, 3): ``one``, and as much of the ``other`` as its ``share`` (S, S) says."""
    return one + times(other - one, share)


def _blur_within(picture: Floats, mask: Floats, sigma: float) -> Floats:
    """A blur, normalised by the mask; made on a grid on which it is ``_COARSE`` wide, if that is coarser."""
    step = coarse(sigma)
    height, width = mask.shape
    small_mask, small = shrunk(mask, step), shrunk(times(picture, mask), step)
    blurred, weight = (
        cv2.GaussianBlur(each, (0, 0), narrowed(sigma, step), borderType=cv2.BORDER_CONSTANT)
        for each in (small, small_mask)
    )
    within = over(np.asarray(blurred, np.float32), np.asarray(weight, np.float32))
    if step == 1:
        return within
    return np.asarray(cv2.resize(within, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)


def coarse(sigma: float) -> int:
    """How many pixels may become one before a blur of ``sigma`` px."""
    return max(int(sigma / _COARSE), 1)


def narrowed(sigma: float, step: int) -> float:
    """The sigma of a blur on a grid that is ``step`` times as coarse: averaging has blurred a bit already."""
    return math.sqrt(max((sigma / step) ** 2 - (1 - 1 / step**2) / 12, 0.25))


def shrunk(picture: Floats, step: int) -> Floats:
    """The mean of each ``step`` by ``step`` pixels."""
    if step == 1:
        return picture
    height, width = picture.shape[:2]
    size = max(width // step, 1), max(height // step, 1)
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32)
