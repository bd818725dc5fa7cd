"""Detect: every face of every frame, with landmarks, and an identity embedding now and then."""

from __future__ import annotations

from collections.abc import Mapping
from time import perf_counter

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from fsvfx.arrays import Result
from fsvfx.faces.boxes import iou
from fsvfx.faces.detectors import weights_of
from fsvfx.faces.embedding import SIZE, embeddings
from fsvfx.faces.looks import look
from fsvfx.faces.search import FaceFinder, Faces
from fsvfx.faces.tracks import signature
from fsvfx.stages.contract import Need, Resources, Stage, Work
from schemas.job import ShotJob
from schemas.receipts import Unit

EMBED_EVERY = 12
"""Embeddings are slow (0.1 s): one in so many frames, and wherever a face is new."""
_SEARCH = ("min_score", "min_size", "tiles", "roll", "perturb")


class DetectStage(Stage):
    name = "detect"
    version = 1
    needs = (Need("ingest"),)
    resources = Resources(cpu=1, memory_mib=1024)

    def parameters(self, job: ShotJob, unit: Unit) -> dict[str, JsonValue]:
        faces = job.shot.faces.model_dump(mode="json", include={"detector", *_SEARCH})
        return {
            **faces,
            "color_space": job.shot.plate.color_space,
            "colour_config": job.colour_config,
            "exposure": job.shot.plate.exposure,
            "active": bool(job.shot.replace),
        }

    def weights(self, parameters: Mapping[str, JsonValue]) -> tuple[str, ...]:
        if not parameters["active"]:
            return ()
        return (*weights_of(str(parameters["detector"])), "facemesh", "dlib_embedding")

    def run(self, work: Work) -> Result:
        """Raises ModelError if weights are not here."""
        if not work.parameters["active"]:
            blank = np.zeros((len(work.frames), 36, 64), np.uint8)
            return Result(frames={"signature": blank}, tables={"faces": _table([], [], [])}, qc={"faces": 0})
        started = perf_counter()
        finder = FaceFinder(str(work.parameters["detector"]), **{key: work.parameters[key] for key in _SEARCH})  # type: ignore[arg-type]
        space, config = str(work.parameters["color_space"]), str(work.parameters["colour_config"])
        exposure = float(str(work.parameters["exposure"]))
        signatures, found, taken = [], [], []
        before: Faces | None = None
        for number in work.frames:
            picture = look(work.inputs["ingest"].frame("frames", number), space, config, exposure)
            signatures.append(signature(picture))
            faces = finder.find(picture, before)
            taken.append(_embed(picture, faces, before, number))
            found.append(faces)
            before = faces
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


def _embed(picture: NDArray[np.uint8], faces: Faces, before: Faces | None, number: int) -> NDArray[np.float32]:
    """(k, 128); NaN for the faces whose turn it is not."""
    due = np.full(len(faces), number % EMBED_EVERY == 0)
    if before is None or not len(before):
        due[:] = True
    elif len(faces):
        due |= iou(faces.boxes, before.boxes).max(axis=1) < 0.3
    result = np.full((len(faces), SIZE), np.nan, np.float32)
    result[due] = embeddings(picture, faces.landmarks[due])
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
