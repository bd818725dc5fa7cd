"""Builds a bank from pictures of people who do not exist: a folder for each, and the record that states this."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fsvfx import models
from fsvfx.banks.bank import Faces
from fsvfx.errors import InputError, ModelError, Where
from fsvfx.faces import embedding
from fsvfx.faces.geometry import crop, crop_matrix, move_points
from fsvfx.faces.looks import colour_of
from fsvfx.faces.references import face_in
from fsvfx.faces.search import FaceFinder
from fsvfx.identity.registry import names, network
from fsvfx.media.collections import RENAME, chosen, everybody_in, matches, pictures_of, unnamed_in
from fsvfx.media.pictures import read_picture
from fsvfx.printable import listed
from fsvfx.reach import Reach
from schemas.collection import CollectionRecord

SIDE = 256
"""Side of the members' crops, px."""
_SMALLEST = 64
"""Faces smaller than this, in px along the crop, can't be used."""
_TOLD = 5

Report = Callable[[str], None]


@dataclass(frozen=True)
class Wishes:
    """only, leave_out: names or globs of people; most: their maximum number, evenly spread over the names."""

    only: tuple[str, ...] = ("*",)
    leave_out: tuple[str, ...] = ()
    most: int = 200


def networks_at_hand() -> tuple[str, ...]:
    """The identity networks that are installed and have measured thresholds: those that can separate people."""
    found = []
    for name in names():
        one = network(name)
        try:
            one.same_person  # noqa: B018  raises if nobody has measured it
        except ModelError:
            continue
        if all(map(models.present, one.weights)):
            found.append(name)
    return tuple(found)


def gathered(folder: Path, record: CollectionRecord, wishes: Wishes, report: Report = lambda line: None) -> Faces:
    """The largest face of each person's first picture that shows one.

    Raises InputError if the record covers people who exist, does not cover somebody, or no face is found; PlateError if
    a picture can't be read, ModelError if weights are not installed.
    """
    people = people_in(folder, record, wishes, report)
    finder, reach = FaceFinder(perturb=3), Reach(folder / "any")
    found = [(name, face) for name in people if (face := face_of(folder / name, finder, reach)) is not None]
    if faceless := [name for name in people if name not in dict(found)]:
        report(f"No face of {_SMALLEST} px or more: {listed(faceless, _TOLD)}")
    if not found:
        raise nobody_found(folder)
    crops = np.stack([face.crop for _, face in found])
    landmarks = np.stack([face.mesh for _, face in found])
    return Faces(
        names=tuple(name for name, _ in found),
        crops=crops,
        landmarks=landmarks,
        sharpness=np.array([face.sharpness for _, face in found], np.float32),
        code=embedding.vectors_in(np.asarray(crops / np.float32(255), np.float32), landmarks, embedding.NETWORK),
    )


def people_in(folder: Path, record: CollectionRecord, wishes: Wishes, report: Report) -> list[str]:
    """The people used from a folder of pictures. Raises InputError if the record covers people who exist or does not
    cover somebody, or if there are none."""
    if not record.made_up:
        raise InputError(
            f"Record {record.record_id} is about people who exist",
            hint="Banks hold made-up people only. Real people go in by name, with a consent record of their own",
        )
    if others := chosen(unnamed_in(folder), wishes.only, wishes.leave_out):
        report(f"Skipped {listed(others, _TOLD)}: these folders' names can't be used as people's names. {RENAME}")
    people = _some(chosen(everybody_in(folder), wishes.only, wishes.leave_out), wishes.most)
    if not people:
        hint = "Give a folder with one folder of pictures per person, and globs that match their names"
        raise InputError(f"Nobody in {folder} was chosen", hint=hint, where=Where(file=str(folder)))
    unknown = [name for name in people if not matches(name, record.people)]
    if unknown:
        raise InputError(
            f"Record {record.record_id} does not list {listed(unknown, _TOLD)}",
            hint="Leave them out (--leave-out), or have them added to the record",
        )
    return people


def nobody_found(folder: Path) -> InputError:
    """No face was found in any picture."""
    return InputError(f"No face was found in {folder}", hint="Give pictures in which faces are large and well lit")


@dataclass(frozen=True)
class FoundFace:
    """crop: (SIDE, SIDE, 3) display RGB; mesh: (468, 3) crop px."""

    crop: NDArray[np.uint8]
    mesh: NDArray[np.float32]
    sharpness: float


def _some(names: Sequence[str], most: int) -> list[str]:
    places = np.linspace(0, len(names) - 1, min(most, len(names))).round().astype(int)
    return [names[place] for place in places.tolist()]


def face_of(folder: Path, finder: FaceFinder, reach: Reach) -> FoundFace | None:
    """The largest face of a person's first picture with one large enough. Raises PlateError, ModelError."""
    for path in pictures_of(folder):
        picture = read_picture(path, reach)
        shown = colour_of(picture).look(picture)
        seen = finder.find(shown)
        if not len(seen):
            continue
        mesh = seen.landmarks[int(np.argmax(seen.boxes[:, 3] - seen.boxes[:, 1]))]
        face = face_in(shown, mesh, 0, 0)
        if face.size < _SMALLEST:
            continue
        matrix = crop_matrix(mesh, SIDE)
        return FoundFace(np.asarray(crop(shown, matrix, SIDE), np.uint8), move_points(matrix, mesh), face.sharpness)
    return None
