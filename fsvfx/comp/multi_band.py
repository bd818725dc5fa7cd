"""Blends by bands: the swap's detail over the plate's light."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.comp.pyramid import Pyramid, joined, split, weights_of

F32 = NDArray[np.float32]

_MOST = 1.6
"""Contrast is matched by no more than this factor, either way."""
_WINDOW = 0.18
"""Standard deviation of the window in which contrast is local, as a share of the region's longer side: the light on a
cheek or a brow, not single features."""
_DARK = 0.5
"""Below this share of the swap's mean light, what is added becomes a gain."""
_ROOM = 1.1
"""Nor is more taken away than the swap's light over this."""
_FLAT = 0.003
"""A band that varies by less than this share of the light is flat: noise, whose contrast says nothing."""


def multi_band(swap: F32, plate: F32, matte: F32, count: int, *, contrast: bool = False) -> F32:
    """``swap`` with the light of ``plate`` (both (h, w, 3), scene-linear) under ``matte`` (h, w); ``count`` bands.

    Burt and Adelson: "A Multiresolution Spline with Application to Image Mosaics", 1983; within the matte only. The
    lowest band is the plate's; in the others the swap's share fades out towards the rim, over a length that grows with
    the band, but in the finest, which is left to the matte's own edge. ``contrast``: each of the swap's bands first
    gets the plate's local contrast, as in Naruniec et al.: "High-Resolution Neural Face Swapping for Visual Effects",
    2020. In the dark less is changed, so that pupils, nostrils and open mouths neither turn milky nor fall below black.
    Gives (h, w, 3) float32; zero where the matte is.
    """
    weights = weights_of(matte, count)
    inside = weights_of((matte > 0).astype(np.float32), count)
    over, under = split(swap, weights), split(plate, weights)
    if contrast:
        over = _contrasted(over, under)
    bands = [over.bands[0] if len(weights) > 1 else under.bands[0]]
    for depth in range(1, len(weights) - 1):
        share = np.clip(2 * inside[depth] - 1, 0, 1)[..., None]
        bands.append(under.bands[depth] + share * (over.bands[depth] - under.bands[depth]))
    blended = joined(over.with_bands([*bands, under.bands[-1]] if len(weights) > 1 else bands))
    return _safe_in_the_dark(swap, blended, matte)


def _safe_in_the_dark(swap: F32, blended: F32, matte: F32) -> F32:
    """``blended``, where the swap is dark with a gain's effect: what is added fades with the swap's own light."""
    share = matte[..., None]
    change = (blended - swap) * (share > 0)
    light = (swap * share).sum(axis=(0, 1)) / max(float(matte.sum()), 1e-6)
    level = np.maximum(_DARK * light, _ROOM * -change)
    part = np.divide(swap, level, out=np.ones_like(swap), where=level > 1e-6)
    safe: F32 = (swap + change * np.clip(part, 0, 1, out=part)) * (share > 0)
    return safe


def _contrasted(over: Pyramid, under: Pyramid) -> Pyramid:
    """``over``, each band but the lowest scaled to ``under``'s local contrast."""
    weight = over.weights[-1]
    light = np.maximum(under.bands[-1].mean(axis=-1), 0)
    bands = []
    for depth, band in enumerate(over.bands[:-1]):
        flat = np.square(_FLAT * light) + np.float32(1e-12)
        energies = [_energy(each.bands[depth], each.weights[depth], weight) + flat for each in (over, under)]
        gain = np.clip(np.sqrt(energies[1] / energies[0]), 1 / _MOST, _MOST)
        bands.append(band * cv2.resize(gain, band.shape[1::-1], interpolation=cv2.INTER_LINEAR)[..., None])
    return over.with_bands([*bands, over.bands[-1]])


def _energy(band: F32, fine: F32, coarse: F32) -> F32:
    """The band's local mean square within the matte, on the grid of the lowest band."""
    squares = np.square(band).mean(axis=-1) * fine
    size = coarse.shape[1::-1]
    sums = [cv2.resize(each, size, interpolation=cv2.INTER_AREA) for each in (squares, fine)]
    sigma = max(_WINDOW * max(size), 0.8)
    total, weight = (cv2.GaussianBlur(each, (0, 0), sigma) for each in sums)
    return np.divide(total, weight, out=np.zeros_like(total), where=weight > 1e-9)
