"""The people in a plate: a few frames are searched, and their faces are grouped by person and numbered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fsvfx.colour import PlateColour
from fsvfx.drafts.plates import FoundPlate
from fsvfx.errors import InputError, Where
from fsvfx.faces.embedding import SAME_PERSON, embeddings
from fsvfx.faces.looks import colour_of
from fsvfx.faces.people import people
from fsvfx.faces.search import FaceFinder, Faces
from fsvfx.faces.tracks import Finds, Track
from fsvfx.identity.contract import distance
from fsvfx.media import PersonSource, spread
from fsvfx.media.facts import job_of, plate_reader
from fsvfx.qc.sheet import TrackRow, face_thumb, track_sheet
from schemas.frames import FrameRange
from schemas.manifest import Person, Plate

SAMPLES = 8
_LEAST_SCORE = 0.5

U8 = NDArray[np.uint8]


@dataclass(frozen=True)
class FoundFace:
    """One person in the searched frames. ``position``, in plate pixels: in ``frame``, the first with this person."""

    number: int
    frame: int
    position: tuple[int, int]
    height: int
    seen: str
    """Number of searched frames that show the person, in words."""
    thumbs: tuple[U8, ...]


def faces_in(plate: FoundPlate, finder: FaceFinder, frame_rate: str | None = None) -> list[FoundFace]:
    """Everybody visible in ``SAMPLES`` frames throughout the plate, by first frame. A video's frames count from 0.

    Raises PlateError, ModelError, StoreError.
    """
    facts = plate.facts
    numbers = [facts.longest.first + index for index in spread(len(facts.longest), SAMPLES)]
    reader = plate_reader(facts.path, facts.longest, color_space=plate.looks_like, frame_rate=frame_rate)
    colour = PlateColour(plate.looks_like)
    pictures = [colour.look(each) for each in reader.pictures(numbers)]
    finds = _finds(pictures, finder)
    apart = [Track([row]) for row in range(len(finds.frame))]
    every = frozenset(range(len(numbers)))
    seen = people(finds, apart, every, frames=1, min_score=_LEAST_SCORE)
    return [_found(each.number, finds, each.rows, pictures, numbers) for each in seen]


def sheet_of(plate: FoundPlate, faces: Sequence[FoundFace]) -> U8:
    """The faces, numbered: (H, W, 3) sRGB."""
    rows = [
        TrackRow(face.number, face.thumbs, (face.seen, f"{face.height} px high", f"at {list(face.position)}"))
        for face in faces
    ]
    return track_sheet(plate.shot, rows, under="write position: [x, y] to choose a face", columns=SAMPLES)


def check_references(person: str, references: Sequence[str], finder: FaceFinder) -> str:
    """A summary of the references, in words: the largest face in the first picture of each file is examined.

    Raises PlateError if one can't be read, InputError if none shows a face.
    """
    nothing = Plate(path="-", frames=FrameRange((1,)), color_space="sRGB")
    source = PersonSource(job_of(nothing, **{person: Person(references=tuple(references), consent="-")}), person)
    pictures = [colour_of(picture).look(picture) for picture in source.firsts()]
    found = [(picture, faces) for picture in pictures if len(faces := finder.find(picture))]
    if not found:
        what = f"no face was found in the {len(pictures)} references of {person}"
        hint = "Give pictures or footage in which the face is large, lit and unobstructed"
        raise InputError(what, hint=hint, where=Where(file=references[0]))
    known = np.concatenate([embeddings(picture, _largest(faces)) for picture, faces in found])
    alike = int((distance(known[:, None], known[None]) < SAME_PERSON).sum(axis=1).max())
    said = f"{len(pictures)} references, a face found in {len(found)}"
    return said if alike == len(found) else f"{said}, only {alike} of them of one person: check them"


def _largest(faces: Faces) -> NDArray[np.float32]:
    """Its landmarks (1, 468, 3)."""
    return faces.landmarks[[int(np.argmax(faces.boxes[:, 3] - faces.boxes[:, 1]))]]


def _finds(pictures: Sequence[U8], finder: FaceFinder) -> Finds:
    found = [finder.find(picture) for picture in pictures]
    known = [embeddings(picture, faces.landmarks) for picture, faces in zip(pictures, found, strict=True)]
    return Finds(
        frame=np.repeat(np.arange(len(found), dtype=np.int64), [len(faces) for faces in found]),
        box=np.concatenate([faces.boxes for faces in found]),
        score=np.concatenate([faces.scores for faces in found]),
        landmarks=np.concatenate([faces.landmarks for faces in found]),
        embedding=np.concatenate(known),
    )


def _found(
    number: int, finds: Finds, rows: NDArray[np.int64], pictures: Sequence[U8], numbers: Sequence[int]
) -> FoundFace:
    x0, y0, x1, y1 = map(float, finds.box[rows[0]])
    return FoundFace(
        number=number,
        frame=numbers[int(finds.frame[rows[0]])],
        position=(max(0, round((x0 + x1) / 2)), max(0, round((y0 + y1) / 2))),
        height=round(float(np.median(finds.box[rows, 3] - finds.box[rows, 1]))),
        seen=f"seen in {len(rows)} of {len(pictures)} frames",
        thumbs=tuple(face_thumb(pictures[int(finds.frame[row])], finds.box[row]) for row in rows),
    )
