"""Whether a driven face follows its driver and keeps its identity: ``python -m benchmarks.driven [NAME SHA256]``.

Needs the ICT-FaceKit (``FSVFX_ICT_MODEL``). Ben's plate gets Cleo's face, driven by Ada, each in a performance of their
own, rendered, fitted as in the stages, 12 frames of 256 px; by ``blanz``, ``cheng`` and, if a package of it is named
(in FSVFX_PACKAGES), ``unifacegan``. FaceMesh measures the results, and they are fitted again. For each: the correlation
of that fit with the driver's, over the frames, for the coefficients in which the driver varies most, for the jaw and
for the landmarks' mouth opening, and for comparison with the performer's own; how much the estimated shape changes when
driven, share of the face's width, beside the distance between Ben's and Cleo's; and PSNR in the face against Cleo
rendered in Ben's place with Ada's expression, matched in tone, driven and not. Writes benchmarks/results/driven.json.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.machine import save
from fsvfx.actors import actor, perform
from fsvfx.arrays import Array
from fsvfx.comp.matte import hull
from fsvfx.context import Context
from fsvfx.engines import registry
from fsvfx.engines.contract import Drive, FaceBatch
from fsvfx.engines.driving import driven_faces
from fsvfx.entries import EntryView
from fsvfx.evaluation.actors import Performed, acted, references, true_swap
from fsvfx.faces.facemesh import face_mesh
from fsvfx.faces.geometry import similarity
from fsvfx.faces.measures import mouth_opening
from fsvfx.morphable import Fits, FittedEntry, FittedPerson, arrays_of, at_rest, fit_frames, fit_person, ict
from fsvfx.morphable import performance as performance_of
from fsvfx.morphable.facekit import FACE

SIZE, FRAMES, EVERY = 256, 12, 6
_LOOKS, _MOST = 5, 8
Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Seen:
    """Faces of one person, fitted."""

    landmarks: Floats
    person: FittedPerson
    fits: Fits

    @classmethod
    def of(cls, landmarks: Floats, crops: Floats) -> Seen:
        person, _ = fit_person(ict(), landmarks, crops)
        return cls(landmarks, person, fit_frames(ict(), person, landmarks, crops))

    @classmethod
    def again(cls, crops: Floats, landmarks: Floats) -> Seen:
        """Measured again, starting near the given landmarks."""
        pictures = np.asarray(crops.clip(0, 1) * 255 + 0.5, np.uint8)
        mesh = face_mesh()
        return cls.of(
            np.stack([mesh.averaged(picture, at, _LOOKS) for picture, at in zip(pictures, landmarks, strict=True)]),
            crops,
        )

    @property
    def openings(self) -> Floats:
        return np.array([mouth_opening(mesh) for mesh in self.landmarks], np.float32)


class Arrays:
    """``fsvfx.arrays.Data`` of an entry's arrays, as far as engines need it."""

    def __init__(self, numbers: tuple[int, ...], arrays: dict[str, Array]) -> None:
        self.numbers, self.arrays = numbers, arrays

    def frame(self, name: str, number: int) -> Array:
        return np.asarray(self.arrays[name.partition("/")[2]][self.numbers.index(number)])


def main() -> None:
    packages = {"unifacegan": {"model": sys.argv[1], "sha256": sys.argv[2]}} if len(sys.argv) > 2 else {}
    told = dict(measured({"blanz": {}, "cheng": {}, **packages}))
    print(json.dumps(told, indent=2))
    save("driven", told)


