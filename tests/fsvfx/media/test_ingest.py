"""ingest hands the plate's frames through, one at a time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from footage import number_in, shot_job, write_video

from fsvfx.arrays import LazyFrames
from fsvfx.errors import MachineError
from fsvfx.media import source_for
from fsvfx.stages.contract import Work
from fsvfx.stages.ingest import IngestSettings, IngestStage
from schemas.frames import Chunk
from schemas.job import ShotJob
from schemas.receipts import Unit


def work_for(job: ShotJob, unit: Unit) -> Work:
    assert unit.chunk is not None
    stage = IngestStage()
    settings = stage.settings(job, unit)
    source = source_for(job, unit)
    return Work(unit, tuple(unit.chunk.frames), settings, inputs={}, source=source)


def test_a_chunks_frames_in_order(tmp_path: Path) -> None:
    job = shot_job(write_video(tmp_path / "a.mp4", 30), "1001-1030")
    result = IngestStage().run(work_for(job, Unit.of_chunk(Chunk(first=1009, last=1016))))
    frames = result.frames["frames"]
    assert isinstance(frames, LazyFrames)
    assert (frames.shape, frames.dtype) == ((48, 96, 3), np.dtype(np.uint8))
    assert [number_in(rgb) for rgb in frames.frames] == list(range(8, 16))


def test_the_colour_space_is_all_that_counts_beside_the_content(tmp_path: Path) -> None:
    unit = Unit.of_chunk(Chunk(first=1001, last=1004))
    stage = IngestStage()
    one = stage.settings(shot_job("a.mp4", "1001-1004"), unit)
    assert one == stage.settings(shot_job("elsewhere/b.mp4", "1001-1010"), unit)
    assert one != stage.settings(shot_job("a.mp4", "1001-1004", color_space="ACEScg"), unit)


def test_a_reader_that_gives_too_few_is_found_out(tmp_path: Path) -> None:
    class Short:
        def fingerprint(self) -> dict[str, str]:
            return {}

        def pictures(self):
            yield np.zeros((4, 4, 3), np.uint8)

    work = Work(Unit.of_shot(), (1, 2), IngestSettings(color_space="sRGB"), inputs={}, source=Short())
    frames = IngestStage().run(work).frames["frames"]
    assert isinstance(frames, LazyFrames)
    with pytest.raises(MachineError, match="gave 1 frames of 2"):
        list(frames.frames)
