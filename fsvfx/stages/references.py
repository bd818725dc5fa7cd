"""References: a person's footage and stills become aligned faces, sharp and various, with their identity embedding."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from fsvfx.arrays import Array, Result, Source
from fsvfx.colour import DEFAULT_CONFIG
from fsvfx.engines.mesh.choice import measures
from fsvfx.errors import InputError, Where
from fsvfx.faces.align import crop, crop_matrix
from fsvfx.faces.detect import weights_of
from fsvfx.faces.embed import SAME_PERSON, SIZE, distance, embeddings
from fsvfx.faces.looks import look
from fsvfx.faces.sampling import move_points, scale_of
from fsvfx.faces.search import FaceFinder
from fsvfx.faces.topology import POINTS
from fsvfx.stages.align import display_crop
from fsvfx.stages.contract import Resources, Stage, Work
from schemas.job import ShotJob
from schemas.receipts import Unit

MOST = 64
"""Pictures kept per person."""
_PROBE = 256
"""Sharpness and measures are taken in crops of this size, whatever the picture's."""
_SIZES = (128, 512)
_PERTURB = 9
_BLURRED = 0.4
"""Pictures with less than this share of the median sharpness are dropped."""
_SPACES = {"float16": "linear_rec709"}
"""Half-float pictures are taken for scene-linear; the others are sRGB. Both are the built-in config's."""


@dataclass(frozen=True)
class Seen:
    """A face in the reference picture ``index``: landmarks (468, 3) px, its size in px, and what is known of it."""

    index: int
    landmarks: NDArray[np.float32]
    size: float
    embedding: NDArray[np.float32]
    sharpness: float
    measures: NDArray[np.float32]


class ReferencesStage(Stage):
    name = "references"
    version = 2
    scope = "person"
    resources = Resources(cpu=1, memory_mib=2048)
    reads_media = True

    def parameters(self, job: ShotJob, unit: Unit) -> dict[str, JsonValue]:
        faces = job.shot.faces
        return {
            "active": bool(job.people[unit.person].references),
            "detector": faces.detector,
            "min_score": faces.min_score,
            "most": MOST,
        }

    def weights(self, parameters: Mapping[str, JsonValue]) -> tuple[str, ...]:
        if not parameters["active"]:
            return ()
        return (*weights_of(str(parameters["detector"])), "facemesh", "dlib_embedding")

    def run(self, work: Work) -> Result:
        """A person without references gives an empty result. Raises InputError if no picture shows a face."""
        if not work.parameters["active"] or work.source is None:
            return _nothing()
        config = DEFAULT_CONFIG
        finder = FaceFinder(
            str(work.parameters["detector"]), min_score=float(str(work.parameters["min_score"])), perturb=_PERTURB
        )
        pictures, seen = 0, []
        for index, picture in enumerate(work.source.pictures()):
            pictures += 1
            seen += faces_of(index, look(picture, space_of(picture), config), finder)
        if not seen:
            raise InputError(
                f"No face is seen in any of the {pictures} reference pictures of '{work.unit.person}'",
                hint="Give footage or stills in which the face is large, lit and unobstructed",
                where=Where(stage=self.name, field=f"people.{work.unit.person}.references"),
            )
        person = majority(seen)
        chosen = various(sharp(person), MOST)
        work.report(f"{work.unit.person}: {len(chosen)} of {pictures} reference pictures")
        return _result(chosen, work.source, config, {"pictures": pictures, "faces": len(seen), "person": len(person)})


def faces_of(index: int, rgb: NDArray[np.uint8], finder: FaceFinder) -> list[Seen]:
    """All faces in one picture (H, W, 3) u8."""
    found = finder.find(rgb)
    taken = embeddings(rgb, found.landmarks)
    return [_seen(index, rgb, mesh, which) for mesh, which in zip(found.landmarks, taken, strict=True)]


