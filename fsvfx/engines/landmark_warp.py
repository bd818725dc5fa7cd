"""``landmark_warp``: the identity's reference pictures, warped triangle by triangle to the performer's mesh, blended,
matched in tone, and lit as the plate is."""

from __future__ import annotations

from typing import ClassVar, Literal

import cv2
import numpy as np
from pydantic import Field

from fsvfx.engines.contract import Engine, EngineSettings, FaceBatch, Identity, SwapBatch
from fsvfx.engines.mesh import regions, tone
from fsvfx.engines.mesh.references import References, prepare, usual_places, weights
from fsvfx.faces.measures import appearance, face_length
from fsvfx.faces.raster import Floats, Raster, blur, rasterise, remap_points
from fsvfx.faces.topology import TRIANGLES

_FOLD = 0.02
"""Finest shading taken from the plate where skin folds, as a share of the face's size."""
_COLOUR = 0.02
"""Coarser colour than this share of the face's size is what most references show, not just those chosen."""
_FINEST = 0.004
"""Of detail: as wide as a pore, as a share of the face's size."""
_AROUND = 0.05
"""How far about the mesh its square goes, as a share of the face's size."""
_LEAST_TRUST = 0.01
"""Of a reference at any pixel: what no reference shows is taken from what they all show badly."""


class LandmarkWarpSettings(EngineSettings):
    """Settings of ``landmark_warp``."""

    shape: float = Field(0.8, ge=0, le=1)
    """How far eyes, nose and mouth take the identity's proportions; 0: the performer's mesh as it is."""
    references: int = Field(4, ge=1, le=16)
    """Most pictures blended at a time. More are calmer and softer, fewer are crisper."""
    light: float = Field(0.12, ge=0.03, le=1)
    """Finest shading that is taken from the plate, as a share of the face's size; 1: overall tone only."""
    folds: float = Field(0.9, ge=0, le=1)
    """How much of the folds that the performer's expression draws beside nose, mouth and eyes is kept."""
    rim: float = Field(0.14, ge=0, le=0.4)
    """Width of the band inside the face's edge where the performer's own skin (hairline, temples, jaw) turns into the
    identity's, as a share of the face's size."""
    eyes: Literal["performer", "identity"] = "performer"
    """Whose eyeballs. The performer's keep gaze and blinks; the identity's keep their color."""
    mouth: Literal["performer", "identity"] = "performer"
    """Whose teeth and tongue show in an open mouth."""


