"""The performer's face in 3D, from the stage ``fit``, or from each frame alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fsvfx.engines.contract import FIT, FaceBatch
from fsvfx.morphable import Fits, FittedEntry, FittedPerson, Morphable, fit_person
from fsvfx.morphable.model import Floats


@dataclass(frozen=True, eq=False)
class PlateFace:
    """One frame: crop (S, S, 3) display, and the fit of the performer in it."""

    crop: Floats
    person: FittedPerson
    fit: Fits


def plate_faces(model: Morphable, faces: FaceBatch) -> Iterator[PlateFace]:
    """For the ``wanted`` frames. Outside of shots (an evaluation, one picture) only a frame's own landmarks and pixels
    are used, whatever batch it is in."""
    wanted = range(*faces.wanted.indices(len(faces.frames)))
    if FIT in faces.read:
        held = FittedEntry(faces.read[FIT])
        numbers = [faces.frames[row] for row in wanted]
        person, fits = held.person(model, numbers[0]), held.fits(numbers)
        for place, row in enumerate(wanted):
            yield PlateFace(faces.crops[row], person, fits.of(slice(place, place + 1)))
        return
    for row in wanted:
        one = slice(row, row + 1)
        yield PlateFace(faces.crops[row], *fit_person(model, faces.landmarks[one], faces.crops[one]))