def measured(engines: dict[str, dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    plate = acted(actor("ben"), perform(FRAMES * EVERY, seed=2)[::EVERY], SIZE)
    driver = acted(actor("ada"), perform(FRAMES * EVERY, seed=6)[::EVERY], SIZE)
    both = min(len(plate.faces.frames), len(driver.faces.frames))
    plate, driver = _first(plate, both), _first(driver, both)
    own, hers = (Seen.of(one.faces.landmarks, one.faces.crops) for one in (plate, driver))
    known = references(actor("cleo"), acted(actor("cleo"), perform(96, seed=1)[::8], SIZE))
    moments = tuple(
        replace(one, expression=two.expression) for one, two in zip(plate.moments, driver.moments, strict=True)
    )
    truth = true_swap(actor("cleo"), replace(plate, moments=moments))
    given = _entries(plate.faces, own, hers)
    for name, settings in engines.items():
        kind = registry.engine(name)
        engine = kind(kind.Settings(**settings), Context())
        prepared = engine.prepare(known, SIZE)
        how = Drive(expression=True, pose=False, strength=1.0, mouth="performer")
        driven = driven_faces(plate.faces, *given, how, ict())
        read = replace(plate.faces, read={"fit": given[0].view})
        swaps = {"driven": driven.over(engine.swap(driven.faces, prepared)), "plain": engine.swap(read, prepared)}
        pictures = {
            key: plate.faces.crops + one.matte[..., None] * (one.crops - plate.faces.crops)
            for key, one in swaps.items()
        }
        found = {key: Seen.again(each, driven.faces.landmarks) for key, each in pictures.items()}
        yield name, _figures(found, pictures, own, hers, truth)


def _first(one: Performed, count: int) -> Performed:
    faces = one.faces
    some = replace(faces, crops=faces.crops[:count], landmarks=faces.landmarks[:count], frames=faces.frames[:count])
    return replace(one, faces=some, matrices=one.matrices[:count], moments=one.moments[:count])


def _entries(faces: FaceBatch, own: Seen, hers: Seen) -> tuple[FittedEntry, EntryView]:
    """The stages' results for both; nobody's mouth is shown."""
    model, count = ict(), len(faces.frames)
    rest = np.repeat(at_rest(model, own.fits.expression)[None], count, axis=0)
    acts = hers.fits.expression
    given = performance_of(acts, at_rest(model, acts), hers.fits.placing.rotation, np.ones(count, np.float32))
    performed: dict[str, Array] = {"share": given.share, "expression": given.expression, "turn": given.turn}
    fit = Arrays(faces.frames, {**arrays_of(own.person, own.fits), "rest": rest})
    return FittedEntry(EntryView(fit, 0)), EntryView(Arrays(faces.frames, performed), 0)


def _figures(
    found: dict[str, Seen], pictures: dict[str, Floats], own: Seen, hers: Seen, truth: Floats
) -> dict[str, Any]:
    model, driven = ict(), found["driven"]
    varies = np.argsort(-hers.fits.expression.std(axis=0))[:_MOST]
    jaw = model.names.index("jawOpen")

    def alike(other: Seen, which: int) -> float:
        return _r(driven.fits.expression[:, which], other.fits.expression[:, which])

    inside = np.stack([hull(mesh, SIZE) for mesh in driven.landmarks]) > 0.5
    return {
        "r": {model.names[which]: round(alike(hers, int(which)), 2) for which in varies},
        "r_jaw": round(alike(hers, jaw), 3),
        "r_jaw_performer": round(alike(own, jaw), 3),
        "r_mouth": round(_r(driven.openings, hers.openings), 3),
        "r_mouth_performer": round(_r(driven.openings, own.openings), 3),
        "mouth_slope": round(float(np.polyfit(hers.openings, driven.openings, 1)[0]), 2),
        "shape_moved": round(_apart(driven.person.shape, found["plain"].person.shape), 4),
        "shapes_apart": round(_apart(actor("ben").shape[:FACE], actor("cleo").shape[:FACE]), 4),
        "psnr": {key: round(_psnr(_in_tone(each, truth, inside), truth, inside), 2) for key, each in pictures.items()},
    }


def _r(one: Floats, other: Floats) -> float:
    return float(np.corrcoef(one, other)[0, 1])


def _apart(one: Floats, other: Floats) -> float:
    inner = ict().depth > 0
    scale, turn, shift = similarity(one[inner], other[inner])
    off = scale * one[inner] @ turn.T + shift - other[inner]
    return float(np.linalg.norm(off, axis=1).mean() / ict().width)


def _in_tone(one: Floats, truth: Floats, where: NDArray[np.bool_]) -> Floats:
    gains = [b[w].mean(axis=0) / a[w].mean(axis=0) for a, b, w in zip(one, truth, where, strict=True)]
    return np.asarray(one * np.stack(gains)[:, None, None], np.float32)


def _psnr(one: Floats, other: Floats, where: NDArray[np.bool_]) -> float:
    return float(-10 * np.log10(((one - other) ** 2)[where].mean()))


if __name__ == "__main__":
    main()
