"""An identity in 3D: shape and albedo estimated from its reference pictures, and the pose of each."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from fsvfx.engines.contract import Identity
from fsvfx.engines.sides import both_sides
from fsvfx.engines.solid.surface import Surface, hidden
from fsvfx.faces.measures import face_length, head_pose
from fsvfx.morphable import Fits, FittedPerson, Morphable, fit_person, posed
from fsvfx.morphable.model import Floats
from fsvfx.morphable.pictures import facing

_PICTURES = 24
"""Maximum number of pictures, spread over the yaw of the head."""
_TURNED = 10.0
"""Degrees of yaw beyond which a mirror image shows the rim of the far cheek better: it only counts where it does."""
_SMALL = 256
"""Picture size, px, at which occlusion is computed."""


@dataclass(frozen=True, eq=False)
class SolidIdentity:
    """person; fits: of its m pictures; crops: (m, R, R, 3) display. For the closed surface's vertices: places: (m, v,
    2) px of the crops; normals: (m, v, 3) in the camera's axes; trust: (m, v) 0..1, how well each is visible. length:
    of the largest face, px. taken: the number of original pictures, which come first; the others are their mirror
    images, in order."""

    person: FittedPerson
    fits: Fits
    crops: Floats
    places: Floats
    normals: Floats
    trust: Floats
    length: float
    taken: int


def solid(identity: Identity, surface: Surface, size: int, *, mirrors: bool = True) -> SolidIdentity:
    """For swaps into crops of ``size`` px; larger pictures are shrunk to it.

    mirrors: whether pictures that show only one side get their mirror images as well. Raises InputError for no
    pictures.
    """
    taken = _telling(identity)
    told = both_sides(taken, _TURNED) if mirrors else taken
    crops, meshes = _shrunk(told, size)
    person, fits = fit_person(surface.model, meshes, crops)
    points = surface.closed(posed(surface.model, person, fits))
    seen = fits.placing.seen(points)
    turned = fits.placing.turned(surface.closed(person.normals))
    small = min(_SMALL / crops.shape[1], 1.0)
    behind = [
        hidden(each * np.float32(small), surface.triangles, _SMALL, scale * small)
        for each, scale in zip(seen, fits.placing.scale.tolist(), strict=True)
    ]
    trust = facing(turned) ** 2 * ~np.stack(behind) * _sharp(told.sharpness)[:, None]
    return SolidIdentity(
        person=person,
        fits=fits,
        crops=crops,
        places=seen[..., :2],
        normals=turned,
        trust=trust.astype(np.float32),
        length=max(map(face_length, meshes)),
        taken=len(taken.crops),
    )


def person_of(identity: Identity, model: Morphable, size: int) -> FittedPerson:
    """As in ``solid``. Raises InputError for no pictures."""
    crops, meshes = _shrunk(both_sides(_telling(identity), _TURNED), size)
    return fit_person(model, meshes, crops)[0]


def _telling(identity: Identity) -> Identity:
    """With only those pictures that are used to estimate the shape."""
    if not len(identity.crops):
        raise identity.no_pictures
    rows = _spread(identity)
    crops, meshes, sharpness = identity.crops[rows], identity.landmarks[rows], identity.sharpness[rows]
    return replace(identity, crops=crops, landmarks=meshes, sharpness=sharpness, embedding=None)


def _spread(identity: Identity) -> list[int]:
    """The rows of the sharpest pictures, one from each of as many ranges of yaw."""
    order = np.argsort([head_pose(mesh)[0] for mesh in identity.landmarks], kind="stable")
    ranges = np.array_split(order, min(_PICTURES, len(order)))
    return sorted(int(rows[np.argmax(identity.sharpness[rows])]) for rows in ranges)


def _shrunk(identity: Identity, size: int) -> tuple[Floats, Floats]:
    """Its crops and landmarks."""
    crops, meshes = identity.crops, identity.landmarks
    side = crops.shape[1]
    if side <= size:
        return np.asarray(crops, np.float32), meshes
    half = np.array([0.5, 0.5, 0], np.float32)
    small = [cv2.resize(crop, (size, size), interpolation=cv2.INTER_AREA) for crop in crops]
    return np.asarray(small, np.float32), np.asarray((meshes + half) * np.float32(size / side) - half, np.float32)


def _sharp(sharpness: Floats) -> Floats:
    return np.asarray(np.clip(sharpness / max(float(np.median(sharpness)), 1e-6), 0.3, 1.5), np.float32)
