"""Detect: every face in every frame, with landmarks, and an identity embedding in some frames."""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from fsvfx.arrays import Result
from fsvfx.faces.detectors import weights_of
from fsvfx.faces.embedding import SIZE, embeddings
from fsvfx.faces.search import FaceFinder, Faces, Tiles
from fsvfx.faces.tracks import is_another, signature
from fsvfx.faces.watch import Picture, Seen, watch
from fsvfx.stages.contract import Need, PlateSettings, Resources, Stage, Work, plate_colour_of
from fsvfx.stages.outputs import Outputs, spec
from schemas.job import ShotJob
from schemas.receipts import Unit

EMBED_EVERY = 12
"""A face is embedded in every n-th frame, and where it is new."""


class DetectSettings(PlateSettings):
    """As in the manifest's ``faces``. active: whether the shot replaces anybody."""

    detector: str
    min_score: float
    min_size: float
    tiles: Tiles
    roll: bool
    every: int
    perturb: int
    active: bool

    def finder(self) -> FaceFinder:
        """Raises ModelError if weights are missing."""
        return FaceFinder(
            self.detector,
            min_score=self.min_score,
            min_size=self.min_size,
            tiles=self.tiles,
            roll=self.roll,
            perturb=self.perturb,
        )


class DetectStage(Stage[DetectSettings]):
    name = "detect"
    version = 3
    needs = (Need("ingest"),)
    resources = Resources(cpu=1, memory_mib=1024)
    alike = True

    outputs = Outputs(
        {"signature": spec("36 64", "uint8")},
        {
            "faces": {
                "frame": spec("", "int64"),
                "box": spec("4", "float32"),
                "score": spec("", "float32"),
                "landmarks": spec("468 3", "float32"),
                "embedding": spec("128", "float32"),
            }
        },
    )

    def settings(self, job: ShotJob, unit: Unit) -> DetectSettings:
        faces = job.shot.faces
        return DetectSettings(
            detector=faces.detector,
            min_score=faces.min_score,
            min_size=faces.min_size,
            tiles=faces.tiles,
            roll=faces.roll,
            every=faces.every,
            perturb=faces.perturb,
            active=bool(job.shot.replace),
            **PlateSettings.of(job).model_dump(),
        )

    def weights(self, settings: DetectSettings) -> tuple[str, ...]:
        return (*weights_of(settings.detector), "facemesh", "dlib_embedding") if settings.active else ()

    def run(self, work: Work[DetectSettings]) -> Result:
        """Raises ModelError if weights are missing."""
        if not work.settings.active:
            blank = np.zeros((len(work.frames), 36, 64), np.uint8)
            return Result(frames={"signature": blank}, tables={"faces": _table([], [], [])}, qc={"faces": 0})
        started = perf_counter()
        finder = work.settings.finder()
        signatures: list[NDArray[np.uint8]] = []
        found, taken = [], []
        for number, seen in zip(
            work.frames, watch(_pictures(work, signatures), finder, work.settings.every), strict=True
        ):
            taken.append(_embed(seen, number))
            found.append(seen.faces)
        with_face = sum(len(faces) > 0 for faces in found)
        seconds = perf_counter() - started
        return Result(
            frames={"signature": np.stack(signatures)},
            tables={"faces": _table(list(work.frames), found, taken)},
            qc={
                "faces": sum(len(faces) for faces in found),
                "frames_with_face": with_face,
                "fps": round(len(work.frames) / max(seconds, 1e-6), 2),
            },
        )


def _pictures(work: Work[DetectSettings], signatures: list[NDArray[np.uint8]]) -> Iterator[tuple[Picture, bool]]:
    """Each frame to search, and whether there seems to be a cut before it; records their signatures."""
    colour = plate_colour_of(work)
    for number in work.frames:
        picture = colour.look(work.inputs["ingest"].frame("frames", number))
        signatures.append(signature(picture))
        yield picture, len(signatures) > 1 and is_another(*signatures[-2:])


def _embed(seen: Seen, number: int) -> NDArray[np.float32]:
    """(k, 128); NaN for faces that are not embedded in this frame."""
    due = (seen.origin < 0) | (number % EMBED_EVERY == 0)
    result = np.full((len(seen.faces), SIZE), np.nan, np.float32)
    result[due] = embeddings(seen.picture, seen.faces.landmarks[due])
    return result


def _table(numbers: list[int], found: list[Faces], taken: list[NDArray[np.float32]]) -> dict[str, NDArray[np.generic]]:
    every = Faces.none()
    for faces in found:
        every = every.with_more(faces)
    return {
        "frame": np.repeat(np.array(numbers, np.int64), [len(faces) for faces in found]),
        "box": every.boxes,
        "score": every.scores,
        "landmarks": every.landmarks,
        "embedding": np.concatenate(taken) if taken else np.zeros((0, SIZE), np.float32),
    }
