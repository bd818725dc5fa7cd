"""An identity's reference pictures: prepared for warping once, and weighed for each frame by what they show."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.engines.contract import Identity
from fsvfx.engines.mesh.shape import ShapeSpace
from fsvfx.engines.mesh.tone import toned, toning
from fsvfx.errors import InputError
from fsvfx.faces.measures import appearance, face_length
from fsvfx.faces.raster import Floats, Raster, blur, rasterise, vertex_facing
from fsvfx.faces.topology import TRIANGLES, UV

_ATLAS = 64
"""Side of the pictures laid out by the mesh's UV, in which references are compared with each other."""
_FEW = 5
"""Fewer pictures have nothing in common that would be surer than each of them."""
_TOLERANCE = 0.085
"""Difference from the other references at which a picture's trust has fallen to 1/e (hands, hair, glare)."""
_SOFT = 0.35
"""Distance below which a closer match counts no more: keeps weights calm under landmark noise."""


@dataclass(frozen=True)
class ReferencePicture:
    """crop: (R, R, 3) in [0, 1]; mesh: (468, 3) px of it; trust: (468, 1) 0..1, how well each vertex is seen."""

    crop: Floats
    mesh: Floats
    trust: Floats


@dataclass(frozen=True)
class References:
    """pictures: m of them; appearance: (m, d), quality: (m,) for the choice; shape: the person's own;
    length: of the largest face, px.

    usual: the colours (k, k, 3) that most of them show, laid out as ``usual_places`` says; None if they are too few.
    """

    pictures: tuple[ReferencePicture, ...]
    appearance: Floats
    quality: Floats
    shape: ShapeSpace
    length: float
    usual: Floats | None = None


def prepare(identity: Identity, size: int) -> References:
    """References for swaps into crops of ``size`` px; larger ones are shrunk to it first, so that warps don't alias.

    Raises InputError if there are none.
    """
    if not len(identity.crops):
        raise InputError(
            f"'{identity.name}' has no usable reference pictures", hint="Give this person footage or stills of the face"
        )
    scale = min(size / identity.crops.shape[1], 1.0)
    fitted = [_shrunk(crop, scale) for crop in identity.crops]
    meshes = scaled(identity.landmarks, scale)
    laid = _laid_out(fitted, meshes)
    usual = _usual(laid)
    trusts = _trusts(laid, usual, meshes)
    sharpness = identity.sharpness
    quality = np.clip(sharpness / max(float(np.median(sharpness)), 1e-6), 0.3, 1.5) * trusts.mean((1, 2)) ** 2
    return References(
        tuple(ReferencePicture(*each) for each in zip(fitted, meshes, trusts, strict=True)),
        np.stack([appearance(crop, mesh) for crop, mesh in zip(fitted, meshes, strict=True)]),
        np.asarray(quality, np.float32),
        ShapeSpace.learn(meshes),
        max(map(face_length, meshes)),
        _filled(usual) if len(fitted) >= _FEW else None,
    )


def weights(target: Floats, references: Floats, quality: Floats, *, most: int) -> tuple[NDArray[np.int64], Floats]:
    """Indices of at most ``most`` references and their weights (sum 1).

    target: (d,) appearance; references: (m, d); quality: (m,) how good each picture is, 0..1.
    The weight of a reference falls to nothing where the next one takes its place, so that
    the blend is a continuous function of the appearance and nothing pops.
    """
    squares = ((references - target) ** 2).sum(1) + _SOFT**2
    worth = quality / squares
    order = np.argsort(-worth, kind="stable")
    chosen = order[:most]
    floor = float(worth[order[most]]) if len(order) > most else 0.0
    raw = worth[chosen] - floor
    if raw.sum() <= 0:
        raw = np.ones_like(raw)
    return chosen, np.asarray(raw / raw.sum(), np.float32)


def scaled(meshes: Floats, scale: float) -> Floats:
    """Of pictures (..., v, 3) in another size. Pixel centres: (0, 0) is the first pixel's."""
    half = np.array([0.5, 0.5, 0.0], np.float32)
    return np.asarray((meshes + half) * np.float32(scale) - half, np.float32)


def _shrunk(crop: Floats, scale: float) -> Floats:
    if scale == 1:
        return np.ascontiguousarray(crop, np.float32)
    side = round(crop.shape[0] * scale)
    return np.asarray(cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA), np.float32)


def usual_places() -> Floats:
    """(468, 2): where the mesh's vertices lie in ``References.usual``, px."""
    return _uv_px()[:, :2]


def _laid_out(crops: list[Floats], meshes: Floats) -> list[Floats]:
    """The pictures, a bit blurred, in the atlas: (p, 3) each."""
    return [_uv_raster().sample(blur(crop, len(crop) / 100), mesh) for crop, mesh in zip(crops, meshes)]


def _usual(laid: list[Floats]) -> Floats:
    """(p, 3): what the pictures show, all in one tone: the median."""
    first = np.asarray(np.median(laid, axis=0), np.float32)
    return np.asarray(np.median(_matched(laid, first), axis=0), np.float32)


def _matched(laid: list[Floats], to: Floats) -> list[Floats]:
    """Each in the tone of ``to`` (p, 3)."""
    changes = toning(np.stack(laid), to, np.ones((len(laid), len(to)), np.float32))
    return [toned(each, change) for each, change in zip(laid, changes, strict=True)]


def _filled(laid: Floats) -> Floats:
    """The atlas as a picture, carried on beyond the mesh."""
    atlas = _uv_raster()
    picture = atlas.picture(laid, np.zeros((_ATLAS, _ATLAS, 3), np.float32))
    around = blur(picture, 2.0) / np.maximum(blur(atlas.coverage, 2.0), 1e-3)[..., None]
    return np.asarray(np.where(atlas.coverage[..., None] > 0, picture, around), np.float32)


def _trusts(laid: list[Floats], usual: Floats, meshes: Floats) -> Floats:
    """(m, 468, 1): seen from the front, and like the other references there."""
    atlas = _uv_raster()
    trusts = []
    for each, mesh in zip(_matched(laid, usual), meshes, strict=True):
        apart = np.abs(each - usual).mean(1, keepdims=True)
        likeness = np.asarray(np.exp(-((apart / _TOLERANCE) ** 2)), np.float32)
        near = atlas.planes(likeness)[0]
        calm = blur(near, 1.5) / np.maximum(blur(atlas.coverage, 1.5), 1e-3)
        x, y = np.round(_uv_px()[:, :2]).astype(int).T
        facing = np.clip(vertex_facing(mesh, TRIANGLES) * 2.5 - 0.25, 0.02, 1)
        trusts.append(np.clip(calm[y, x], 0.02, 1) * facing)
    return np.asarray(trusts, np.float32)[..., None]


@lru_cache(maxsize=1)
def _uv_px() -> Floats:
    flat = np.column_stack([UV[:, 0], 1 - UV[:, 1]]) * (_ATLAS - 1)
    return np.column_stack([flat, np.zeros(len(flat))]).astype(np.float32)


@lru_cache(maxsize=1)
def _uv_raster() -> Raster:
    return rasterise(_uv_px(), TRIANGLES, _ATLAS)
