"""Samples pictures at a model's vertices: colors, slopes, and from these a person's albedo and a frame's light."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from fsvfx.faces.raster import blur
from fsvfx.morphable.light import shading, solved, to_light, to_shown, unlit
from fsvfx.morphable.model import Floats, Ints, Morphable
from fsvfx.morphable.placing import Placing

_SIDE = 256
"""Maximum picture size for sampling: a face is then about 180 px high."""
_SOFT = 0.8
"""Sigma, in px of these: slopes reach two pixels away."""
_FACES, _FULLY = 0.15, 0.5
"""Cosines to the camera below which a vertex has no weight, and above which it has full weight."""
_UNLIKE = 0.15
"""Share by which one picture's albedo may differ from that of most others (a shadow, a hand, glare)."""
_UNSEEN = 0.05
"""Weight of neutral albedo, where hardly any picture shows a vertex."""
_LEAST, _MOST = 0.05, 2.0
"""Limits of albedo, relative to the skin's mean."""


@dataclass(frozen=True, eq=False)
class Pictures:
    """n pictures, shrunk and blurred: shown (n, s, s, 4) display RGB and its mean; slopes (n, s, s, 2) of that mean to
    the right and down, per px; zoom: their px per px of the crops."""

    shown: Floats
    slopes: Floats
    zoom: float

    @classmethod
    def of(cls, crops: Floats) -> Pictures:
        """From crops (n, S, S, 3) display."""
        side = min(crops.shape[1], _SIDE)
        made = [_soft(crop, side) for crop in crops]
        slopes = [np.dstack([cv2.filter2D(each[..., 3], -1, k) for k in (_RIGHT, _RIGHT.T)]) for each in made]
        return cls(np.stack(made), np.stack(slopes).astype(np.float32), side / crops.shape[1])

    def at(self, places: Floats) -> Sampled:
        """At positions (n, p, 2) px of the crops; beyond a picture its edge is repeated, and ``inside`` is 0."""
        half = np.float32(0.5)
        there = (places + half) * np.float32(self.zoom) - half
        shown = np.stack([_sampled(picture, each) for picture, each in zip(self.shown, there, strict=True)])
        slopes = np.stack([_sampled(picture, each) for picture, each in zip(self.slopes, there, strict=True)])
        inside = ((there > 0) & (there < self.shown.shape[1] - 1)).all(axis=-1)
        return Sampled(shown[..., :3], shown[..., 3], slopes * np.float32(self.zoom), inside.astype(np.float32))


@dataclass(frozen=True, eq=False)
class Sampled:
    """shown: (n, p, 3) display; grey: (n, p) its mean; slopes: (n, p, 2) of that, per crop px; inside: (n, p)."""

    shown: Floats
    grey: Floats
    slopes: Floats
    inside: Floats


_RIGHT = np.array([[-0.5, 0, 0.5]], np.float32)


def _soft(crop: Floats, side: int) -> Floats:
    small = crop if len(crop) == side else cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA)
    rgb = blur(np.asarray(small, np.float32), _SOFT)
    return np.dstack([rgb, rgb.mean(axis=2)])


def _sampled(picture: Floats, places: Floats) -> Floats:
    x, y = np.ascontiguousarray(places.T)
    taken = cv2.remap(picture, x[None], y[None], interpolation=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(taken[0], np.float32)


def facing(normals: Floats) -> Floats:
    """How well vertices with normals (..., 3) in the camera's axes are visible, in [0, 1]."""
    return np.asarray(np.clip((normals[..., 2] - _FACES) / (_FULLY - _FACES), 0, 1), np.float32)


def light_of(
    pictures: Pictures, placing: Placing, points: Floats, normals: Floats, albedo: Floats, weights: Floats
) -> Floats:
    """(n, 9, 3): the light that explains the colors of points (n, p, 3) with normals (p, 3) and albedo (p, 3).

    weights: (p,) each point's weight.
    """
    seen = pictures.at(placing.seen(points)[..., :2])
    turned = placing.turned(normals)
    return solved(to_light(seen.shown), albedo, turned, weights * facing(turned) * seen.inside)


def albedo_of(
    model: Morphable, pictures: Pictures, placing: Placing, points: Floats, normals: Floats, light: Floats
) -> Floats:
    """(v, 3): the consensus of the pictures, relative to the mean of bare skin; 1 where none shows a vertex.

    points: (n, v, 3), normals: (v, 3) of all of the model's vertices.
    """
    found, trust = _each(pictures, placing, points, normals, light)
    weight, made = trust, _mean(found, trust)
    for _ in range(2):
        off = np.abs(found / np.maximum(made, _LEAST) - 1).mean(axis=-1)
        weight = trust / (1 + (off / np.float32(_UNLIKE)) ** 2)
        made = _mean(found, weight)
    skin = model.skin * np.minimum(weight.sum(axis=0), 1)
    mean = (made * skin[:, None]).sum(axis=0) / np.maximum(skin.sum(), 1e-6)
    return np.asarray(np.clip(made / np.maximum(mean, 1e-3), _LEAST, _MOST), np.float32)


def _each(
    pictures: Pictures, placing: Placing, points: Floats, normals: Floats, light: Floats
) -> tuple[Floats, Floats]:
    """Each picture's estimate (n, v, 3), and its trust (n, v)."""
    seen = pictures.at(placing.seen(points)[..., :2])
    turned = placing.turned(normals)
    found = unlit(to_light(seen.shown), light, turned)
    return np.clip(found, _LEAST, _MOST), facing(turned) ** 2 * seen.inside


def _mean(found: Floats, weights: Floats) -> Floats:
    total = (found * weights[..., None]).sum(axis=0) + np.float32(_UNSEEN)
    return np.asarray(total / (weights.sum(axis=0) + np.float32(_UNSEEN))[:, None], np.float32)


def expected(light: Floats, normals: Floats, albedo: Floats) -> Floats:
    """(n, p, 3) display: points with normals (n, p, 3), camera axes, and albedo (p, 3), under light (n, 9, 3)."""
    return to_shown(shading(light, normals) * albedo)


def probes_of(neutral: Floats, on_face: Floats, count: int) -> Ints:
    """(count,) vertices spread over the region where ``on_face`` (v,) is positive: each the farthest from those before
    it."""
    able = np.flatnonzero(on_face > 0)
    points = neutral[able]
    away = np.full(len(able), np.inf)
    chosen = [int(np.argmax(points[:, 2]))]
    for _ in range(min(count, len(able)) - 1):
        away = np.minimum(away, ((points - points[chosen[-1]]) ** 2).sum(axis=1))
        chosen.append(int(np.argmax(away)))
    return np.asarray(able[chosen], np.int64)
