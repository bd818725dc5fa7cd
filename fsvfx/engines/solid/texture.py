"""An identity's albedo, laid out by the model's UV: combined from all its pictures, with their light removed."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from fsvfx.engines.solid.identity import SolidIdentity
from fsvfx.engines.solid.surface import Surface
from fsvfx.faces.raster import Raster, remap_points
from fsvfx.morphable import zbuffer
from fsvfx.morphable.basis import SIDE as COARSE
from fsvfx.morphable.basis import TextureBasis
from fsvfx.morphable.light import to_light, to_shown, unlit
from fsvfx.morphable.model import Floats, Ints

SIDE = 512
_UNLIKE = 0.2
"""Share by which one picture's albedo may differ from that of most others."""
_FILL = 0.02
"""Weight of the coarse albedo, for areas that hardly any picture shows: what no view shows is assumed to be dark."""
_LIKELY = 0.25
"""Weight of the basis's estimate: at a picture's outline, background may show."""
_SEEN = 0.1
"""Trust of a vertex that the pictures show well."""
_DARK = 0.15
"""Albedo where no view shows anything: nostrils, the inside of lips."""
_LEAST, _MOST = 0.02, 1.8
_SHARPER = 2
"""Power of a picture's trust: the better half of two dominates the blend, which stays sharp."""


@dataclass(frozen=True, eq=False)
class Texture:
    """albedo: (SIDE, SIDE, 3), relative to the mean of bare skin; places: (u, 2) of the surface's UV in it, px."""

    albedo: Floats
    places: Floats


def _places(surface: Surface, side: int) -> Floats:
    """(u, 2) px: positions of the surface's UV in a texture (side, side)."""
    return np.asarray(np.column_stack([surface.uv[:, 0], 1 - surface.uv[:, 1]]) * (side - 1), np.float32)


def _laid_out(surface: Surface, side: int) -> Raster:
    """The layout; its corners are the surface's vertices."""
    at = _places(surface, side)
    flat = np.column_stack([at, np.zeros(len(at), np.float32)]).astype(np.float32)
    raster = zbuffer(flat, surface.uv_triangles, side)
    return Raster(side, raster.pixels, raster.triangles, surface.triangles[raster.triangles], raster.weights)


def texture(identity: SolidIdentity, surface: Surface, basis: TextureBasis | None = None) -> Texture:
    """From all of an identity's pictures; first around their mean, then again without outliers.

    With a basis, areas that none of them shows, or that show something other than skin, look as they do on similar
    people.
    """
    raster = _laid_out(surface, SIDE)
    coarse = _coarse(identity, raster, surface)
    made, weight = _gathered(identity, raster, coarse)
    if basis is not None:
        likely, ordinary = _likely(made, weight, raster, surface, basis, coarse)
        weight = weight * ordinary
        made = (made * weight + _LIKELY * likely) / (weight + _LIKELY)
    flat = raster.picture(made, np.ones((SIDE, SIDE, 3), np.float32))
    return Texture(np.clip(flat, _LEAST, _MOST), _places(surface, SIDE))


def completed(identity: SolidIdentity, surface: Surface, basis: TextureBasis) -> Floats:
    """(v, 3): the person's albedo; vertices that no picture shows look as they do on similar people."""
    albedo = identity.person.albedo
    assert albedo is not None
    told = texture(identity, surface, basis)
    corner = np.zeros(len(albedo), np.int64)
    corner[surface.model.triangles.ravel()] = surface.model.uv_triangles.ravel()
    there = remap_points(told.albedo, told.places[corner])
    seen = np.clip(identity.trust[:, : len(albedo)] ** _SHARPER, 0, 1).sum(axis=0)[:, None] / _SEEN
    drawn = (surface.model.depth > 0)[:, None]
    return np.asarray(np.where(drawn & (seen < 1), albedo + (1 - seen) * (there - albedo), albedo), np.float32)


def albedo_in(identity: SolidIdentity, surface: Surface, side: int) -> tuple[Ints, Floats, Floats]:
    """In a texture (side, side): flat index of the pixels (p,), albedo (p, 3), and how well each is visible (p,)."""
    raster = _laid_out(surface, side)
    made, weight = _gathered(identity, raster, _coarse(identity, raster, surface))
    return raster.pixels, made, weight[:, 0]


def _gathered(identity: SolidIdentity, raster: Raster, coarse: Floats) -> tuple[Floats, Floats]:
    """The pictures' estimate for a layout's pixels (p, 3), and how well they show each (p, 1)."""
    made, _ = _mean(identity, raster, coarse, None)
    return _mean(identity, raster, coarse, made)


def _coarse(identity: SolidIdentity, raster: Raster, surface: Surface) -> Floats:
    """(p, 3)."""
    assert identity.person.albedo is not None
    open_to = _DARK + (1 - _DARK) * surface.openness[:, None]
    coarse = np.minimum(surface.closed(identity.person.albedo), 1) * open_to
    return raster.at_pixels(np.asarray(coarse, np.float32))


def _likely(
    made: Floats, weight: Floats, raster: Raster, surface: Surface, basis: TextureBasis, coarse: Floats
) -> tuple[Floats, Floats]:
    """For a layout's pixels: the basis's estimate (p, 3), and how plausible the pictures' colors are (p, 1)."""
    held = raster.picture(np.hstack([to_shown(made) * weight, weight]), np.zeros((SIDE, SIDE, 4), np.float32))
    coarsely = np.asarray(cv2.resize(held, (COARSE, COARSE), interpolation=cv2.INTER_AREA), np.float32)
    small = coarsely.reshape(-1, 4)[basis.pixels]
    shown = np.asarray(small[:, :3] / np.maximum(small[:, 3:], 1e-6), np.float32)
    told, ordinary = basis.told(shown, small[:, 3])
    spread = basis.spread_out(np.column_stack([to_light(told), ordinary, basis.known]))
    large = cv2.resize(spread, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)
    found = raster.of_picture(np.asarray(large, np.float32))
    known = found[:, 4:]
    return np.asarray(known * found[:, :3] + (1 - known) * coarse, np.float32), found[:, 3:4]


def _mean(identity: SolidIdentity, raster: Raster, coarse: Floats, about: Floats | None) -> tuple[Floats, Floats]:
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
    return np.asarray(total / weight, np.float32), np.asarray(weight - np.float32(_FILL), np.float32)
