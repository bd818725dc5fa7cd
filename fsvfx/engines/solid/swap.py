"""A frame with the identity's face on the performer's head: its surface, its colors, and the parts kept from the
plate."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np

from fsvfx.colour.curves import white_shown
from fsvfx.engines.contract import SwapBatch
from fsvfx.engines.mesh import tone
from fsvfx.engines.mesh.warp import moved, soft_matte, to_side
from fsvfx.engines.solid.frames import PlateFace
from fsvfx.engines.solid.identity import SolidIdentity
from fsvfx.engines.solid.settings import SolidSettings
from fsvfx.engines.solid.shape import exchanged, ramp
from fsvfx.engines.solid.surface import Surface
from fsvfx.faces.measures import face_length
from fsvfx.faces.raster import Floats, Raster, blur
from fsvfx.morphable import Placing, normals, posed, zbuffer

_FINER, _FINE = 2, 512
"""A crop is drawn at this many times its resolution, up to this side: its edges are means of four pixels."""
_LID, _LIP = 0.014, 0.008
"""Softness of the edges of the performer's eyes and mouth, share of the face's size; placed that far outside the lids,
and half as far outside the lips."""
_FINEST = 0.004
"""Size of the detail that is made as crisp as the plate's: the width of a pore, share of the face's size."""
_SHADOW = 0.12
"""Finest shadow taken from the plate, share of the face's size; finer ones are another face's features."""


@dataclass(frozen=True, eq=False)
class Drawn:
    """One frame's surface: raster, of the surface's vertices; normals (p, 3) in the camera's axes at its pixels; the
    frame's light (9, 3), placing and expression (e,)."""

    raster: Raster
    normals: Floats
    light: Floats
    placing: Placing
    expression: Floats


class Look(Protocol):
    """What gives the identity's surface its colors."""

    def colours(self, drawn: Drawn) -> Floats:
        """(p, 3) display, in the frame's light."""


@dataclass(frozen=True, eq=False)
class SolidSwap:
    """Renders frames of an identity, whatever its look."""

    settings: SolidSettings
    surface: Surface
    identity: SolidIdentity

    def swap(self, faces: Iterable[PlateFace], look: Look) -> SwapBatch:
        """Each frame separately."""
        done = [self._one(face, look) for face in faces]
        return SwapBatch(np.stack([crop for crop, _ in done]), np.stack([matte for _, matte in done]))

    def _one(self, face: PlateFace, look: Look) -> tuple[Floats, Floats]:
        """The swapped crop (S, S, 3) and the matte (S, S)."""
        plate, model, placing = face.crop, self.surface.model, face.fit.placing
        size, side = len(plate), max(min(_FINER * len(plate), _FINE), len(plate))
        theirs = posed(model, face.person, face.fit)[0]
        ours = theirs + exchanged(model, face.person.shape, self.identity.person.shape, self.settings.shape)
        seen, was = (placing.seen(self.surface.closed(points))[0] for points in (ours, theirs))
        raster = zbuffer(_scaled(seen, side / size), self.surface.triangles, side)
        if not len(raster.pixels):  # the face is outside the crop
            return plate, np.zeros(plate.shape[:2], np.float32)
        turned = placing.turned(self.surface.closed(normals(ours, model.triangles)))[0]
        depth = self.surface.closed(model.depth[:, None])
        held = raster.at_pixels(np.hstack([turned, depth, (was - seen)[:, :2]]))
        unit = held[:, :3] / np.maximum(np.linalg.norm(held[:, :3], axis=1, keepdims=True), 1e-6)
        colours = look.colours(Drawn(raster, unit, face.fit.light[0], placing, face.fit.expression[0])).clip(
            0, white_shown()
        )
        length = face_length(model.points.of(was[: len(model.neutral)]))
        within, right, down = raster.planes(held[:, 3:])
        own, most = moved(plate, right, down)
        keep = self._kept(raster, within, length * side / size)
        shown = to_side(size, raster.picture(colours, to_side(side, own)))
        shown = self._as_the_plate(shown, own, to_side(size, keep), length)
        shown = np.minimum(tone.mixed(shown, own, to_side(size, keep)), most).clip(0, None)
        matte = to_side(size, soft_matte(raster.only(held[:, 3] > 0), length * side / size))
        return np.where(matte[..., None] > 0, shown, plate), matte

    def _kept(self, raster: Raster, within: Floats, length: float) -> Floats:
        """(R, R): where the performer's own pixels show through; 1 outside the mesh."""
        width = self.settings.rim * self.surface.model.width
        keep = np.where(raster.coverage > 0, 1 - ramp(within / max(width, 1e-6)), 1).astype(np.float32)
        hole = raster.triangles >= self.surface.holes
        eye = self.surface.eye[raster.triangles]
        for whose, over, soft, grow in (
            (self.settings.eyes, hole & eye, _LID * length, _LID * length),
            (self.settings.mouth, hole & ~eye, _LIP * length, 0.5 * _LIP * length),
        ):
            if whose == "performer" and over.any():
                drawn = raster.planes(over[:, None].astype(np.float32))[0]
                keep = np.maximum(keep, blur(_grown(drawn, grow), max(soft, 0.3)))
        return keep

    def _as_the_plate(self, shown: Floats, own: Floats, keep: Floats, length: float) -> Floats:
        """As crisp as the plate; and with its shadows, as far as the settings require."""
        mask = np.asarray(1 - keep, np.float32)
        if self.settings.shadows > 0:
            gain = tone.relight(shown, own, mask, _SHADOW * length)
            shown = shown * gain ** np.float32(self.settings.shadows)
        finest = max(_FINEST * length, 0.7)
        return tone.texture(shown, tone.crispness(own, mask, finest), mask, finest)


def _scaled(seen: Floats, zoom: float) -> Floats:
    half = np.array([0.5, 0.5, 0], np.float32)
    return np.asarray((seen + half) * np.float32(zoom) - half, np.float32)


def _grown(mask: Floats, by: float) -> Floats:
    """(R, R) with every spot grown by this many px."""
    if by < 0.5:
        return mask
    reach = 2 * round(by) + 1
    return np.asarray(cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))), np.float32)
