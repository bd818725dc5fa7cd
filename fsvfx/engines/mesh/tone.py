"""Color and light: the identity's skin under the plate's light."""

from __future__ import annotations

import math

import cv2
import numpy as np

from fsvfx.faces.raster import Floats, blur, times

_OPPONENT = np.array([[1 / 3, 1 / 3, 1 / 3], [0.5, 0, -0.5], [-0.25, 0.5, -0.25]], np.float32)
"""RGB -> lightness, red-blue, green-magenta: rows. Skin varies along them nearly independently (cf. Reinhard 2001)."""
_BACK = np.linalg.inv(_OPPONENT).astype(np.float32)
_CONTRAST = np.array([[0.55, 0.4, 0.4], [1.3, 1.0, 1.0]], np.float32)
"""Minimum and maximum change of the spread: strong color contrast would paint lips and cheeks."""
_GREY = 0.05
"""Skin with less color than this, relative to its lightness, is gray: a black and white picture, without a usable
hue."""
_STRETCH = (0.25, 1.6)
"""Minimum and maximum stretch of color differences."""
_GAIN = (0.4, 2.5)
_CRISPNESS = (0.35, 2.2)
"""Minimum and maximum gain of a fine band: beyond, the references' compression would show."""
_EACH = 0.75
"""The coarser band contains the finer one: each is changed by this share."""
_TOLD = 4000
"""This many pixels measure the tone as well as all."""
_COARSE = 1.5
"""Sigma, px, of blurs on the coarsest grid that is fine enough for them."""
_DARK = 0.02
"""Below this, ratios are unreliable."""


def match(colours: Floats, to: Floats, weight: Floats) -> Floats:
    """(p, 3) ``colours`` in the tone of ``to`` (p, 3), weighted by ``weight`` (p,); see ``toning``."""
    return toned(colours, toning(colours[None], to, weight[None])[0])


def toned(colours: Floats, change: Floats) -> Floats:
    """(p, 3) ``colours`` after applying a ``toning`` (3, 4)."""
    return np.asarray(cv2.transform(colours[:, None], change), np.float32).reshape(-1, 3)


