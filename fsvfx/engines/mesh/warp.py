"""The identity's reference pictures, warped triangle by triangle to the performer's mesh, blended, matched in tone, and
lit as the plate is: the pixels of ``landmark_warp``."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from fsvfx.colour.curves import white_shown
from fsvfx.engines.contract import FaceBatch, SwapBatch
from fsvfx.engines.mesh import atlas, regions, tone
from fsvfx.engines.mesh.references import References, scaled
from fsvfx.faces.measures import appearance, face_length
from fsvfx.faces.raster import Floats, Raster, blur, over, rasterise, remap, remap_points, times
from fsvfx.faces.topology import TRIANGLES

if TYPE_CHECKING:
    from fsvfx.engines.landmark_warp import LandmarkWarpSettings

_FOLD = 0.02
"""Finest shading taken from the plate where skin folds, as a share of the face's size. Coarser color comes from most
references, not just the chosen ones."""
_FINEST = 0.004
"""Size of detail: the width of a pore, as a share of the face's size."""
_FINER = 2.0
"""Maximum enlargement of references before they are warped; the rest is left to the enlargement of the swap."""
_AROUND = 0.05
"""Margin of the square around the mesh, as a share of the face's size."""
_EVEN = 12
"""Sides are multiples of this: means of whole pixels are fast to compute."""


@dataclass(frozen=True)
class _Face:
    """The performer's face on the grid (S, S) on which the identity's is made.

    raster: of the mesh with the identity's proportions. plate (S, S, 3): the performer's pixels, moved along with it.
    keep: where they show through, 1 outside the mesh; bare: skin, not lips; folds: where skin folds. length: its size,
    px.
    """

    raster: Raster
    plate: Floats
    keep: Floats
    bare: Floats
    folds: Floats
    length: float


@dataclass(frozen=True)
class Warp:
    """The pixels of ``landmark_warp``."""

    settings: LandmarkWarpSettings

    def swap(self, faces: FaceBatch, references: References) -> SwapBatch:
        """Each frame separately."""
        done = [self._one(*face, references) for face in zip(faces.crops, faces.landmarks, strict=True)]
        return SwapBatch(np.stack([crop for crop, _ in done]), np.stack([matte for _, matte in done]))

    def _one(self, plate: Floats, mesh: Floats, references: References) -> tuple[Floats, Floats]:
        """One crop (S, S, 3) and its mesh: the swapped crop and the matte (S, S)."""
        target = references.shape.move(mesh, self.settings.shape)
        x, y, side = _square(np.vstack([mesh, target]), len(plate))
        corner, within = np.array([x, y, 0], np.float32), (slice(y, y + side), slice(x, x + side))
        shown, matte = plate.copy(), np.zeros(plate.shape[:2], np.float32)
        shown[within], matte[within] = self._within(
            np.ascontiguousarray(plate[within]), mesh - corner, target - corner, references
        )
        return shown, matte

    def _within(self, plate: Floats, mesh: Floats, target: Floats, references: References) -> tuple[Floats, Floats]:
        """The same for the square around the face. target: the mesh with the identity's proportions.

        The identity's face is made on a grid no finer than its references; the performer's pixels keep full resolution.
        """
        side, length = len(plate), face_length(mesh)
        size = min(side, _fitting(side * _FINER * references.length / length))
        placed = scaled(target, size / side)
        raster = rasterise(placed, TRIANGLES, size)
        if not len(raster.pixels):  # the face is outside the crop
            return plate, np.zeros((side, side), np.float32)
        fixed = [1 - regions.rim(self.settings.rim), regions.unpainted(), regions.folds(), atlas.places()[:, :2]]
        held = raster.at_pixels(np.hstack([*fixed, (mesh - target)[:, :2]]))
        held[:, :3].clip(0, 1, out=held[:, :3])
        inner, bare, folds, *places, right, down = raster.planes(held)
        theirs, most = moved(plate, right, down)
        keep = self._kept(placed, 1 - inner)
        face = _Face(raster, to_side(size, theirs), keep, bare, folds, length * size / side)
        ours = raster.picture(self._blend(appearance(plate, mesh), face, references), face.plate)
        ours *= self._gain(ours, face, references.usual, places)
        finest = max(_FINEST * length, 0.7)
        crispness = tone.crispness(theirs, to_side(side, 1 - keep), finest)
        ours = tone.texture(ours, crispness, 1 - keep, finest * size / side)
        shown = tone.mixed(to_side(side, ours), theirs, to_side(side, keep))
        return np.clip(shown, 0, most), to_side(side, soft_matte(raster, face.length))

    def _kept(self, mesh: Floats, rim: Floats) -> Floats:
        """(S, S): where the performer's own pixels show through: at the rim, and where the settings require it."""
        keep = rim
        if self.settings.mouth == "performer":
            keep = np.maximum(keep, regions.own_mouth(mesh, len(rim)))
        if self.settings.eyes == "performer":
            keep = np.maximum(keep, regions.own_eyes(mesh, len(rim)))
        return keep

    def _blend(self, shown: Floats, face: _Face, references: References) -> Floats:
        """(p, 3): the references most similar to the appearance ``shown``, on the raster, each matched to the
        performer's colors."""
        pictures, shares = references.blended(shown, self.settings.references)
        held = face.raster.at_pixels(np.hstack([np.hstack([each.mesh[:, :2], each.trust]) for each in pictures]))
        own, skin = (face.raster.of_picture(each) for each in (face.plate, face.bare * (1 - face.keep)))
        trusts = np.ascontiguousarray(held[:, 2::3].T).clip(references.least_trust, 1)
        places = np.split(held, len(pictures), axis=1)
        warped = np.stack([remap_points(each.crop, place[:, :2]) for each, place in zip(pictures, places)])
        changes = tone.toning(warped, own, skin * trusts)
        trusts *= shares[:, None]
        trusts /= trusts.sum(axis=0)
        blend = np.zeros_like(own)
        for colours, change, trust in zip(warped, changes, trusts):
            blend += times(tone.toned(colours, change)[None], trust[None])[0]
        return np.maximum(blend, 0)

    def _gain(self, ours: Floats, face: _Face, usual: Floats | None, places: list[Floats]) -> Floats:
        """(S, S, 3): gives the identity's face the colors of most references, the plate's light, and its folds.

        Computed on a grid as coarse as its finest blur allows. places: x and y (S, S) of the pixels in ``usual``.
        """
        step = tone.coarse(_FOLD * face.length)
        fold, light = (tone.narrowed(share * face.length, step) for share in (_FOLD, self.settings.light))
        coverage = face.raster.coverage
        cover, skin, folds = (tone.shrunk(each, step) for each in (coverage, face.bare, face.folds))
        theirs = over(tone.shrunk(times(face.plate, face.bare), step), skin)
        ours = over(tone.shrunk(times(ours, coverage), step), cover)
        gain = np.ones_like(ours)
        if usual is not None:
            x, y = (np.asarray(tone.shrunk(each, step) / np.maximum(cover, 1e-3), np.float32) for each in places)
            common = remap(usual, x, y)
            weight = skin * tone.shrunk(1 - face.keep, step)
            common = tone.match(common.reshape(-1, 3), theirs.reshape(-1, 3), weight.ravel()).reshape(ours.shape)
            gain = tone.recolour(ours, common, cover, fold)
        gain *= tone.relight(ours * gain, theirs, skin, light)
        fine = tone.relight(ours * gain, theirs, skin, fold)
        gain *= 1 + self.settings.folds * folds[..., None] * (fine - 1)
        return to_side(len(face.keep), gain, cv2.INTER_CUBIC)


