"""An identity's reference pictures: prepared once for warping, and weighted for each frame by what they show."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.engines.contract import Identity
from fsvfx.engines.mesh import atlas
from fsvfx.engines.mesh.shape import ShapeSpace
from fsvfx.engines.mesh.tone import toned, toning
from fsvfx.engines.sides import WORTH, both_sides
from fsvfx.faces.geometry import mirrored
from fsvfx.faces.measures import appearance, face_length
from fsvfx.faces.raster import Floats, blur, vertex_facing
from fsvfx.faces.topology import TRIANGLES

_FEW = 5
"""With fewer pictures, their consensus is no more reliable than each of them."""
_TOLERANCE = 0.085
"""Difference from the other references at which a picture's trust has fallen to 1/e (hands, hair, glare)."""
_UNSURE = 0.12
"""The same if a prior, not the other pictures, says what the face should look like: it is a guess."""
_FILL, _FEW_FILL = 0.012, 0.015
"""Weight of the prior with many pictures, and with few: it shows where they have hardly any trust."""
_LEAST_TRUST = 0.01
"""Minimum trust of a picture at any pixel: areas that no picture shows well are a blend of all."""
_FILLED_TRUST = 4e-4
"""The same where a prior fills areas that no picture shows."""
_SOFT = 0.35
"""Below this distance a closer match makes no difference: keeps weights stable under landmark noise."""


@dataclass(frozen=True)
class ReferencePicture:
    """crop: (R, R, 3) in [0, 1]; mesh: (468, 3) px of it; trust: (468, 1) 0..1, how well each vertex is visible."""

    crop: Floats
    mesh: Floats
    trust: Floats


@dataclass(frozen=True)
class References:
    """pictures: m of them; appearance: (m, d), quality: (m,) for the choice; shape: the person's own; length: of the
    largest face, px.

    usual: the colors (k, k, 3) that most of them show, laid out in the atlas; None if there are too few. prior: the
    probable look of the face, for areas where no picture is trusted.
    """

    pictures: tuple[ReferencePicture, ...]
    appearance: Floats
    quality: Floats
    shape: ShapeSpace
    length: float
    usual: Floats | None = None
    prior: ReferencePicture | None = None

    @property
    def least_trust(self) -> float:
        """The minimum trust of a picture at any pixel."""
        return _FILLED_TRUST if self.prior else _LEAST_TRUST

    def blended(self, shown: Floats, most: int) -> tuple[list[ReferencePicture], Floats]:
        """The pictures most similar to the appearance ``shown`` (d,), at most ``most`` besides the prior, and their
        weights."""
        chosen, shares = weights(shown, self.appearance, self.quality, most=most)
        pictures = [self.pictures[index] for index in chosen.tolist()]
        if self.prior is None:
            return pictures, shares
        fill = _FILL if self.usual is not None else _FEW_FILL
        return [*pictures, self.prior], np.append(shares, np.float32(fill))


