"""Occluders of a face: found where the face differs from its expected look, then refined to the true edge."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.occlusion.own_face import SIZE, Expected, Floats
from fsvfx.occlusion.unlike import BY_HAND, SHIFT, SIGMAS, TOLERANCE, WEAK

Bools = NDArray[np.bool_]

_STRONG = 4.0
"""The difference, in tolerances, that starts a region where there is no hand."""
_LEAST = 0.0015
"""Minimum area of a region, relative to the face's."""
_RIM = 0.06
"""Occluders enter over the face's rim: this close, over the crop's side. An opening mouth does not."""
_NEAR_HAND = np.ones((21, 21), np.uint8)
_OPEN = np.ones((3, 3), np.uint8)


def difference(picture: Floats, expected: Expected) -> Floats:
    """(SIZE, SIZE): difference of the picture (Lab) from the expected face, in tolerances; 0 where that is unknown."""
    low, high = cv2.erode(expected.look, SHIFT), cv2.dilate(expected.look, SHIFT)
    inside = cv2.erode(expected.on_mesh, SHIFT)[..., None]
    low = np.where(inside > 0, low, np.minimum(expected.look, low + 1e3 * (low == 0)))
    beyond = np.maximum(np.maximum(low - picture, picture - high), 0)
    away = beyond / ((TOLERANCE + SIGMAS * expected.spread) * expected.rough)
    return np.asarray(np.sqrt((away**2).sum(axis=2)) * expected.on_mesh * expected.known, np.float32)


def regions(different: Floats, on_mesh: Floats, hand: Bools) -> Bools:
    """(SIZE, SIZE): connected parts with a weak difference throughout, a strong one somewhere, that touch the rim.

    hand: where hands were found: there a weak difference is enough.
    """
    weak = cv2.morphologyEx((different > WEAK).astype(np.uint8), cv2.MORPH_OPEN, _OPEN)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(weak, connectivity=8)
    kept = np.zeros(count, bool)
    rim = (on_mesh > 0) & (inner(on_mesh) == 0)
    at_face = bool((cv2.dilate(hand.astype(np.uint8), _NEAR_HAND) * on_mesh).any())
    strong = BY_HAND if at_face else _STRONG
    least = _LEAST * float(on_mesh.sum())
    start, touching, known = (
        np.bincount(labels[mask], minlength=count) for mask in (different > strong, rim, hand & (weak > 0))
    )
    for index in range(1, count):
        big = stats[index, cv2.CC_STAT_AREA] >= least
        kept[index] = big and ((start[index] > 0.15 * least + 2 and touching[index] > 0) or known[index] > 0.5 * least)
    return np.asarray(kept[labels])


def inner(on_mesh: Floats) -> Floats:
    """The mesh without its rim."""
    width = 2 * round(_RIM * SIZE) + 1
    padded = cv2.copyMakeBorder(on_mesh, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width))
    return np.asarray(cv2.erode(padded, disc)[1:-1, 1:-1], np.float32)


_BINS = 16
_LOW = np.array([0.0, -32.0, -32.0], np.float32)
_HIGH = np.array([100.0, 64.0, 64.0], np.float32)
_NOISE = np.array([4.0, 2.5, 2.5], np.float32)
"""Lab: deviation of a face's pixels from the expected ones."""
_NEAR = 7.0
"""Pixels of a SIZE crop: this far from the region may also belong to the occluder; beyond, it is the face."""
_WITHIN = 1.6 * _NEAR
"""Up to this distance, colors decide."""
_RADIUS, _EPSILON = 3, 4e-4
"""Parameters of the guided filter (He et al., 2013), on display values."""
_CRISP = 1.5
"""Compensates for the filter's softening of the edge."""