def _square(points: Floats, size: int) -> tuple[int, int, int]:
    """Left, top and side, in px, of a square within the crop that contains ``points`` and the margin that blurs
    need."""
    around = _AROUND * face_length(points)
    low, high = points[:, :2].min(axis=0) - around, points[:, :2].max(axis=0) + around
    side = min(_fitting((high - low).max()), size)
    x, y = np.clip(np.round((low + high - side) / 2), 0, size - side).astype(int)
    return int(x), int(y), side


def _fitting(size: float) -> int:
    """The next larger picture side that is divisible into coarser grids."""
    return math.ceil(size / _EVEN) * _EVEN


def moved(plate: Floats, right: Floats, down: Floats) -> tuple[Floats, Floats | np.float32]:
    """(H, W, 3): each pixel from as far ``right`` and ``down`` (S, S; px of the plate), bicubic; and the maximum that
    may be shown there: white, or the brightest of the plate's pixels around it.

    Brighter values were never shot: a cubic overshoots at hard edges, and a reference's glare or its texture under the
    plate's light exceeds white, where a hundredth of display light is stops (`fsvfx.faces.geometry.hold_highlights`).
    """
    side, white = len(plate), np.float32(white_shown())
    along = np.arange(side, dtype=np.float32)
    x, y = to_side(side, right) + along, to_side(side, down) + along[:, None]
    made = remap(plate, x, y)
    if plate.max() <= white:
        return np.minimum(made, white), white
    brightest = cv2.dilate(np.maximum(plate, white), np.ones((3, 3), np.uint8))
    most = np.asarray(cv2.remap(brightest, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)
    return np.minimum(made, most), most


def to_side(side: int, picture: Floats, how: int = cv2.INTER_LINEAR) -> Floats:
    """A picture (S, S, ...) in another size; if smaller, by averaging."""
    if len(picture) == side:
        return picture
    how = cv2.INTER_AREA if side < len(picture) else how
    return np.asarray(cv2.resize(picture, (side, side), interpolation=how), np.float32)


def soft_matte(raster: Raster, length: float) -> Floats:
    """(S, S): the mesh, with an edge just soft enough to hide its triangles."""
    soft = max(0.006 * length, 0.5)
    inner = cv2.erode(raster.coverage, np.ones((3, 3), np.uint8), iterations=max(round(soft), 1))
    edge: Floats = np.clip(blur(np.asarray(inner, np.float32), soft), 0, 1) * raster.coverage
    return edge