class LandmarkWarp(Engine):
    """Image-editing face replacement: no training, one forward warp per frame.

    Piecewise affine warps on the FaceMesh triangulation, colour matched after Reinhard 2001 (but by turning hues, not
    by shifting colours) and relit by a quotient image of the skin; unlike the classic recipe, several references are
    blended by pose, expression and light,
    and the mesh takes the identity's proportions. The Poisson blend is the composite stage's.
    """

    name: ClassVar[str] = "landmark_warp"
    version: ClassVar[int] = 4
    family: ClassVar[Literal["image", "model3d", "one_to_one", "any_to_any"]] = "image"
    summary: ClassVar[str] = (
        "warps the identity's best-matching reference pictures to the performer's mesh; no training"
    )
    source: ClassVar[str] = (
        "the classic landmark warp + Poisson recipe (Perez 2003; Reinhard 2001), on FaceMesh triangles"
    )
    Settings: ClassVar[type[EngineSettings]] = LandmarkWarpSettings

    settings: LandmarkWarpSettings

    def swap(self, faces: FaceBatch, identity: Identity) -> SwapBatch:
        """Each frame by itself, on the CPU: its pixels do not depend on the batch that it is in."""
        references = prepare(identity, faces.crops.shape[1])
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
        """The same for the square about the face. target: the mesh with the identity's proportions."""
        raster = rasterise(target, TRIANGLES, len(plate))
        own = raster.sample(plate, mesh)
        rim, unpainted, folds = raster.shares(
            np.hstack([regions.rim(self.settings.rim), regions.unpainted(), regions.folds()])
        ).T
        keep = self._kept(target, raster, _on(raster, rim))
        bare = _on(raster, unpainted)
        weight = raster.of_picture(bare * (1 - keep))
        ours, theirs = self._ours(plate, mesh, references, raster, own, weight), raster.picture(own, plate)
        lit = self._finished(ours, theirs, raster, target, keep, bare, _on(raster, folds))
        mixed = lit + (theirs - lit) * keep[..., None]
        shown = raster.picture(np.clip(raster.of_picture(mixed), 0, 1), plate)
        return shown, _matte(raster, face_length(mesh))

    def _ours(
        self, plate: Floats, mesh: Floats, references: References, raster: Raster, own: Floats, skin: Floats
    ) -> Floats:
        """(S, S, 3): the identity's face in the plate's tone, of the chosen references, in the colours of most."""
        picture = raster.picture(self._blend(plate, mesh, references, raster, own, skin), plate)
        if references.usual is None:
            return picture
        usual = tone.match(raster.sample(references.usual, usual_places()), own, skin)
        sigma = _COLOUR * face_length(mesh)
        return tone.recolour(picture, raster.picture(usual, plate), raster.coverage, sigma)

    def _finished(
        self, ours: Floats, theirs: Floats, raster: Raster, mesh: Floats, keep: Floats, skin: Floats, folds: Floats
    ) -> Floats:
        """(S, S, 3): the identity's face under the plate's light, with its folds and its crispness."""
        length, mask = face_length(mesh), raster.coverage
        gain = tone.relight(ours, theirs, skin, self.settings.light * length)
        fine = tone.relight(ours * gain, theirs, skin, _FOLD * length)
        lit = ours * gain * (1 + self.settings.folds * folds[..., None] * (fine - 1))
        return tone.texture(lit, theirs, mask * (1 - keep), max(_FINEST * length, 0.7))

    def _kept(self, mesh: Floats, raster: Raster, rim: Floats) -> Floats:
        """(S, S): where the performer's own pixels show through: at the rim, and where the settings say."""
        keep = rim
        if self.settings.mouth == "performer":
            keep = np.maximum(keep, regions.own_mouth(mesh, raster.size))
        if self.settings.eyes == "performer":
            keep = np.maximum(keep, regions.own_eyes(mesh, raster.size))
        return keep

    def _blend(
        self, plate: Floats, mesh: Floats, references: References, raster: Raster, own: Floats, skin: Floats
    ) -> Floats:
        """(p, 3): the chosen references on the raster, each colour matched to the performer's ``own`` pixels."""
        shown = appearance(plate, mesh)
        chosen, shares = weights(shown, references.appearance, references.quality, most=self.settings.references)
        total = np.zeros((len(own), 1), np.float32)
        blend = np.zeros_like(own)
        for index, share in zip(chosen.tolist(), shares.tolist(), strict=True):
            picture = references.pictures[index]
            place = raster.at_pixels(np.hstack([picture.mesh[:, :2], picture.trust]))
            trust = np.clip(place[:, 2:], _LEAST_TRUST, 1)
            colours = tone.match(remap_points(picture.crop, place[:, :2]), own, skin * trust[:, 0])
            trust *= np.float32(share)
            blend += trust * colours
            total += trust
        blend /= np.maximum(total, 1e-6)
        return blend


def _square(points: Floats, size: int) -> tuple[int, int, int]:
    """Left, top and side of a square within the crop that holds ``points`` and what is blurred about them, px."""
    around = _AROUND * face_length(points)
    low, high = points[:, :2].min(axis=0) - around, points[:, :2].max(axis=0) + around
    side = min(int(np.ceil((high - low).max())), size)
    x, y = np.clip(np.round((low + high - side) / 2), 0, size - side).astype(int)
    return int(x), int(y), side


def _on(raster: Raster, values: Floats) -> Floats:
    """(S, S) of values (p,) on the mesh, 0 off it."""
    return raster.picture(values[:, None], raster.nothing)[..., 0]


def _matte(raster: Raster, length: float) -> Floats:
    """(S, S): the mesh, with an edge just soft enough not to show its triangles."""
    soft = max(0.006 * length, 0.5)
    inner = cv2.erode(raster.coverage, np.ones((3, 3), np.uint8), iterations=max(round(soft), 1))
    edge: Floats = np.clip(blur(np.asarray(inner, np.float32), soft), 0, 1) * raster.coverage
    return edge
