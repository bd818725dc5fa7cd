"""Deliverables on a real S3 server: the same bytes as on disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from servers import s3_bucket, s3_server  # noqa: F401

from fsvfx.delivery import deliver_chunk, deliver_shot, is_intact, verify_deliverables
from fsvfx.media import remote
from schemas.frames import FrameRange

NONE = FrameRange(())


@pytest.mark.slow
def test_s3_has_the_same_bytes(shot_kit: Callable[..., Any], exr_plate: Callable[..., Path], s3_bucket: str) -> None:  # noqa: F811
    path = exr_plate(range(1001, 1004))
    plate = {"path": str(path), "frames": FrameRange.span(1001, 1003), "color_space": "ACEScg", "frame_rate": "24"}
    made = shot_kit(plate, [{"kind": "exr", "path": "a.{frame}.exr"}, {"kind": "review", "path": "a.mp4"}])
    away = [
        wish.model_copy(update={"path": f"{s3_bucket}/out/{wish.path.rpartition('/')[2]}"}) for wish in made.job.deliver
    ]
    digests = []
    for deliver in (made.job.deliver, tuple(away)):
        job = made.job.model_copy(update={"deliver": deliver})
        chunk = made.commit(deliver_chunk(job, made.units[0], made.of_chunk(made.units[0]), NONE))
        shot = deliver_shot(job, [chunk, *made.ingest, *made.composite, *made.measure], NONE)
        digests.append((chunk.digest, [file.digest for file in shot.files if file.kind != "report"]))
    assert digests[0] == digests[1]
    shot = made.commit(shot.model_copy(update={"key": "s3"}))
    assert is_intact(chunk)
    assert verify_deliverables(job) == []
    remote.remove(chunk.files[1].path)
    assert not is_intact(chunk)
    (problem,) = verify_deliverables(job)
    assert (problem.where.file, "is gone" in problem.what) == (f"{s3_bucket}/out/a.1002.exr", True)
