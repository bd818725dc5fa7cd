"""A basis of textures from pictures of people who do not exist: their albedo in the model's UV, with the light
removed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fsvfx.banks.build import FoundFace, Report, Wishes, face_of, nobody_found, people_in
from fsvfx.engines.contract import Identity
from fsvfx.engines.solid.identity import solid
from fsvfx.engines.solid.surface import Surface, surface
from fsvfx.engines.solid.texture import albedo_in
from fsvfx.errors import InputError
from fsvfx.faces.raster import Floats
from fsvfx.faces.search import FaceFinder
from fsvfx.morphable import TextureBasis, ict
from fsvfx.morphable.basis import SIDE, learned, symmetric
from fsvfx.morphable.light import to_shown
from fsvfx.morphable.model import Ints
from fsvfx.reach import Reach
from schemas.collection import CollectionRecord

_TOLD_EVERY = 50
_FEWEST = 20
"""Minimum number of people for a basis."""


@dataclass(frozen=True, eq=False)
class Textures:
    """pixels: (p,) of the layout; for n people: values (n, p, 3), display values of albedo relative to the mean of bare
    skin; weights (n, p), 0..1, how well each is visible."""

    names: tuple[str, ...]
    pixels: Ints
    values: Floats
    weights: Floats

    def basis(self, modes: int, report: Callable[[int, int], None] = lambda done, of: None) -> TextureBasis:
        """From all of them and their mirror images."""
        return learned(self.pixels, *symmetric(self.pixels, self.values, self.weights), modes, report)


def gathered(folder: Path, record: CollectionRecord, wishes: Wishes, report: Report = lambda line: None) -> Textures:
    """From the largest face of each person's first picture that shows one.

    Raises InputError if the record covers people who exist, does not cover somebody, or too few faces are found;
    PlateError if a picture can't be read, ModelError if weights are not installed.
    """
    people = people_in(folder, record, wishes, report)
    finder, reach, face = FaceFinder(perturb=3), Reach(folder / "any"), surface(ict())
    names, found = [], []
    for done, name in enumerate(people, 1):
        shown = face_of(folder / name, finder, reach)
        if shown is not None:
            names.append(name)
            found.append(_albedo(name, shown, face))
        if done % _TOLD_EVERY == 0 or done == len(people):
            report(f"{done} of {len(people)} people processed, {len(names)} with a large enough face")
    if not found:
        raise nobody_found(folder)
    if len(found) < _FEWEST:
        raise InputError(f"{len(found)} people are too few for a basis", hint=f"Give {_FEWEST} or more, preferably 500")
    pixels, values, weights = zip(*found, strict=True)
    return Textures(tuple(names), pixels[0], np.stack(values), np.stack(weights))


def _albedo(name: str, shown: FoundFace, face: Surface) -> tuple[Ints, Floats, Floats]:
    crops = np.asarray(shown.crop / np.float32(255), np.float32)[None]
    known = Identity(name, crops, shown.mesh[None], np.array([shown.sharpness], np.float32))
    pixels, albedo, weights = albedo_in(solid(known, face, crops.shape[1], mirrors=False), face, SIDE)
    return pixels, to_shown(albedo), np.clip(weights, 0, 1)