def prepare(identity: Identity, size: int, prior: Floats | None = None) -> References:
    """References for swaps into crops of ``size`` px; larger ones are first shrunk to it, so that warps don't alias.

    prior: (k, k, 3) in the atlas, the probable look of this face. It detects what is wrong in pictures that are too few
    to compare with each other, and fills areas that none shows; few pictures also get their mirror images, and without
    a prior so do pictures that all show one side. Raises InputError if there are none.
    """
    if not len(identity.crops):
        raise identity.no_pictures
    if prior is None:
        identity = both_sides(identity)
    scale = min(size / identity.crops.shape[1], 1.0)
    fitted = [_shrunk(crop, scale) for crop in identity.crops]
    meshes = scaled(identity.landmarks, scale)
    sharp = np.clip(identity.sharpness / max(float(np.median(identity.sharpness)), 1e-6), 0.3, 1.5)
    many = len(fitted) >= _FEW
    if prior is not None and not many:
        fitted, meshes, sharp = _with_mirrored(fitted, meshes, sharp)
    laid = [atlas.laid_out(crop, mesh) for crop, mesh in zip(fitted, meshes, strict=True)]
    if prior is None or many:
        usual = _usual(laid)
        trusts = _trusts(laid, usual, meshes, _TOLERANCE)
    else:
        usual = atlas.raster().of_picture(prior)
        trusts = _trusts(laid, usual, meshes, _UNSURE)
    quality = sharp * trusts.mean((1, 2)) ** 2
    return References(
        tuple(ReferencePicture(*each) for each in zip(fitted, meshes, trusts, strict=True)),
        np.stack([appearance(crop, mesh) for crop, mesh in zip(fitted, meshes, strict=True)]),
        np.asarray(quality, np.float32),
        ShapeSpace.learn(meshes),
        max(map(face_length, meshes)),
        atlas.filled(usual) if many else None,
        None if prior is None else ReferencePicture(prior, atlas.places(), np.ones((468, 1), np.float32)),
    )


def _with_mirrored(crops: list[Floats], meshes: Floats, sharp: Floats) -> tuple[list[Floats], Floats, Floats]:
    """The pictures plus their mirror images, which have lower quality."""
    crops_too, meshes_too = zip(*map(mirrored, crops, meshes), strict=True)
    return [*crops, *crops_too], np.concatenate([meshes, meshes_too]), np.concatenate([sharp, WORTH * sharp])


def weights(target: Floats, references: Floats, quality: Floats, *, most: int) -> tuple[NDArray[np.int64], Floats]:
    """Indices of at most ``most`` references and their weights (sum 1).

    target: (d,) appearance; references: (m, d); quality: (m,) how good each picture is, 0..1. A reference's weight
    falls to zero where the next one replaces it, so that the blend is a continuous function of the appearance and
    nothing pops.
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
    """Meshes of pictures (..., v, 3) in another size. Pixel centers: (0, 0) is the first pixel's."""
    half = np.array([0.5, 0.5, 0.0], np.float32)
    return np.asarray((meshes + half) * np.float32(scale) - half, np.float32)


def _shrunk(crop: Floats, scale: float) -> Floats:
    if scale == 1:
        return np.ascontiguousarray(crop, np.float32)
    side = round(crop.shape[0] * scale)
    return np.asarray(cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA), np.float32)


def _usual(laid: list[Floats]) -> Floats:
    """(p, 3): the median of the pictures, all in the same tone."""
    first = np.asarray(np.median(laid, axis=0), np.float32)
    return np.asarray(np.median(_matched(laid, first), axis=0), np.float32)


def _matched(laid: list[Floats], to: Floats) -> list[Floats]:
    """Each picture in the tone of ``to`` (p, 3)."""
    changes = toning(np.stack(laid), to, np.ones((len(laid), len(to)), np.float32))
    return [toned(each, change) for each, change in zip(laid, changes, strict=True)]


def _trusts(laid: list[Floats], usual: Floats, meshes: Floats, tolerance: float) -> Floats:
    """(m, 468, 1): facing the camera, and similar to ``usual`` there."""
    raster = atlas.raster()
    trusts = []
    for each, mesh in zip(_matched(laid, usual), meshes, strict=True):
        apart = np.abs(each - usual).mean(1, keepdims=True)
        likeness = np.asarray(np.exp(-((apart / tolerance) ** 2)), np.float32)
        near = raster.planes(likeness)[0]
        calm = blur(near, 1.5) / np.maximum(blur(raster.coverage, 1.5), 1e-3)
        x, y = np.round(atlas.places()[:, :2]).astype(int).T
        facing = np.clip(vertex_facing(mesh, TRIANGLES) * 2.5 - 0.25, 0.02, 1)
        trusts.append(np.clip(calm[y, x], 0.02, 1) * facing)
    return np.asarray(trusts, np.float32)[..., None]
