"""Faces that another person drives: what engines see of them, and how their output goes back into the plate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from fsvfx.arrays import Array
from fsvfx.comp.matte import hull
from fsvfx.comp.poisson import seamless
from fsvfx.engines.contract import FIT, Drive, FaceBatch, SwapBatch
from fsvfx.engines.mesh.regions import polygon, ramp
from fsvfx.engines.mesh.warp import moved
from fsvfx.engines.solid.shape import ramp as ramps
from fsvfx.engines.solid.surface import Surface, surface
from fsvfx.entries import EntryView
from fsvfx.faces.measures import face_length, mouth_opening
from fsvfx.faces.raster import Floats, blur, rasterise
from fsvfx.faces.topology import LIPS_INNER
from fsvfx.morphable import Fits, FittedEntry, FittedPerson, Morphable, Performance, arrays_of, driven, posed, zbuffer

_FADE = 4.0
"""Distance outside the face's oval, in units, over which the plate's motion fades out: about two fingers."""
_SOFT, _EDGE, _LIP = 0.02, 0.01, 0.006
"""Softness of the field beyond the mesh, where a chin lies before a neck, and of a mouth's edge, share of the face's
size."""
_OPEN = (0.015, 0.05)
"""Mouth opening (``mouth_opening``) at which the inside of the mouth begins to show, and shows fully."""
_GAIN = (0.6, 1.6)
"""Least and most by which a mouth is made darker or brighter, display."""
_INSIDE = 0.5
"""Matte level above which the swap is blended into the plate from the rim."""
_ALIKE = 1e-3
"""px: a plate that moves by less is left unchanged."""


@dataclass(frozen=True, eq=False)
class DrivenFaces:
    """faces: as if the performer gave the driver's performance: the plate moved along the mesh, landmarks, fits.

    before: (k, S, S), soft masks of the ``wanted`` faces as they are in the plate.
    """

    faces: FaceBatch
    before: Floats

    def over(self, swap: SwapBatch) -> SwapBatch:
        """A swap of ``faces`` over the moved plate, which must also show where the performer's own face was.

        The swap gets the moved plate's light from its rim (Perez, Gangnet and Blake 2003).
        """
        under = self.faces.crops[self.faces.wanted]
        parts = zip(swap.crops, swap.matte, under, self.before, strict=True)
        crops = np.stack([_laid(*each) if (each[3] > each[1]).any() else each[0] for each in parts])
        return replace(swap, crops=crops, matte=np.maximum(swap.matte, self.before))


def driven_faces(faces: FaceBatch, fit: FittedEntry, driver: EntryView, drive: Drive, model: Morphable) -> DrivenFaces:
    """``fit``, ``driver``: the stages' results for the entry, by ``model``. Each frame is independent."""
    numbers = faces.frames
    person, own = fit.person(model, numbers[0]), fit.fits(numbers)
    given = _performance(driver, numbers, drive.strength)
    now = driven(model, own, fit.rest(numbers[0]), given, expression=drive.expression, pose=drive.pose)
    crops, landmarks = [], []
    for row, number in enumerate(numbers):
        one = slice(row, row + 1)
        crop, mesh = _moved(surface(model), person, own.of(one), now.of(one), faces.crops[row], faces.landmarks[row])
        if drive.mouth == "driver" and drive.expression:
            crop = _with_mouth(crop, mesh, driver, number, float(given.share[row]), own.light[row])
        crops.append(crop)
        landmarks.append(mesh)
    size = faces.crops.shape[1]
    before = [blur(hull(mesh, size), _SOFT * face_length(mesh)) for mesh in faces.landmarks[faces.wanted]]
    gone = given.share[faces.wanted] > 0
    seen = replace(
        faces,
        crops=np.stack(crops),
        landmarks=np.stack(landmarks),
        read={**faces.read, FIT: _DrivenView(fit.view.data, fit.view.index, _by_frame(person, now, numbers))},
    )
    return DrivenFaces(seen, np.stack(before) * gone[:, None, None])


@dataclass(frozen=True)
class _DrivenView(EntryView):
    """The stage's results, with some arrays and frames replaced."""

    held: Mapping[tuple[str, int], Array]

    def frame(self, array: str, number: int) -> Array:
        found = self.held.get((array, number))
        return super().frame(array, number) if found is None else found


