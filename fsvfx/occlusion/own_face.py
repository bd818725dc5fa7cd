"""A face's own look over time, in its mesh's coordinates: the usual look of each spot without occlusion."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.faces import topology
from fsvfx.faces.raster import Raster, rasterise, remap_points

Floats = NDArray[np.float32]

SIZE = 192
"""Crops are compared at this size; a face is about 130 px high there."""
FLAT = 128
"""The side of the flattened face, px."""
_FILL = 0.94
_LEAST_SEEN = 3
"""A spot that fewer frames show unoccluded is unknown."""
_LEAST_CLEAN = 2
"""This many looks without any hand are enough."""
_UPPER = 0.1
"""The lower end of the upper face: at the cheekbones."""
_UNLIKE = 2.5
"""Lab: frames of one scene are within 1.6 of each other, other people are at 2.7 and more."""
_THIN = 9
"""One pixel in this many of the flattened face is used to estimate its light."""
_SPREAD = 1.4826
"""Median absolute deviation -> sigma of a normal distribution."""


@dataclass(frozen=True)
class OwnFace:
    """For the flattened face's p pixels: look (p, 3) Lab; spread (p, 3), sigma over time; known (p,), 0 or 1."""

    look: Floats
    spread: Floats
    known: Floats

    @cached_property
    def pictures(self) -> Floats:
        """(FLAT, FLAT, 4): spread and known."""
        return _picture(np.column_stack([self.spread, self.known]))


@dataclass(frozen=True)
class Expected:
    """The expected look of the unoccluded face in a crop: all (SIZE, SIZE[, 3]); 0 beyond the mesh.

    rough: how much worse than usual it fits the upper face, at least 1: a turned head, different light.
    """

    look: Floats
    spread: Floats
    known: Floats
    on_mesh: Floats
    rough: float


def lab(small: Floats) -> Floats:
    """A display crop (SIZE, SIZE, 3) in [0, 1] as CIE Lab, L in [0, 100]."""
    return np.asarray(cv2.cvtColor(cv2.GaussianBlur(small, (0, 0), 0.8), cv2.COLOR_RGB2LAB), np.float32)


def flattened(picture: Floats, mesh: Floats) -> Floats:
    """The flattened face's pixels (p, c) in a crop (SIZE, SIZE, c)."""
    return flat_raster().sample(picture, mesh)


def without(look: Floats, hands: Floats, mesh: Floats) -> Floats:
    """``look`` (p, 3), NaN under ``hands`` (SIZE, SIZE)."""
    return np.where(flattened(hands[..., None], mesh) > 0.05, np.float32(np.nan), look)


