"""The resolution of plate and swap, and the swap softened to the plate's.

Measured is how the energy of the gradient falls off as a picture is blurred more and more. A picture that was blurred
by sigma has at scale s the energy that the sharp one has at sqrt(s^2 + sigma^2): the plate's curve is the swap's,
shifted. Contrast shifts both up or down only. Grain adds to the energy everywhere, so what the flattest parts have is
taken off. (Scale space: Lindeberg, "Edge Detection and Ridge Detection with Automatic Scale Selection", 1998.)
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.comp.finish.pictures import gaussian, held, to_display, to_light

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

_FINEST, _FINER = 0.8, 0.8 * np.sqrt(2.0)
"""Blurs at each level of the pyramid, in its own pixels: together the scales go up by half octaves."""
_LEVELS = 4
_SCALES = np.sqrt(np.array([(s * s + 1 / 3) * 4**level for level in range(_LEVELS) for s in (_FINEST, _FINER)]))
"""In crop px; central differences blur by a variance of a third of a pixel."""
_COMPARED = 5
"""So many of the finest scales are compared."""
_SIGMAS = np.concatenate([[0.0], np.geomspace(0.2, 8.0, 120)])
_FLAT = 30
"""Percent of the face that is taken for flat."""
_CLEAR = 0.1
"""Scales where edges hold less than this share of the energy say nothing: the rest is grain."""
_LEAST = 256
"""Pixels of face below which nothing is measured."""
_UNSEEN = 0.15
"""Blurs below this sigma are left out."""


def match_resolution(crop: F32, plate_crop: F32, share: NDArray[np.floating], amount: float, *, scale: float) -> F32:
    """Soften ``crop`` (S, S, 3), display light, by ``amount`` percent of what it is sharper than the plate.

    plate_crop: (S, S, 3), the same part of the plate; share: (S, S), where both are measured; scale: crop px per plate
    px. Never sharpens; leaves the crop alone where there is too little face to measure.
    """
    if amount == 0:
        return crop
    sigma = amount / 100 * softer_by(plate_crop, through_plate(crop, scale), share)
    if sigma < _UNSEEN:
        return crop
    return held(to_display(gaussian(to_light(crop), sigma)), crop)


def softer_by(plate: F32, swap: F32, share: NDArray[np.floating]) -> float:
    """The sigma, in px, of the Gaussian that makes ``swap`` (S, S, 3) as soft as ``plate``: 0 if it is as soft or
    softer, or if the face is too small to tell. share: (S, S), weights in [0, 1]."""
    weight = np.ascontiguousarray(share, np.float32)
    if (weight > 0.5).sum() < _LEAST:
        return 0.0
    ours, clear = fall_off(plate, weight)
    theirs, _ = fall_off(swap, weight)
    if not (ours[:_COMPARED] > 0).any() or not (theirs > 0).all():
        return 0.0
    trust = np.where(clear > _CLEAR, clear**2, 0.0)[:_COMPARED]
    if (trust > 0).sum() < 2:
        return 0.0
    wanted = np.log(np.maximum(ours[:_COMPARED], 1e-12))
    shifted = np.sqrt(_SCALES[:_COMPARED] ** 2 + _SIGMAS[:, None] ** 2)
    apart = wanted - np.interp(np.log(shifted), np.log(_SCALES), np.log(theirs))
    apart -= (apart * trust).sum(axis=1, keepdims=True) / trust.sum()
    return float(_SIGMAS[(trust * apart**2).sum(axis=1).argmin()])


def fall_off(picture: F32, weight: F32) -> tuple[F64, F64]:
    """The energy of the gradient of ``picture`` (S, S, 3) at each of ``_SCALES``, grain taken off; and how much of the
    energy that is. weight: (S, S) float32."""
    grey = np.nan_to_num(picture).mean(axis=2)
    flat = _flattest(grey, weight)
    whole, grain = [], []
    for level in range(_LEVELS):
        fine = gaussian(grey, _FINEST if level == 0 else 0.0)
        finer = gaussian(fine, np.sqrt(_FINER**2 - _FINEST**2))
        for each in (fine, finer):
            energy = _energy(each)
            whole.append(_mean(energy, weight))
            grain.append(_mean(energy, flat))
        # Blurred by twice the finest: half the pixels hold that, and are blurred by the finest in their own pixels.
        grey = gaussian(finer, np.sqrt(4 * _FINEST**2 - _FINER**2))[::2, ::2]
        weight, flat = weight[::2, ::2], flat[::2, ::2]
    edges = np.array(whole) - np.array(grain)
    return edges, edges / np.maximum(whole, 1e-20)


def through_plate(crop: F32, scale: float) -> F32:
    """A crop as it comes back out of plate pixels, where it is finer than those."""
    size = crop.shape[0]
    small = round(size / scale)
    if small >= size:
        return crop
    there = cv2.resize(crop, (small, small), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(there, (size, size), interpolation=cv2.INTER_CUBIC), np.float32)


def _flattest(grey: F32, weight: F32) -> F32:
    slope = _energy(gaussian(grey, 3.0))
    return weight * (slope <= np.percentile(slope[weight > 0.5], _FLAT))


def _energy(grey: F32) -> F32:
    x = cv2.Sobel(grey, cv2.CV_32F, 1, 0, ksize=1, scale=0.5)
    y = cv2.Sobel(grey, cv2.CV_32F, 0, 1, ksize=1, scale=0.5)
    return np.asarray(x * x + y * y, np.float32)


def _mean(energy: F32, weight: F32) -> float:
    return float((energy * weight).sum(dtype=np.float64) / max(float(weight.sum(dtype=np.float64)), 1e-12))
