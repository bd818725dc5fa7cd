"""Light above diffuse white: kept where the plate has it, not invented where it has none."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.colour.curves import WHITE, white_shown

F32 = NDArray[np.float32]

MOST = 65504.0
"""Half float's maximum."""
_ORDINARY = 4.0
"""Above this many times the matte's median light it is a glint, not the light that falls on the face."""


def luminance(picture: F32) -> F32:
    """The mean of the channels of (..., 3)."""
    mean: F32 = np.add(picture[..., 0], picture[..., 1])
    mean += picture[..., 2]
    mean *= np.float32(1 / 3)
    return mean


def scaled(picture: F32, shares: F32) -> F32:
    """``picture`` (..., 3) times ``shares`` (...)."""
    factors = cv2.merge([shares.reshape(-1, 1)] * 3)
    return np.asarray(cv2.multiply(picture.reshape(-1, 1, 3), factors), np.float32).reshape(picture.shape)


def held(picture: F32, most: F32) -> F32:
    """Pixels of ``picture`` (n, h, w, 3) whose largest channel exceeds ``most`` (n,), darkened to it; hue is kept.

    No channel is below ``-most`` either. Returns the picture itself if all is within range.
    """
    flat = picture.reshape(len(picture), -1)
    beyond = (flat.max(axis=1, initial=0.0) > most) | (flat.min(axis=1, initial=0.0) < -most)
    if not beyond.any():
        return picture
    calm = picture.copy()
    for row in np.flatnonzero(beyond):
        calm[row] = _darkened(picture[row], most[row])
    return calm


def most_shown(plate: F32, matte: F32) -> float:
    """The maximum display value of a swap's channels: that of white, or the largest of the plate's crop (S, S, 3),
    display light, under ``matte`` (S, S).

    Displays show highlights by a logarithm, where a step of one code is a multiple of the light. If the plate has no
    highlights, an engine's values above white are noise: a red of 0.97 would be five times the light of white.
    """
    shown = cv2.copyTo(plate, (matte > 0).view(np.uint8))
    return max(white_shown(), float(np.max(shown, initial=0.0)))


def glare(plate: F32, matte: F32) -> F32:
    """The limit (n,) above which light in ``plate`` (n, h, w, 3) under ``matte`` (n, h, w) is a glint or a lamp."""
    return np.array([_glare(*each) for each in zip(plate, matte, strict=True)], np.float32)


def keep_highlights(swap: F32, plate: F32) -> F32:
    """Where the plate is brighter than diffuse white and the swap less bright, lift the swap to the plate's luminance.

    A ratio per pixel, faded in over one stop above white: highlights that engines can't know survive. Swaps that
    already have them, and plates without any, are not changed.
    """
    light = luminance(plate)
    if light.max(initial=0.0) <= WHITE:
        return swap
    weight = np.clip(light / WHITE - 1.0, 0.0, 1.0)
    ratio = np.maximum(light / np.maximum(luminance(swap), 1e-2), 1.0)
    return scaled(swap, (1.0 + weight * (ratio - 1.0)).astype(np.float32))


def _glare(plate: F32, matte: F32) -> float:
    if plate.max(initial=0.0) <= WHITE:
        return WHITE
    light = luminance(plate)[matte > 0]
    return max(WHITE, _ORDINARY * float(np.median(light))) if light.size else WHITE


def _darkened(picture: F32, most: np.float32) -> F32:
    largest = np.maximum(np.maximum(picture[..., 0], picture[..., 1]), picture[..., 2])
    darker = scaled(picture, np.minimum(most / np.maximum(largest, 1e-6), 1.0).astype(np.float32))
    return np.maximum(darker, -most, out=darker)