def _seen(index: int, rgb: NDArray[np.uint8], landmarks: NDArray[np.float32], which: NDArray[np.float32]) -> Seen:
    matrix = crop_matrix(landmarks, _PROBE)
    probe = np.asarray(crop(rgb, matrix, _PROBE), np.uint8)
    mesh = move_points(matrix, landmarks)
    shown = measures((probe / 255).astype(np.float32), mesh)
    return Seen(index, landmarks, _PROBE / scale_of(matrix), which, sharpness(probe, mesh), shown)


def sharpness(probe: NDArray[np.uint8], mesh: NDArray[np.float32]) -> float:
    """Energy of the finest detail within the face of a (256, 256, 3) crop, relative to its contrast."""
    grey = cv2.cvtColor(probe, cv2.COLOR_RGB2GRAY).astype(np.float32)
    inside = np.zeros(grey.shape, np.uint8)
    cv2.fillConvexPoly(inside, cv2.convexHull(np.round(mesh[:, :2]).astype(np.int32)), 1)
    face = inside > 0
    if not face.any():
        return 0.0
    detail = np.asarray(cv2.Laplacian(cv2.GaussianBlur(grey, (0, 0), 0.8), cv2.CV_32F))
    return float(detail[face].std() / (grey[face].std() + 1.0))


def majority(seen: Sequence[Seen]) -> list[Seen]:
    """The faces of whoever is seen most often, one per picture: the person whose references these are."""
    known = np.stack([face.embedding for face in seen])
    near = distance(known[:, None], known[None]) < SAME_PERSON
    alike = [np.flatnonzero(row).tolist() for row in near]
    best = max(range(len(seen)), key=lambda i: (len({seen[j].index for j in alike[i]}), seen[i].size))
    closest: dict[int, Seen] = {}
    for j in alike[best]:
        face = seen[j]
        held = closest.get(face.index)
        if held is None or distance(face.embedding, known[best]) < distance(held.embedding, known[best]):
            closest[face.index] = face
    return list(closest.values())


def sharp(seen: Sequence[Seen]) -> list[Seen]:
    """Those that are not blurred, as the others of this person go."""
    usual = float(np.median([face.sharpness for face in seen]))
    return [face for face in seen if face.sharpness >= _BLURRED * usual]


def various(seen: Sequence[Seen], most: int) -> list[Seen]:
    """At most ``most``, unlike each other in pose, expression and light: the sharpest, then always the furthest one."""
    shown = np.stack([face.measures for face in seen])
    worth = np.array([face.sharpness for face in seen])
    chosen = [int(np.argmax(worth))]
    apart = np.linalg.norm(shown - shown[chosen[0]], axis=1)
    while len(chosen) < min(most, len(seen)):
        # Sharpness breaks ties between pictures that are about as far.
        chosen.append(int(np.argmax(np.where(np.isin(np.arange(len(seen)), chosen), -1, apart * np.sqrt(worth)))))
        apart = np.minimum(apart, np.linalg.norm(shown - shown[chosen[-1]], axis=1))
    return [seen[i] for i in sorted(chosen, key=lambda i: seen[i].index)]


def crop_size(seen: Sequence[Seen]) -> int:
    """For crops that keep nearly all the detail that the pictures have: a multiple of 32 px within bounds."""
    wanted = float(np.percentile([face.size for face in seen], 75))
    return int(np.clip(32 * np.ceil(wanted / 32), *_SIZES))


def _result(chosen: Sequence[Seen], source: Source, config: str, counts: dict[str, int]) -> Result:
    size = crop_size(chosen)
    matrices = [crop_matrix(face.landmarks, size) for face in chosen]
    wanted = {face.index: matrix for face, matrix in zip(chosen, matrices, strict=True)}
    crops = [display_crop(picture, wanted[i], size, space_of(picture), config) for i, picture in _only(source, wanted)]
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


def space_of(picture: Array) -> str:
    """The colour space that a reference picture is taken for."""
    return _SPACES.get(picture.dtype.name, "sRGB")


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
