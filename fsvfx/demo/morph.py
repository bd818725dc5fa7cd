"""Bends a portrait so that given mesh points come to lie elsewhere: the demo's puppeteer."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import RBFInterpolator

Points = NDArray[np.float32]
Picture = NDArray[np.uint8]

_GRID = 8  # px between the places where the bend is computed
_STIFF = 3.0  # px: how far the bend may miss a point, so that it never folds
_KNOTS = np.s_[::3]  # a third of the mesh says enough, and solves fast
_REACH = 1.9  # the bend has died away at this many face radii


def morph(picture: Picture, points: Points, moved: Points) -> Picture:
    """Warp ``picture`` (H, W, 3) so that ``points`` (k, 2) land on ``moved`` (k, 2), px.

    Far from the face nothing moves.
    """
    height, width = picture.shape[:2]
    ring = _ring(points)
    ends = np.concatenate([moved[_KNOTS], ring])
    pulls = np.concatenate([(points - moved)[_KNOTS], np.zeros_like(ring)])
    bend = RBFInterpolator(ends, pulls, kernel="thin_plate_spline", smoothing=_STIFF)
    ys, xs = np.mgrid[0 : height + _GRID : _GRID, 0 : width + _GRID : _GRID]
    places = np.stack([xs.ravel(), ys.ravel()], 1).astype(np.float32)
    inside = _falloff(places, points)
    coarse = np.zeros((len(places), 2), np.float32)
    near = inside > 0
    coarse[near] = bend(places[near]) * inside[near, None]
    field: Any = cv2.resize(coarse.reshape(*xs.shape, 2), None, fx=_GRID, fy=_GRID, interpolation=cv2.INTER_CUBIC)
    # cv2.resize puts sample centres half a cell off the grid's corners
    shift = np.array([[1, 0, -(_GRID - 1) / 2], [0, 1, -(_GRID - 1) / 2]], np.float32)
    field = cv2.warpAffine(field, shift, (width, height), borderMode=cv2.BORDER_REPLICATE)
    gy, gx = np.mgrid[0:height, 0:width].astype(np.float32)
    warped = cv2.remap(
        picture, gx + field[..., 0], gy + field[..., 1], cv2.INTER_LANCZOS4, borderMode=cv2.BORDER_REFLECT
    )
    return np.asarray(warped, np.uint8)


def _middle(points: Points) -> tuple[Points, float]:
    middle = (points.min(0) + points.max(0)) / 2
    return middle.astype(np.float32), float(np.linalg.norm(points - middle, axis=1).max())


def _ring(points: Points) -> Points:
    middle, radius = _middle(points)
    turns = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    ring = middle + _REACH * radius * np.stack([np.cos(turns), np.sin(turns)], 1)
    return ring.astype(np.float32)


def _falloff(places: Points, points: Points) -> NDArray[np.float32]:
    middle, radius = _middle(points)
    away = np.linalg.norm(places - middle, axis=1) / radius
    part = np.clip((_REACH - away) / (_REACH - 1.2), 0, 1)
    return np.asarray(part * part * (3 - 2 * part), np.float32)
