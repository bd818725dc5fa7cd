"""A face's own look over time, in its mesh's coordinates: what each spot of it looks like when nothing is in front."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.faces import topology
from fsvfx.faces.raster import Raster, rasterise, remap_points

Floats = NDArray[np.float32]

SIZE = 192
"""Crops are compared at this size; a face is about 130 px high in them."""
_FLAT = 128
"""The side of the flattened face, px."""
_FILL = 0.94
_LEAST_SEEN = 3
"""A spot that fewer frames show clean is unknown."""
_LEAST_CLEAN = 2
"""So many looks without any hand are enough."""
_UPPER = 0.1
"""The upper face ends here: at the cheekbones."""
_UNLIKE = 2.5
"""Lab: frames of one scene are within 1.6 of each other, other people 2.7 and more away."""
_THIN = 9
"""One pixel in so many of the flattened face tells its light."""
_SPREAD = 1.4826
"""Median absolute deviation -> sigma of a normal distribution."""


@dataclass(frozen=True)
class OwnFace:
    """look: (_FLAT, _FLAT, 3) Lab; spread: the same, sigma over time; known: (_FLAT, _FLAT), 0 or 1."""

    look: Floats
    spread: Floats
    known: Floats


@dataclass(frozen=True)
class Expected:
    """What the face would look like in a crop, nothing in front: all (SIZE, SIZE[, 3]); 0 beyond the mesh.

    rough: how much worse than usual that fits the upper face, at least 1: a turned head, another light.
    """

    look: Floats
    spread: Floats
    known: Floats
    on_mesh: Floats
    rough: float


def lab(picture: NDArray[np.floating]) -> Floats:
    """A display crop (S, S, 3) in [0, 1] as CIE Lab (SIZE, SIZE, 3) float32, L in [0, 100]."""
    small = cv2.resize(np.clip(picture.astype(np.float32), 0, 1), (SIZE, SIZE), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(cv2.GaussianBlur(small, (0, 0), 0.8), cv2.COLOR_RGB2LAB), np.float32)


def raster_of(landmarks: Floats) -> Raster:
    """The mesh (468, 3), in px of a SIZE crop."""
    return rasterise(landmarks, topology.TRIANGLES, SIZE)


def flat_places() -> Floats:
    """(p, 2) of the flattened face's pixels, x and y in [-1, 1] about its middle."""
    y, x = np.divmod(_flat().pixels, _FLAT)
    return np.stack([x, y], 1).astype(np.float32) * (2 / (_FLAT - 1)) - 1


def flattened(picture: Floats, mesh: Floats, hands: Floats | None = None) -> Floats:
    """The flattened face's pixels (p, 3) in a Lab crop; NaN under ``hands`` (SIZE, SIZE)."""
    flat = _flat()
    look = flat.sample(picture, mesh)
    if hands is not None:
        look[flat.sample(hands[..., None], mesh)[:, 0] > 0.05] = np.nan
    return look


def learn(looks: Floats, like: Floats) -> OwnFace | None:
    """The usual look of ``looks`` (m, p, 3), flattened, NaN where hands are; None if none will do.

    like: (k, p, 3), from the frames it is meant for: what is not like these (another light, after a cut) is left out.
    Where there are enough, looks without a hand anywhere are preferred: the next hand may go unnoticed.
    """
    home = _median(like)
    looks = looks[[_roughness(each, home) < _UNLIKE for each in looks]]
    clean = ~np.isnan(looks).any(axis=(1, 2))
    if clean.sum() >= _LEAST_CLEAN:
        looks = looks[clean]
    if not len(looks):
        return None
    seen = (~np.isnan(looks[..., 0])).sum(axis=0)
    look = _median(looks)
    level = np.stack([each - light(each, look) for each in looks])
    look = _median(level)
    spread = _SPREAD * _median(np.abs(level - look))
    known = (seen >= min(_LEAST_SEEN, len(looks))).astype(np.float32)
    return OwnFace(_picture(look), _picture(spread), _picture(known[:, None])[..., 0])


