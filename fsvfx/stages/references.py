"""References: a person's footage and stills become sharp and varied aligned faces, with their identity embeddings."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from fsvfx.arrays import Array, Result, Source
from fsvfx.errors import InputError, Where
from fsvfx.faces.detectors import weights_of
from fsvfx.faces.embedding import SIZE
from fsvfx.faces.facemesh import face_mesh
from fsvfx.faces.geometry import crop_matrix, move_points
from fsvfx.faces.looks import Piece, colour_of, display_crop
from fsvfx.faces.references import MOST, ReferenceFace, embeddings_of, face_in, majority, recognised, sharp, various
from fsvfx.faces.search import FaceFinder
from fsvfx.faces.topology import POINTS
from fsvfx.faces.tracks import is_another, signature
from fsvfx.faces.watch import Picture, watch
from fsvfx.stages.contract import Resources, Stage, StageSettings, Work
from fsvfx.stages.outputs import Outputs, spec
from schemas.job import ShotJob
from schemas.receipts import Unit

_SIZES = (128, 512)
_PERTURB = 3
_SEARCH_EVERY = 8
_HELD = 512 << 20
"""Bytes of face pictures that are held until it is known which are chosen; others are read again."""


class ReferencesSettings(StageSettings):
    """active: whether the person has references. detector, min_score: as in the manifest's ``faces``."""

    active: bool
    detector: str
    min_score: float
    most: int


class ReferencesStage(Stage[ReferencesSettings]):
    name = "references"
    version = 6
    scope = "person"
    resources = Resources(cpu=1, memory_mib=2048)
    reads_media = True

    outputs = Outputs(
        {
            "crops": spec("R R 3", "float16"),
            "landmarks": spec("468 3", "float32"),
            "embedding": spec("128", "float32"),
            "sharpness": spec("", "float32"),
        }
    )

    def settings(self, job: ShotJob, unit: Unit) -> ReferencesSettings:
        faces = job.shot.faces
        return ReferencesSettings(
            active=bool(job.people[unit.person].references),
            detector=faces.detector,
            min_score=faces.min_score,
            most=MOST,
        )

    def weights(self, settings: ReferencesSettings) -> tuple[str, ...]:
        return (*weights_of(settings.detector), "facemesh", "dlib_embedding") if settings.active else ()

    def run(self, work: Work[ReferencesSettings]) -> Result:
        """A person without references gives an empty result. Raises InputError if no picture shows a face."""
        if not work.settings.active or work.source is None:
            return _nothing()
        finder = FaceFinder(work.settings.detector, min_score=work.settings.min_score, perturb=1)
        pictures, seen = _looked_through(work.source, finder)
        if not seen:
            raise InputError(
                f"No face was found in any of the {pictures} reference pictures of '{work.unit.person}'",
                hint="Give footage or stills in which the face is large, lit and unobstructed",
                where=Where(stage=self.name, field=f"people.{work.unit.person}.references"),
            )
        person = majority(recognised(seen))
        chosen = _with_pieces(various(sharp(person), MOST), work.source)
        work.report(f"{work.unit.person}: {len(chosen)} of {pictures} reference pictures")
        return _result(chosen, {"pictures": pictures, "faces": len(seen), "person": len(person)})


def _looked_through(source: Source, finder: FaceFinder) -> tuple[int, list[ReferenceFace]]:
    """The number of pictures, and every face in them; the first ``_HELD`` bytes of pieces are kept."""
    natives: deque[Array] = deque()
    seen: list[ReferenceFace] = []
    tracks: list[int] = []
    new, held, index = count(), 0, -1
    for index, one in enumerate(watch(_looks(source, natives), finder, _SEARCH_EVERY)):
        native = natives.popleft()
        tracks = [next(new) if origin < 0 else tracks[origin] for origin in one.origin]
        for mesh, track in zip(one.faces.landmarks, tracks, strict=True):
            piece = Piece.of(native, mesh) if held < _HELD else None
            held += piece.picture.nbytes if piece else 0
            seen.append(replace(face_in(one.picture, mesh, index, track), piece=piece))
    return index + 1, seen


def _looks(source: Source, natives: deque[Array]) -> Iterator[tuple[Picture, bool]]:
    """Each picture to look at, and whether it is of other footage than the one before; ``natives`` gets it as it is."""
    before: tuple[Picture, Picture] | None = None
    for picture in source.pictures():
        natives.append(picture)
        shown = colour_of(picture).look(picture)
        now = signature(shown)
        yield shown, before is not None and (before[0].shape != shown.shape or is_another(before[1], now))
        before = shown, now


def _with_pieces(chosen: Sequence[ReferenceFace], source: Source) -> list[ReferenceFace]:
    """Those whose piece was dropped get it again, by reading the pictures once more."""
    lost = {face.index: face for face in chosen if face.piece is None}
    pictures = enumerate(source.pictures()) if lost else ()
    again = {i: Piece.of(picture, lost[i].landmarks) for i, picture in pictures if i in lost}
    return [replace(face, piece=again.get(face.index, face.piece)) for face in chosen]


def crop_size(seen: Sequence[ReferenceFace]) -> int:
    """Size of crops that keep nearly all of the pictures' detail: a multiple of 32 px within bounds."""
    wanted = float(np.percentile([face.size for face in seen], 75))
    return int(np.clip(32 * np.ceil(wanted / 32), *_SIZES))


def _result(chosen: Sequence[ReferenceFace], counts: dict[str, JsonValue]) -> Result:
    size = crop_size(chosen)
    shown = [_shown(face.piece, face, size) for face in chosen if face.piece is not None]
    return Result(
        frames={
            "crops": np.stack([crop for crop, _ in shown]),
            "landmarks": np.stack([landmarks for _, landmarks in shown]),
            "embedding": embeddings_of(chosen),
            "sharpness": np.array([face.sharpness for face in chosen], np.float32),
        },
        qc={**counts, "kept": len(chosen), "crop_size": size},
    )


def _shown(piece: Piece, face: ReferenceFace, size: int) -> tuple[NDArray[np.float16], NDArray[np.float32]]:
    """Its crop, and its landmarks there, averaged over several looks now that it is chosen."""
    colour = colour_of(piece.picture)
    landmarks = face_mesh().averaged(colour.look(piece.picture), piece.points(face.landmarks), _PERTURB)
    matrix = crop_matrix(landmarks, size)
    return display_crop(piece.picture, matrix, size, colour), move_points(matrix, landmarks)


def _nothing() -> Result:
    return Result(
        frames={
            "crops": np.zeros((0, _SIZES[0], _SIZES[0], 3), np.float16),
            "landmarks": np.zeros((0, POINTS, 3), np.float32),
            "embedding": np.zeros((0, SIZE), np.float32),
            "sharpness": np.zeros(0, np.float32),
        },
        qc={"pictures": 0, "faces": 0, "person": 0, "kept": 0},
    )