def facing(mesh: Floats) -> NDArray[np.bool_]:
    """(p,): the flattened face's pixels that face the camera in ``mesh``."""
    a, b, c = (mesh[:, :2][each] for each in topology.TRIANGLES.T)
    seen = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) < (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    return np.asarray(seen[flat_raster().triangles])


def learn(looks: Floats, like: Floats) -> OwnFace | None:
    """The usual look of ``looks`` (m, p, 3), flattened, NaN where hands are; None if none is usable.

    like: (k, p, 3), from the frames that it is used for: dissimilar looks (different light, after a cut) are left out.
    If there are enough, looks without any hand are preferred: another hand may have been missed.
    """
    home = _median(like)
    level = looks - np.stack([light(each, home) for each in looks])
    fits = [_away(each - home) < _UNLIKE for each in level]
    looks, level = looks[fits], level[fits]
    clean = ~np.isnan(looks).any(axis=(1, 2))
    if clean.sum() >= _LEAST_CLEAN:
        looks, level = looks[clean], level[clean]
    if not len(looks):
        return None
    seen = (~np.isnan(level[..., 0])).sum(axis=0)
    look = _median(level)
    spread = _SPREAD * _median(np.abs(level - look))
    known = (seen >= min(_LEAST_SEEN, len(level))).astype(np.float32)
    return OwnFace(np.nan_to_num(look), np.nan_to_num(spread), known)


def light(seen: Floats, usual: Floats) -> Floats:
    """(p, 3): the difference in light of ``seen`` from ``usual`` (p, 3 Lab), as a plane over the flattened face.

    Robust (Tukey's biweight): a hand on part of the face does not change it. NaN: unknown.
    """
    x, upper, products = _thinned()
    y = (seen - usual)[::_THIN]
    there = ~np.isnan(y[:, 0])
    if there.sum() < 50:
        return np.zeros_like(seen)
    if not there.all():
        x, y, upper, products = x[there], y[there], upper[there], products[there]
    top = upper[:, 0] > 0.5
    plane, flatness = np.zeros((3, 3), np.float32), 1e-3 * len(x) * np.diag([1, 1, 0])
    plane[2] = _middle((y[top] if top.any() else y).T)
    for _ in range(5):
        away = np.abs(y - x @ plane)
        scale = 4.685 * np.maximum(_SPREAD * _middle(away.T), 0.7)
        weight = upper * np.square(np.maximum(1 - np.square(away / scale), 0))
        normal = (weight.T @ products).reshape(3, 3, 3) + flatness
        plane = np.linalg.solve(normal, ((weight * y).T @ x)[..., None])[..., 0].T.astype(np.float32)
    return np.asarray(_places() @ plane, np.float32)


def lit(own: OwnFace, seen: Floats) -> tuple[Floats, float]:
    """The own look (p, 3) in the light of ``seen`` (p, 3), and how much worse than usual it fits, at least 1."""
    known = np.where(own.known[:, None] > 0, seen, np.float32(np.nan))
    usual = own.look + light(known, own.look)
    return usual, max(1.0, _away(known - usual))


def expected(own: OwnFace, seen: Floats, raster: Raster) -> Expected:
    """The own face in the light of ``seen`` (p, 3; flattened), at the position of its mesh's ``raster`` in a SIZE
    crop."""
    usual, rough = lit(own, seen)
    whole = np.dstack([_picture(usual), own.pictures])
    shown = raster.picture(
        _remapped(whole, raster.at_pixels(_flat_vertices()[:, :2])), np.zeros((SIZE, SIZE, 7), np.float32)
    )
    look, spread, known = np.split(shown, [3, 6], axis=2)
    return Expected(np.ascontiguousarray(look), spread, known[..., 0], raster.coverage, rough)


def _remapped(picture: Floats, points: Floats) -> Floats:
    """cv2 remaps at most four channels at a time."""
    parts = [remap_points(np.ascontiguousarray(picture[..., part]), points) for part in (slice(0, 3), slice(3, 7))]
    return np.hstack(parts)


@lru_cache(maxsize=1)
def flat_raster() -> Raster:
    return rasterise(_flat_vertices(), topology.TRIANGLES, FLAT)


def _away(difference: Floats) -> float:
    """The typical difference (Lab) on the upper face, where hands are rare."""
    upper = np.abs(difference[_places()[:, 1] < _UPPER])
    known = upper[~np.isnan(upper)]
    return float(_middle(known[None])[0]) if len(known) else np.inf


def _middle(rows: Floats) -> Floats:
    """(k, n) -> (k,): the median of each row, for even n the larger of the two middle ones: a third of np.median's
    cost."""
    return np.asarray(np.partition(rows, rows.shape[1] // 2, axis=1)[:, rows.shape[1] // 2], np.float32)


@lru_cache(maxsize=1)
def _places() -> Floats:
    """(p, 3): x and y of the flattened face's pixels, in [-1, 1] around its center, and 1."""
    y, x = np.divmod(flat_raster().pixels, FLAT)
    x, y = (each * (2 / (FLAT - 1)) - 1 for each in (x, y))
    return np.column_stack([x, y, np.ones(len(x))]).astype(np.float32)


@lru_cache(maxsize=1)
def _thinned() -> tuple[Floats, Floats, Floats]:
    """For the pixels used to estimate the light: places (k, 3), weights (k, 1), and products of the places' components
    (k, 9)."""
    x = _places()[::_THIN]
    upper = np.where(x[:, 1:2] < _UPPER, np.float32(1), np.float32(0.35))
    return x, upper, (x[:, :, None] * x[:, None]).reshape(-1, 9)


@lru_cache(maxsize=1)
def _flat_vertices() -> Floats:
    """The canonical mesh seen from the front, in px of the flattened face."""
    plane = topology.CANONICAL * np.array([1, -1, -1], np.float32)
    low, high = plane[:, :2].min(axis=0), plane[:, :2].max(axis=0)
    plane = plane.copy()
    plane[:, :2] = ((plane[:, :2] - (low + high) / 2) / (high - low).max() * _FILL + 0.5) * FLAT - 0.5
    return np.asarray(plane, np.float32)


def _picture(values: Floats) -> Floats:
    """(p, c) of the flattened face as a picture, extended beyond its rim."""
    flat = flat_raster()
    picture = flat.picture(np.nan_to_num(values), np.zeros((FLAT, FLAT, values.shape[1]), np.float32))
    rim = cv2.dilate(picture, np.ones((5, 5), np.uint8)).reshape(picture.shape)
    return np.asarray(np.where(flat.coverage[..., None] > 0, picture, rim), np.float32)


def _median(values: Floats) -> Floats:
    """Over the first axis, ignoring NaN; NaN where there is nothing else."""
    ordered = np.sort(values, axis=0)  # sorts NaN last
    count = (~np.isnan(values)).sum(axis=0)[None]
    middle = [np.take_along_axis(ordered, np.maximum(at, 0), axis=0)[0] for at in ((count - 1) // 2, count // 2)]
    last = len(values) - 1
    assert last >= 0
    return np.asarray((middle[0] + np.where(count[0] > 0, middle[1], middle[0])) / 2, np.float32)