def _by_frame(person: FittedPerson, fits: Fits, numbers: Sequence[int]) -> dict[tuple[str, int], Array]:
    def each() -> Iterator[tuple[tuple[str, int], Array]]:
        for name, values in arrays_of(person, fits).items():
            yield from (((name, number), values[row]) for row, number in enumerate(numbers))

    return dict(each())


def _performance(driver: EntryView, numbers: Sequence[int], strength: float) -> Performance:
    expression, turn, share = (
        np.stack([driver.frame(name, number) for number in numbers]) for name in ("expression", "turn", "share")
    )
    return Performance(
        expression.astype(np.float32),
        turn.astype(np.float64),
        np.asarray(strength * share.astype(np.float32), np.float32),
    )


def _moved(
    within: Surface, person: FittedPerson, own: Fits, now: Fits, plate: Floats, mesh: Floats
) -> tuple[Floats, Floats]:
    """The plate (S, S, 3) and its landmarks (468, 3), moved along the mesh from one fit to another."""
    model, size = within.model, len(plate)
    share = ramps(1 + model.depth[:, None] / _FADE)
    was, wanted = (fits.placing.seen(posed(model, person, fits))[0] for fits in (own, now))
    at = np.asarray(was + share * (wanted - was), np.float32)
    step = at - was
    if np.abs(step[:, :2]).max() < _ALIKE:
        return plate, mesh
    closed_at, closed_step = within.closed(at), within.closed(step)
    raster = zbuffer(closed_at, _around(within, share[:, 0]), size)
    right, down = raster.planes(-raster.at_pixels(closed_step[:, :2]))
    right, down = (_softened(each, raster.coverage, face_length(mesh)) for each in (right, down))
    shown = moved(plate, right, down)[0]
    return np.clip(shown, 0, None), np.asarray(mesh + model.points.of(step), np.float32)


def _softened(field: Floats, cover: Floats, length: float) -> Floats:
    """A field (S, S) known where ``cover`` is 1, running out beyond."""
    near = blur(cover, _SOFT * length)
    beyond = blur(field, _SOFT * length) * near / np.maximum(near, 0.05)
    return blur(np.where(cover > 0, field, beyond).astype(np.float32), _EDGE * length)


def _around(within: Surface, share: Floats) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    """The triangles that move, and those over eyes and mouth."""
    kept = (share[within.model.triangles] > 0).any(axis=1)
    return np.concatenate([within.model.triangles[kept], within.triangles[within.holes :]])


def _with_mouth(crop: Floats, mesh: Floats, driver: EntryView, number: int, share: float, light: Floats) -> Floats:
    """With the inside of the driver's mouth between the lips, in the plate's light."""
    shown = share * ramp(mouth_opening(mesh), *_OPEN)
    if shown == 0:
        return crop
    size, count = len(crop), len(LIPS_INNER)
    places = np.arange(count)
    fan = np.column_stack([places, np.roll(places, -1), np.full(count, count)])
    theirs, ours = (_with_middle(each) for each in (driver.frame("lips", number), mesh[LIPS_INNER, :2]))
    raster = rasterise(np.column_stack([ours, np.zeros(count + 1, np.float32)]), fan, size)
    if not len(raster.pixels):
        return crop
    theirs_light = np.asarray(driver.frame("light", number), np.float32)
    gain = (light[0].mean() / max(float(theirs_light[0].mean()), 1e-6)) ** (1 / 2.2)
    patch = np.asarray(driver.frame("mouth", number), np.float32) * np.float32(np.clip(gain, *_GAIN))
    mask = polygon(mesh, LIPS_INNER, size, grow=0, soft=_LIP * face_length(mesh)) * raster.coverage * np.float32(shown)
    inside = raster.picture(raster.sample(patch, theirs), crop)
    return np.asarray(crop + mask[..., None] * (inside - crop), np.float32)


def _with_middle(ring: Array) -> Floats:
    points = np.asarray(ring, np.float32)
    return np.concatenate([points, points.mean(axis=0, keepdims=True)])


def _laid(swap: Floats, matte: Floats, plate: Floats, before: Floats) -> Floats:
    lit = seamless(np.ascontiguousarray(swap), np.ascontiguousarray(plate), matte > _INSIDE, steady=True)
    share = matte[..., None]
    return np.asarray(share * lit + (1 - share) * plate, np.float32)