def light(seen: Floats, usual: Floats) -> Floats:
    """(p, 3): how far the light of ``seen`` is from that of ``usual`` (p, 3 Lab), as a plane over the flattened face.

    Robust (Tukey's biweight): a hand on part of the face does not change it. NaN: not known.
    """
    x = np.column_stack([flat_places(), np.ones(len(seen), np.float32)])[::_THIN]
    there = ~np.isnan(seen[::_THIN, 0]) & ~np.isnan(usual[::_THIN, 0])
    if there.sum() < 50:
        return np.zeros_like(seen)
    x, y = x[there], (seen - usual)[::_THIN][there]
    upper = np.where(x[:, 1] < _UPPER, 1.0, 0.35).astype(np.float32)
    plane, flatness = np.zeros((3, 3), np.float32), 1e-3 * np.diag([1, 1, 0])
    plane[2] = np.median(y[upper > 0.5] if (upper > 0.5).any() else y, axis=0)
    for _ in range(5):
        away = np.abs(y - x @ plane)
        scale = 4.685 * np.maximum(_SPREAD * np.median(away, axis=0), 0.7)
        weight = upper[:, None] * np.square(np.clip(1 - np.square(away / scale), 0, None))
        for channel in range(3):
            weighed = x * weight[:, channel : channel + 1]
            plane[:, channel] = np.linalg.solve(weighed.T @ x + flatness * len(x), weighed.T @ y[:, channel])
    return np.asarray(np.column_stack([flat_places(), np.ones(len(seen), np.float32)]) @ plane, np.float32)


def expected(own: OwnFace, picture: Floats, raster: Raster, mesh: Floats) -> Expected:
    """The own face in the light of ``picture`` (Lab, SIZE), in the place of ``mesh`` there."""
    flat = _flat()
    seen = flat.sample(picture, mesh)
    usual = flat.of_picture(own.look)
    hidden = flat.of_picture(own.known) < 0.5
    masked = seen.copy()
    masked[hidden] = np.nan
    usual = usual + light(masked, usual)
    lit = _picture(usual)
    places = raster.at_pixels(_flat_vertices()[:, :2])
    return Expected(
        raster.picture(remap_points(lit, places), np.zeros((SIZE, SIZE, 3), np.float32)),
        raster.picture(remap_points(own.spread, places), np.zeros((SIZE, SIZE, 3), np.float32)),
        raster.picture(remap_points(own.known[..., None], places), raster.nothing)[..., 0],
        raster.coverage,
        max(1.0, _away(masked - usual)),
    )


def _roughness(look: Floats, home: Floats) -> float:
    return _away(look - light(look, home) - home)


def _away(difference: Floats) -> float:
    """The usual difference (Lab) on the upper face, where hands are seldom."""
    upper = np.abs(difference[flat_places()[:, 1] < _UPPER])
    return float(np.nanmedian(upper)) if np.isfinite(upper).any() else np.inf


@lru_cache(maxsize=1)
def _flat_vertices() -> Floats:
    """The canonical mesh seen from the front, in px of the flattened face."""
    plane = topology.CANONICAL * np.array([1, -1, -1], np.float32)
    low, high = plane[:, :2].min(axis=0), plane[:, :2].max(axis=0)
    plane = plane.copy()
    plane[:, :2] = ((plane[:, :2] - (low + high) / 2) / (high - low).max() * _FILL + 0.5) * _FLAT - 0.5
    return np.asarray(plane, np.float32)


@lru_cache(maxsize=1)
def _flat() -> Raster:
    return rasterise(_flat_vertices(), topology.TRIANGLES, _FLAT)


def _picture(values: Floats) -> Floats:
    """(p, c) of the flattened face as a picture, carried on beyond its rim."""
    flat = _flat()
    picture = flat.picture(np.nan_to_num(values), np.zeros((_FLAT, _FLAT, values.shape[1]), np.float32))
    rim = cv2.dilate(picture, np.ones((5, 5), np.uint8)).reshape(picture.shape)
    return np.asarray(np.where(flat.coverage[..., None] > 0, picture, rim), np.float32)


def _median(values: Floats) -> Floats:
    """Over the first axis, NaN left out."""
    with np.errstate(all="ignore"):
        import warnings

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return np.asarray(np.nanmedian(values, axis=0), np.float32)
