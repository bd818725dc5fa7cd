"""From a rough region to the thing's true edge: colours of the thing against the face that is expected there."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.occlusion.own_face import SIZE, Expected, Floats

Bools = NDArray[np.bool_]

_BINS = 16
_LOW = np.array([0.0, -32.0, -32.0], np.float32)
_HIGH = np.array([100.0, 64.0, 64.0], np.float32)
_NOISE = np.array([4.0, 2.5, 2.5], np.float32)
"""Lab: how a face's pixel scatters about what is expected."""
_NEAR = 7.0
"""Pixels of a SIZE crop about the region that may belong to it too."""
_RADIUS, _EPSILON = 3, 4e-4
"""Of the guided filter (He et al., 2013), on display values."""
_CRISP = 1.5
"""What the filter takes from the edge's steepness."""


def refine(picture: Floats, expected: Expected, region: Bools, hand: Bools, guide: Floats) -> Floats:
    """The share (SIZE, SIZE) of each pixel that the thing in ``region`` covers.

    picture: Lab. hand: where a hand was found, beyond the face too. guide: the display crop (SIZE, SIZE, 3).
    """
    seeds = region | hand
    if not seeds.any():
        return np.zeros((SIZE, SIZE), np.float32)
    away = np.asarray(cv2.distanceTransform((~seeds).astype(np.uint8), cv2.DIST_L2, 3), np.float32)
    thing = _likelihood(picture, _histogram(picture, seeds), away < 2 * _NEAR)
    face = _face_likelihood(picture, expected, (away > _NEAR) & (expected.on_mesh > 0))
    lean = np.where(region, 3.0, np.where(hand, 2.0, -away / _NEAR * 2.5))
    odds = np.log(thing) - np.log(face) + lean
    share = 1 / (1 + np.exp(-np.clip(1.5 * odds, -20, 20)))
    share[away > 1.6 * _NEAR] = 0
    filtered = guided(guide, share.astype(np.float32))
    return np.asarray(np.clip(_CRISP * (filtered - 0.5) + 0.5, 0, 1), np.float32)


def guided(guide: Floats, matte: Floats) -> Floats:
    """The guided filter with a grey guide: edges of ``matte`` move to those of ``guide``."""
    grey = cv2.cvtColor(guide, cv2.COLOR_RGB2GRAY)
    side = (2 * _RADIUS + 1, 2 * _RADIUS + 1)
    mean, mean_matte = cv2.blur(grey, side), cv2.blur(matte, side)
    slope = (cv2.blur(grey * matte, side) - mean * mean_matte) / (cv2.blur(grey * grey, side) - mean**2 + _EPSILON)
    offset = mean_matte - slope * mean
    return np.asarray(cv2.blur(slope, side) * grey + cv2.blur(offset, side), np.float32)


def _bins(picture: Floats) -> NDArray[np.int64]:
    places = np.clip((picture - _LOW) / (_HIGH - _LOW) * _BINS, 0, _BINS - 1).astype(np.int64)
    return np.asarray((places[..., 0] * _BINS + places[..., 1]) * _BINS + places[..., 2])


def _histogram(picture: Floats, where: Bools) -> Floats:
    """Colour density of the pixels, smoothed: (_BINS ** 3,), per bin."""
    from scipy.ndimage import gaussian_filter

    counts = np.bincount(_bins(picture)[where], minlength=_BINS**3).reshape(_BINS, _BINS, _BINS).astype(np.float32)
    smooth = gaussian_filter(counts, 0.7)
    return np.asarray(smooth.ravel() / max(float(smooth.sum()), 1.0) + 1e-5, np.float32)


def _likelihood(picture: Floats, density: Floats, where: Bools) -> Floats:
    found = np.full(picture.shape[:2], 1e-5, np.float32)
    found[where] = density[_bins(picture[where][None])[0]]
    return found


def _face_likelihood(picture: Floats, expected: Expected, face: Bools) -> Floats:
    """Of the expected colour where it is known, else of the face's colours anywhere."""
    volume = float(np.prod((_HIGH - _LOW) / _BINS))
    sigma = _NOISE + expected.spread
    away = (((picture - expected.look) / sigma) ** 2).sum(axis=2)
    local = np.exp(-away / 2) / (15.75 * sigma.prod(axis=2)) * volume
    overall = _likelihood(picture, _histogram(picture, face), np.ones(face.shape, bool))
    known = (expected.known > 0.5) & (expected.on_mesh > 0)
    return np.asarray(np.where(known, np.maximum(local, 0.03 * overall), overall) + 1e-5, np.float32)
