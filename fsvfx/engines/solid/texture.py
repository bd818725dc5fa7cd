"""An identity's albedo, laid out by the model's UV: what all its pictures show, their light taken out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fsvfx.engines.solid.identity import SolidIdentity
from fsvfx.engines.solid.surface import Surface
from fsvfx.faces.raster import Raster, remap_points
from fsvfx.morphable import zbuffer
from fsvfx.morphable.light import to_light, unlit
from fsvfx.morphable.model import Floats

SIDE = 512
_UNLIKE = 0.2
"""Share by which one picture's albedo may differ from most others'."""
_FILL = 0.02
"""Weight of the coarse albedo, where hardly any picture shows anything: what no view shows is taken for dark."""
_DARK = 0.15
"""Of albedo where no view shows anything: nostrils, the inside of lips."""
_LEAST, _MOST = 0.02, 1.8
_SHARPER = 2
"""Power of a picture's trust: the better half of two makes most of a blend, which stays sharp."""


@dataclass(frozen=True, eq=False)
class Texture:
    """albedo: (SIDE, SIDE, 3), over the mean of bare skin; places: (u, 2) of the surface's UV in it, px."""

    albedo: Floats
    places: Floats


def places(surface: Surface) -> Floats:
    """(u, 2) px: where the surface's UV lie in the texture."""
    return np.asarray(np.column_stack([surface.uv[:, 0], 1 - surface.uv[:, 1]]) * (SIDE - 1), np.float32)


def texture(identity: SolidIdentity, surface: Surface) -> Texture:
    """From all of an identity's pictures; once about their mean, then again without what differs from it."""
    at = places(surface)
    raster = _laid_out(surface, at)
    assert identity.person.albedo is not None
    coarse = np.minimum(surface.closed(identity.person.albedo), 1) * (_DARK + (1 - _DARK) * surface.openness[:, None])
    coarse = raster.at_pixels(np.asarray(coarse, np.float32))
    made = _mean(identity, raster, coarse, None)
    made = _mean(identity, raster, coarse, made)
    flat = raster.picture(made, np.ones((SIDE, SIDE, 3), np.float32))
    return Texture(np.clip(flat, _LEAST, _MOST), at)


def _laid_out(surface: Surface, at: Floats) -> Raster:
    """The layout; its corners are the surface's vertices."""
    flat = np.column_stack([at, np.zeros(len(at), np.float32)]).astype(np.float32)
    raster = zbuffer(flat, surface.uv_triangles, SIDE)
    return Raster(SIDE, raster.pixels, raster.triangles, surface.triangles[raster.triangles], raster.weights)


def _mean(identity: SolidIdentity, raster: Raster, coarse: Floats, about: Floats | None) -> Floats:
    """(p, 3) of the layout's pixels."""
    total, weight = _FILL * coarse, np.full((len(coarse), 1), _FILL, np.float32)
    for crop, place, normals, trust, light in zip(
        identity.crops, identity.places, identity.normals, identity.trust, identity.fits.light, strict=True
    ):
        held = raster.at_pixels(np.column_stack([place, trust, normals]))
        turned = held[:, 3:] / np.maximum(np.linalg.norm(held[:, 3:], axis=1, keepdims=True), 1e-6)
        found = np.clip(unlit(to_light(remap_points(crop, held[:, :2])), light, turned), _LEAST, _MOST)
        share = np.clip(held[:, 2:3], 0, 2) ** _SHARPER
        if about is not None:
            share = share / (
                1 + (np.abs(found / np.maximum(about, _LEAST) - 1).mean(axis=1, keepdims=True) / _UNLIKE) ** 2
            )
        total, weight = total + share * found, weight + share
    return np.asarray(total / weight, np.float32)