def refine(picture: Floats, expected: Expected, region: Bools, hand: Bools, guide: Floats) -> Floats:
    """The share (SIZE, SIZE) of each pixel covered by the occluder in ``region``.

    picture: Lab. hand: where a hand was found, also beyond the face. guide: the display crop (SIZE, SIZE, 3).
    """
    seeds = region | hand
    if not seeds.any():
        return np.zeros((SIZE, SIZE), np.float32)
    away = np.asarray(cv2.distanceTransform((~seeds).astype(np.uint8), cv2.DIST_L2, 3), np.float32)
    near = away <= _WITHIN
    seen = picture[near]
    bins = _bins(seen)
    thing = _histogram(picture[seeds])[bins]
    overall = _histogram(picture[(away > _NEAR) & (expected.on_mesh > 0)])[bins]
    lean = np.where(region, 3.0, np.where(hand, 2.0, -away / _NEAR * 2.5))[near]
    odds = np.log(thing) - np.log(_face_likelihood(seen, expected, near, overall)) + lean
    share = np.zeros((SIZE, SIZE), np.float32)
    share[near] = 1 / (1 + np.exp(-np.clip(1.5 * odds, -20, 20)))
    filtered = guided(guide, share)
    return np.asarray(np.clip(_CRISP * (filtered - 0.5) + 0.5, 0, 1), np.float32)


def guided(guide: Floats, matte: Floats) -> Floats:
    """The guided filter with a gray guide: edges of ``matte`` move to those of ``guide``."""
    grey = cv2.cvtColor(guide, cv2.COLOR_RGB2GRAY)
    side = (2 * _RADIUS + 1, 2 * _RADIUS + 1)
    mean, mean_matte = cv2.blur(grey, side), cv2.blur(matte, side)
    slope = (cv2.blur(grey * matte, side) - mean * mean_matte) / (cv2.blur(grey * grey, side) - mean**2 + _EPSILON)
    offset = mean_matte - slope * mean
    return np.asarray(cv2.blur(slope, side) * grey + cv2.blur(offset, side), np.float32)


_NOTHING = np.ones(1, np.float32)
_SMOOTH = cv2.getGaussianKernel(7, 0.7, cv2.CV_32F)
"""Smoothing of color densities, over bins."""


def _bins(picture: Floats) -> NDArray[np.int64]:
    places = np.clip((picture - _LOW) / (_HIGH - _LOW) * _BINS, 0, _BINS - 1).astype(np.int64)
    return np.asarray((places[..., 0] * _BINS + places[..., 1]) * _BINS + places[..., 2])


def _histogram(colours: Floats) -> Floats:
    """Density of colors (k, 3), smoothed: (_BINS ** 3,), per bin."""
    counts = np.bincount(_bins(colours), minlength=_BINS**3).astype(np.float32)
    smooth = counts.reshape(_BINS, _BINS, _BINS)
    for _ in range(3):  # along one axis, then rotate the axes
        along = np.asarray(cv2.sepFilter2D(smooth.reshape(_BINS, -1), -1, _NOTHING, _SMOOTH), np.float32)
        smooth = along.reshape(_BINS, _BINS, _BINS).transpose(1, 2, 0)
    return np.asarray(smooth.ravel() / max(float(smooth.sum()), 1.0) + 1e-5, np.float32)


def _face_likelihood(seen: Floats, expected: Expected, where: Bools, overall: Floats) -> Floats:
    """(k,) likelihoods of the colors (k, 3) at the k pixels ``where``: from the expected color there if that is known,
    otherwise from ``overall`` (k,), of the face's colors anywhere."""
    volume = float(np.prod((_HIGH - _LOW) / _BINS))
    sigma = _NOISE + expected.spread[where]
    away = (((seen - expected.look[where]) / sigma) ** 2).sum(axis=1)
    local = np.exp(-away / 2) / (15.75 * sigma.prod(axis=1)) * volume
    known = (expected.known[where] > 0.5) & (expected.on_mesh[where] > 0)
    return np.asarray(np.where(known, np.maximum(local, 0.03 * overall), overall) + 1e-5, np.float32)
