"""Align: steady landmarks, and the performer's face as an upright display-referred crop, for each replace entry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from fsvfx.arrays import Data, LazyFrames, Result
from fsvfx.faces import topology
from fsvfx.faces.geometry import crop_matrix, move_points
from fsvfx.faces.looks import display_crop
from fsvfx.faces.trails import REACH, smooth
from fsvfx.stages.contract import Need, Resources, Stage, Work
from schemas.job import ShotJob
from schemas.receipts import Unit


class AlignStage(Stage):
    name = "align"
    version = 3
    needs = (Need("ingest"), Need("track", halo=REACH))
    resources = Resources(cpu=1, memory_mib=1024)

    def parameters(self, job: ShotJob, unit: Unit) -> dict[str, JsonValue]:
        return {
            "entries": len(job.shot.replace),
            "smooth": job.shot.faces.smooth,
            "color_space": job.shot.plate.color_space,
            "colour_config": job.colour_config,
            "exposure": job.shot.plate.exposure,
        }

    def run(self, work: Work) -> Result:
        frames: dict[str, Any] = {}
        qc: dict[str, JsonValue] = {}
        entries: Any = work.parameters["entries"]
        for index in range(int(entries)):
            aligned = _aligned(work, index)
            frames[f"r{index}/present"] = aligned.present
            frames[f"r{index}/start"] = aligned.start
            frames[f"r{index}/landmarks"] = aligned.landmarks
            frames[f"r{index}/matrix"] = aligned.matrix
            frames[f"r{index}/crops"] = _crops(work, aligned)
            qc[f"r{index}"] = {"present": int(aligned.present.sum()), "crop_size": aligned.size}
        return Result(frames=frames, qc=qc)


@dataclass(frozen=True)
class _Aligned:
    """present (n,); start (n,): a segment begins, over whose start filters must not reach; landmarks (n, 468, 3) f32
    crop px; matrix (n, 2, 3) f64; zeros where there is no face."""

    present: NDArray[np.bool_]
    start: NDArray[np.bool_]
    landmarks: NDArray[np.float32]
    matrix: NDArray[np.float64]
    size: int


def _aligned(work: Work, index: int) -> _Aligned:
    track = work.inputs["track"]
    table: dict[str, Any] = dict(track.table(f"r{index}"))
    sigma: Any = work.parameters["smooth"]
    steady = smooth(table["frame"], table["landmarks"], table["segment_start"], float(sigma))
    count = len(work.frames)
    result = _Aligned(
        np.zeros(count, np.bool_),
        np.zeros(count, np.bool_),
        np.zeros((count, topology.POINTS, 3), np.float32),
        np.zeros((count, 2, 3), np.float64),
        _size(track, index),
    )
    at = {int(number): row for row, number in enumerate(table["frame"])}
    for place, number in enumerate(work.frames):
        if number in at:
            points = steady[at[number]]
            result.matrix[place] = crop_matrix(points, result.size)
            result.landmarks[place] = move_points(result.matrix[place], points)
            result.present[place] = True
            result.start[place] = table["segment_start"][at[number]]
    return result


def _size(track: Data, index: int) -> int:
    table: dict[str, Any] = dict(track.table("entries"))
    return int(table["crop_size"][table["entry"] == index][0])


def _crops(work: Work, aligned: _Aligned) -> LazyFrames:
    """Display [0, 1], one frame of the plate in memory at a time; black where there is no face."""
    size = aligned.size
    space, config = str(work.parameters["color_space"]), str(work.parameters["colour_config"])
    exposure = float(str(work.parameters["exposure"]))

    def each() -> Iterator[NDArray[np.float16]]:
        for place, number in enumerate(work.frames):
            if aligned.present[place]:
                plate = work.inputs["ingest"].frame("frames", number)
                yield display_crop(plate, aligned.matrix[place], size, space, config, exposure)
            else:
                yield np.zeros((size, size, 3), np.float16)

    return LazyFrames((size, size, 3), np.dtype(np.float16), each())
