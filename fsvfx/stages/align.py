"""Align: steady landmarks, and the performer's face as an upright display-referred crop, for each replace entry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from fsvfx.arrays import Array, LazyFrames, Result
from fsvfx.engines.registry import engine
from fsvfx.entries import TrackedEntry, entry_name, named
from fsvfx.faces import topology
from fsvfx.faces.geometry import crop_matrix, margin_of, move_points
from fsvfx.faces.looks import display_crop
from fsvfx.faces.trails import REACH, smooth
from fsvfx.stages.contract import Need, PlateSettings, Resources, Stage, Work, plate_colour_of
from fsvfx.stages.outputs import Outputs, spec
from schemas.job import ShotJob, TrainedModel
from schemas.manifest import Replace
from schemas.receipts import Unit


class AlignSettings(PlateSettings):
    entries: int
    smooth: float
    """Standard deviation of the landmarks' filter, in frames."""
    wide: tuple[float, ...]
    """How many times as wide as its crops each entry's engine needs pictures."""


class AlignStage(Stage[AlignSettings]):
    name = "align"
    version = 6
    needs = (Need("ingest"), Need("track", halo=REACH))
    intermediate = True
    resources = Resources(cpu=1, memory_mib=1024)
    alike = True

    outputs = Outputs(
        {
            "rN/present": spec("", "bool"),
            "rN/start": spec("", "bool"),
            "rN/landmarks": spec("468 3", "float32"),
            "rN/matrix": spec("2 3", "float64"),
            "rN/crops": spec("S S 3", "float16"),
            "rN/wide": spec("W W 3", "float16", optional=True),
        }
    )

    def is_wanted(self, job: ShotJob) -> bool:
        return bool(job.shot.replace)

    def settings(self, job: ShotJob, unit: Unit) -> AlignSettings:
        return AlignSettings(
            entries=len(job.shot.replace),
            smooth=job.shot.faces.smooth,
            wide=tuple(wide_of(entry, job.models) for entry in job.shot.replace),
            **PlateSettings.of(job).model_dump(),
        )

    def run(self, work: Work[AlignSettings]) -> Result:
        frames: dict[str, Array | LazyFrames] = {}
        qc: dict[str, JsonValue] = {}
        for index in range(work.settings.entries):
            aligned = _aligned(work, index)
            frames |= named(
                index,
                present=aligned.present,
                start=aligned.start,
                landmarks=aligned.landmarks,
                matrix=aligned.matrix,
                crops=_crops(work, aligned),
            )
            if margin := margin_of(aligned.size, work.settings.wide[index]):
                frames |= named(index, wide=_crops(work, aligned, margin))
            qc[entry_name(index)] = {"present": int(aligned.present.sum()), "crop_size": aligned.size}
        return Result(frames=frames, qc=qc)


def wide_of(entry: Replace, models: Sequence[TrainedModel]) -> float:
    """How many times as wide as crops the engine, and the networks in its settings, need pictures."""
    named = {settings.get("sha256") for settings in (entry.settings, *(one.settings for one in entry.overrides))}
    return max(engine(entry.engine).wide, *(model.wide for model in models if model.sha256 in named), 1.0)


@dataclass(frozen=True)
class _Aligned:
    """present (n,); start (n,): a segment begins, beyond whose start filters must not reach; landmarks (n, 468, 3) f32
    crop px; matrix (n, 2, 3) f64; zeros where there is no face."""

    present: NDArray[np.bool_]
    start: NDArray[np.bool_]
    landmarks: NDArray[np.float32]
    matrix: NDArray[np.float64]
    size: int


def _aligned(work: Work[AlignSettings], index: int) -> _Aligned:
    track = TrackedEntry(work.inputs["track"], index)
    table = track.rows
    steady = smooth(table["frame"], table["landmarks"], table["segment_start"], work.settings.smooth)
    count = len(work.frames)
    result = _Aligned(
        np.zeros(count, np.bool_),
        np.zeros(count, np.bool_),
        np.zeros((count, topology.POINTS, 3), np.float32),
        np.zeros((count, 2, 3), np.float64),
        track.crop_size,
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


def _crops(work: Work[AlignSettings], aligned: _Aligned, margin: int = 0) -> LazyFrames:
    """Display [0, 1], one frame of the plate in memory at a time; black where there is no face.

    margin: how many px more there are on every side.
    """
    size, colour = aligned.size + 2 * margin, plate_colour_of(work)
    shift = np.array([[0, 0, margin], [0, 0, margin]])

    def each() -> Iterator[NDArray[np.float16]]:
        for place, number in enumerate(work.frames):
            if aligned.present[place]:
                plate = work.inputs["ingest"].frame("frames", number)
                yield display_crop(plate, aligned.matrix[place] + shift, size, colour)
            else:
                yield np.zeros((size, size, 3), np.float16)

    return LazyFrames((size, size, 3), np.dtype(np.float16), each())
