"""References: a person's footage and stills become aligned faces, sharp and various, with their identity embedding."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from fsvfx.arrays import Array, Result, Source
from fsvfx.colour import PlateColour
from fsvfx.errors import InputError, Where
from fsvfx.faces.detectors import weights_of
from fsvfx.faces.embedding import SIZE
from fsvfx.faces.geometry import crop_matrix, move_points
from fsvfx.faces.looks import display_crop
from fsvfx.faces.references import MOST, ReferenceFace, faces_of, majority, sharp, various
from fsvfx.faces.search import FaceFinder
from fsvfx.faces.topology import POINTS
from fsvfx.stages.contract import Resources, Stage, StageSettings, Work
from fsvfx.stages.outputs import Outputs, spec
from schemas.job import ShotJob
from schemas.receipts import Unit

_SIZES = (128, 512)
_PERTURB = 9
_SPACES = {"float16": "linear_rec709"}
"""Half-float pictures are taken for scene-linear; the others are sRGB. Both are the built-in config's."""


class ReferencesSettings(StageSettings):
    """active: whether the person has references. detector, min_score: as in the manifest's ``faces``."""

    active: bool
    detector: str
    min_score: float
    most: int


class ReferencesStage(Stage[ReferencesSettings]):
    name = "references"
    version = 3
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
        finder = FaceFinder(work.settings.detector, min_score=work.settings.min_score, perturb=_PERTURB)
        pictures, seen = 0, []
        for index, picture in enumerate(work.source.pictures()):
            pictures += 1
            seen += faces_of(index, colour_of(picture).look(picture), finder)
        if not seen:
            raise InputError(
                f"No face is seen in any of the {pictures} reference pictures of '{work.unit.person}'",
                hint="Give footage or stills in which the face is large, lit and unobstructed",
                where=Where(stage=self.name, field=f"people.{work.unit.person}.references"),
            )
        person = majority(seen)
        chosen = various(sharp(person), MOST)
        work.report(f"{work.unit.person}: {len(chosen)} of {pictures} reference pictures")
        return _result(chosen, work.source, {"pictures": pictures, "faces": len(seen), "person": len(person)})


def crop_size(seen: Sequence[ReferenceFace]) -> int:
    """For crops that keep nearly all the detail that the pictures have: a multiple of 32 px within bounds."""
    wanted = float(np.percentile([face.size for face in seen], 75))
    return int(np.clip(32 * np.ceil(wanted / 32), *_SIZES))


def _result(chosen: Sequence[ReferenceFace], source: Source, counts: dict[str, int]) -> Result:
    size = crop_size(chosen)
    matrices = [crop_matrix(face.landmarks, size) for face in chosen]
    wanted = {face.index: matrix for face, matrix in zip(chosen, matrices, strict=True)}
    crops = [display_crop(picture, wanted[i], size, colour_of(picture)) for i, picture in _only(source, wanted)]
    return Result(
        frames={
            "crops": np.stack(crops),
            "landmarks": np.stack([move_points(m, f.landmarks) for m, f in zip(matrices, chosen, strict=True)]),
            "embedding": np.stack([face.embedding for face in chosen]),
            "sharpness": np.array([face.sharpness for face in chosen], np.float32),
        },
        qc={**counts, "kept": len(chosen), "crop_size": size},
    )


def _only(source: Source, wanted: Mapping[int, object]) -> Iterator[tuple[int, Array]]:
    """The pictures again, those only: holding all of them from the first time would take too much memory."""
    return ((index, picture) for index, picture in enumerate(source.pictures()) if index in wanted)


def colour_of(picture: Array) -> PlateColour:
    """The colour that a reference picture is taken to have, in the built-in config."""
    return PlateColour(_SPACES.get(picture.dtype.name, "sRGB"))


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
