"""The resolution of a swap: softened to that of its plate, or reduced.

An edge's softness shows in how much of its gradient survives a further blur: little of a sharp edge, most of a soft one
(Zhuo and Sim: "Defocus Map Estimation From a Single Image", 2011). Here that ratio is computed from energies in small
windows, so that the energy of grain, known from the flattest parts, can be subtracted; the sharper ones of the
strongest edges represent the picture. Naturally soft features such as cheeks and lips bias plate and swap equally: so
the swap is blurred, and measured again, until both agree.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.comp.finish.pictures import gaussian, grey_of, held, to_display, to_light

F32 = NDArray[np.float32]

_BLUR = 0.8
"""Gradients are compared after a blur of this many px and after one of twice that; the blur also keeps grain out."""
_COARSE = 2.0
"""For soft pictures those blurs are up to this much wider: grain then hides less of the weak gradients."""
_SOFT = 1.5
"""Width of edges, in px, above which wider blurs are used."""
_FALL = 1.5
"""Over an edge of variance v the energy left after a blur s falls as (v + s^2)^-1.5/2: between a step and a line."""
_WINDOW = 3
"""Half its side, in px."""
_SHARPER = 35
"""Percentile of the edges' variances that represents the picture: shading looks like a soft edge."""
_FLAT, _EDGES = 30, 20
"""Percent of the face that counts as flat, and as edges."""
_LEAST = 256
"""With fewer pixels of face, nothing is measured."""
_UNSEEN = 0.15
"""Blurs below this sigma are skipped."""
_WIDEST = 12.0
_ROUNDS = 3
_CLOSE = 0.02
_FEWEST = 8
"""Pixels a side that `degrade` always keeps."""


def match_resolution(crop: F32, plate_crop: F32, share: NDArray[np.floating], amount: float, *, scale: float) -> F32:
    """Soften ``crop`` (S, S, 3), display light, by ``amount`` percent of how much sharper it is than the plate.

    plate_crop: (S, S, 3), the same part of the plate; share: (S, S), where both are measured; scale: crop px per plate
    px. Never sharpens; returns the crop unchanged where there is too little face to measure.
    """
    if amount == 0:
        return crop
    sigma = amount / 100 * softer_by(plate_crop, through_plate(crop, scale), share)
    if sigma < _UNSEEN:
        return crop
    return held(to_display(gaussian(to_light(crop), sigma)), crop)


def degrade(crop: F32, amount: float, *, scale: float) -> F32:
    """Shrink ``crop`` (S, S, 3), display light, by ``amount`` percent of its size in the plate, and enlarge it again.

    Areas are averaged in light on the way down, as a sensor does; cubic on the way up, as players do. ``scale``: crop
    px per plate px. A crop that is finer than its plate shrinks from the plate's size.
    """
    if amount == 0:
        return crop
    size = crop.shape[0]
    small = max(_FEWEST, round(size / max(scale, 1.0) * (1 - amount / 100)))
    if small >= size:
        return crop
    coarse = np.asarray(cv2.resize(to_light(crop), (small, small), interpolation=cv2.INTER_AREA), np.float32)
    grown = cv2.resize(to_display(coarse), (size, size), interpolation=cv2.INTER_CUBIC)
    return held(np.asarray(grown, np.float32), crop)


def softer_by(plate: F32, swap: F32, share: NDArray[np.floating]) -> float:
    """The sigma, in px, of the Gaussian that makes ``swap`` (S, S, 3) as soft as ``plate``; 0 if it is as soft or
    softer, or if the face is too small to measure. share: (S, S), weights in [0, 1]."""
    weight = np.ascontiguousarray(share, np.float32)
    if (weight > 0.5).sum() < _LEAST:
        return 0.0
    ours, grey = grey_of(plate), grey_of(swap)
    times = float(np.clip(np.sqrt(edge_variance(ours, weight)) / _SOFT, 1.0, _COARSE))
    wanted = edge_variance(ours, weight, times)
    past, had = 0.0, edge_variance(grey, weight, times)
    if not wanted > had:
        return 0.0
    added = wanted - had
    for _ in range(_ROUNDS):
        has = edge_variance(gaussian(grey, np.sqrt(added)), weight, times)
        if abs(has - wanted) < _CLOSE * wanted or abs(has - had) < 1e-6:
            break
        past, had, added = added, has, added + (added - past) * (wanted - has) / (has - had)
        added = float(np.clip(added, 0.0, _WIDEST**2))
    return float(np.sqrt(added))


def edge_variance(grey: F32, weight: F32, times: float = 1.0) -> float:
    """How wide the edges of ``grey`` (S, S) are, as the variance in px of the Gaussian that would blur a step that
    much.

    For comparison only: natural edges are wider than the picture's blur alone makes them. weight: (S, S) float32.
    times: how much coarser to measure.
    """
    blur, side = _BLUR * times, 2 * round(_WINDOW * times) + 1
    once = gaussian(grey, blur)
    fine, coarse = _energy(once), _energy(gaussian(once, np.sqrt(3.0) * blur))
    inside = weight > 0.5
    slope = _window(coarse, side)
    flat = inside & (slope <= np.percentile(slope[inside], _FLAT))
    area = _window(weight, side)
    fine, coarse = (_window(each * weight, side) - area * each[flat].mean() for each in (fine, coarse))
    edges = inside & (coarse >= np.percentile(coarse[inside], 100 - _EDGES)) & (fine > 0) & (coarse > 0)
    if not edges.any():
        return 0.0
    fall = np.maximum((fine[edges] / coarse[edges]) ** (2 / _FALL), 1.0005)
    return max(float(np.percentile(blur**2 * (4 - fall) / (fall - 1), _SHARPER)), 0.0)


def through_plate(crop: F32, scale: float) -> F32:
    """A crop resampled to plate pixels and back, if it is finer than those."""
    size = crop.shape[0]
    small = round(size / scale)
    if small >= size:
        return crop
    there = cv2.resize(crop, (small, small), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(there, (size, size), interpolation=cv2.INTER_CUBIC), np.float32)


def _energy(grey: F32) -> F32:
    x = cv2.Sobel(grey, cv2.CV_32F, 1, 0, ksize=1, scale=0.5)
    y = cv2.Sobel(grey, cv2.CV_32F, 0, 1, ksize=1, scale=0.5)
    return np.asarray(x * x + y * y, np.float32)


def _window(picture: F32, side: int) -> F32:
    return np.asarray(cv2.blur(picture, (side, side), borderType=cv2.BORDER_REFLECT_101), np.float32)
