"""Where a face does not look as it should: the first sign of something in front of it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.occlusion.own_face import SIZE, Expected, Floats

Bools = NDArray[np.bool_]

_TOLERANCE = np.array([6.0, 3.0, 3.0], np.float32)
"""Lab: codecs, noise and shine differ by less."""
_SIGMAS = 2.0
_SHIFT = np.ones((5, 5), np.uint8)
"""Landmarks may be off by two pixels of a SIZE crop: what the face shows within that is no difference."""
_STRONG, _STRONG_BY_HAND, _WEAK = 4.0, 2.0, 1.2
"""Differences, in tolerances, that start a region, that do so where hands are at the face, and that carry it on."""
_LEAST = 0.0015
"""A region's least area over the face's."""
_RIM = 0.06
"""What is in front comes in over the face's rim: so near, over the crop's side. A mouth that opens does not."""
_NEAR_HAND = np.ones((21, 21), np.uint8)
_OPEN = np.ones((3, 3), np.uint8)


def difference(picture: Floats, expected: Expected) -> Floats:
    """(SIZE, SIZE): how far the picture (Lab) is from the expected face, in tolerances; 0 where that is not known."""
    low, high = cv2.erode(expected.look, _SHIFT), cv2.dilate(expected.look, _SHIFT)
    inside = cv2.erode(expected.on_mesh, _SHIFT)[..., None]
    low = np.where(inside > 0, low, np.minimum(expected.look, low + 1e3 * (low == 0)))
    beyond = np.maximum(np.maximum(low - picture, picture - high), 0)
    away = beyond / ((_TOLERANCE + _SIGMAS * expected.spread) * expected.rough)
    return np.asarray(np.sqrt((away**2).sum(axis=2)) * expected.on_mesh * expected.known, np.float32)


def regions(different: Floats, on_mesh: Floats, hand: Bools) -> Bools:
    """(SIZE, SIZE): connected parts that differ weakly throughout, strongly somewhere, and come in over the rim.

    hand: where hands were found: there a weak difference will do.
    """
    weak = cv2.morphologyEx((different > _WEAK).astype(np.uint8), cv2.MORPH_OPEN, _OPEN)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(weak, connectivity=8)
    kept = np.zeros(count, bool)
    rim = (on_mesh > 0) & (inner(on_mesh) == 0)
    at_face = bool((cv2.dilate(hand.astype(np.uint8), _NEAR_HAND) * on_mesh).any())
    strong = _STRONG_BY_HAND if at_face else _STRONG
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