def toning(colours: Floats, to: Floats, weights: Floats) -> Floats:
    """(m, 3, 4): gives each of m pictures' ``colours`` (m, p, 3) the weighted mean and spread of ``to`` (p, 3).

    After Reinhard 2001. weights: (m, p); a picture without any is not changed. Black stays black, and colors keep their
    offset from the skin's own hue: each color's difference from that hue is rotated and stretched in the same way as
    the skin's hue. Reinhard's shift would tint lips and shadows by the difference of the two skins. Spreads change
    within limits only: a beard or a wrinkle is not contrast of the light.
    """
    some = slice(None, None, max(len(to) // _TOLD, 1))
    share = np.ascontiguousarray(weights[:, some])
    share /= np.maximum(share.sum(axis=1, keepdims=True), 1e-6)
    (mean, ours), (goal, theirs) = (_moments(each[:, some], share) for each in (colours, to[None]))
    (hue, level), (wanted, light) = _hue(mean), _hue(goal)
    change = _turned(hue, wanted) @ _off(hue) * (light / level)[:, None, None]
    gain = np.clip(_spread(_off(wanted), theirs) / np.maximum(_spread(change, ours), 1e-4), *_CONTRAST)
    change = _BACK @ _beside(-wanted) @ (gain[..., None] * change)
    affine = np.concatenate([change, goal[..., None] - change @ mean[..., None]], axis=2)
    affine[~share.any(axis=1)] = np.eye(3, 4)
    return np.asarray(affine, np.float32)


def _moments(colours: Floats, share: Floats) -> tuple[Floats, Floats]:
    """Weighted means (m, 3) and covariances (m, 3, 3)."""
    planes, share = np.ascontiguousarray(colours.swapaxes(1, 2)), share[:, None]  # otherwise BLAS is not used
    mean = np.asarray((planes * share).sum(axis=2), np.float32)
    away = planes - mean[..., None]
    return mean, (away * share) @ away.swapaxes(1, 2)


def _hue(means: Floats) -> tuple[Floats, Floats]:
    """The two color axes (m, 2) of colors (m, 3), relative to their lightness; and that (m,)."""
    axes = means @ _OPPONENT.T
    level = np.maximum(axes[:, 0], np.float32(_DARK))
    return np.asarray(axes[:, 1:] / level[:, None], np.float32), level


def _beside(hues: Floats) -> Floats:
    """(m, 3, 3), in opponent axes: maps a color to its difference from ``hues`` (m, 2) at its lightness; back, if
    negative."""
    matrices = np.tile(np.eye(3, dtype=np.float32), (len(hues), 1, 1))
    matrices[:, 1:, 0] = -hues
    return matrices


def _off(hues: Floats) -> Floats:
    """The same, in RGB."""
    return _beside(hues) @ _OPPONENT


def _spread(axes: Floats, covariances: Floats) -> Floats:
    """Standard deviations (m, 3) along ``axes`` (m, 3, 3)."""
    along = (axes @ covariances * axes).sum(axis=2)
    return np.asarray(np.sqrt(np.maximum(along, 0)), np.float32)


def _turned(before: Floats, after: Floats) -> Floats:
    """(m, 3, 3), in opponent axes: rotates and stretches the hues ``before`` (m, 2) toward ``after``, within limits."""
    one, other = (np.ascontiguousarray(each, np.float32).view(np.complex64)[:, 0] for each in (before, after))
    told = (np.abs(one) >= _GREY) & (np.abs(other) >= _GREY)
    turn = np.divide(other, one, out=np.ones_like(one), where=told)
    turn *= np.clip(np.abs(turn), *_STRETCH) / np.abs(turn)
    matrices = np.tile(np.eye(3, dtype=np.float32), (len(turn), 1, 1))
    matrices[:, 1, 1] = matrices[:, 2, 2] = turn.real
    matrices[:, 1, 2], matrices[:, 2, 1] = -turn.imag, turn.imag
    return matrices


def relight(swap: Floats, plate: Floats, mask: Floats, sigma: float) -> Floats:
    """The gain (S, S, 3) that gives ``swap`` the plate's light: the ratio of both, blurred by ``sigma`` px within
    ``mask``.

    Display-referred ratios are ratios in linear light too (a power law); the quotient image of Shashua 2001.
    """
    step = coarse(sigma)
    low_swap, low_plate, weight = (
        np.asarray(cv2.GaussianBlur(shrunk(each, step), (0, 0), narrowed(sigma, step), borderType=cv2.BORDER_CONSTANT))
        for each in (times(swap, mask), times(plate, mask), _DARK * mask + np.float32(1e-6))
    )
    gain = np.clip((low_plate + weight[..., None]) / (low_swap + weight[..., None]), *_GAIN)
    if step == 1:
        return np.asarray(gain, np.float32)
    return np.asarray(cv2.resize(gain, mask.shape[::-1], interpolation=cv2.INTER_CUBIC), np.float32)


def recolour(swap: Floats, usual: Floats, mask: Floats, sigma: float) -> Floats:
    """The gain (S, S, 3) that gives ``swap`` the color of ``usual`` at scales coarser than ``sigma`` px, keeping its
    lightness.

    Hides single pictures' colors that are not the person's (a codec's blocks, a lamp).
    """
    swap = np.maximum(swap, 0)
    gain = relight(swap, usual, mask, sigma)
    light, had = (np.asarray(cv2.transform(each, _OPPONENT[:1]), np.float32) for each in (swap, swap * gain))
    back = np.clip((light + _DARK) / (had + _DARK), 1 / _GAIN[1], 1 / _GAIN[0])
    return np.asarray(gain * back[..., None], np.float32)


def crispness(picture: Floats, mask: Floats, sigma: float) -> tuple[float, float]:
    """Energy of the two finest bands of a picture (S, S, 3) in ``mask`` (S, S), in green; ``sigma`` px: of the
    finest."""
    first, second = (_energy(band, mask) for band in _bands(_green(picture), sigma))
    return first, second


def texture(swap: Floats, wanted: tuple[float, float], mask: Floats, sigma: float) -> Floats:
    """``swap`` (S, S, 3) as crisp as ``wanted``, within limits: its two finest bands get the energy of the plate's.

    So a soft reference gains detail, and a sharp one takes the plate's focus and motion blur. ``mask`` (S, S): bare
    skin, where the bands are compared; ``sigma`` px: of the finest band.
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
    """(S, S, 3): ``one``, mixed with ``other`` by its ``share`` (S, S)."""
    return one + times(other - one, share)


def coarse(sigma: float) -> int:
    """The number of pixels that may be averaged before a blur of ``sigma`` px."""
    return max(int(sigma / _COARSE), 1)


def narrowed(sigma: float, step: int) -> float:
    """The sigma of a blur on a grid ``step`` times as coarse: averaging has already blurred a little."""
    return math.sqrt(max((sigma / step) ** 2 - (1 - 1 / step**2) / 12, 0.25))


def shrunk(picture: Floats, step: int) -> Floats:
    """The mean of each ``step`` by ``step`` block."""
    if step == 1:
        return picture
    height, width = picture.shape[:2]
    size = max(width // step, 1), max(height // step, 1)
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32)
