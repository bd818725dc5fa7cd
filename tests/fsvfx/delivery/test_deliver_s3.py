"""Deliverables on a real S3 server: the same bytes as on disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from servers import s3_bucket, s3_server  # noqa: F401

from fsvfx.delivery import check_free, deliver_chunk, deliver_shot, is_intact, verify_deliverables
from fsvfx.errors import InputError
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
    assert (problem.where.file, "is missing" in problem.what) == (f"{s3_bucket}/out/a.1002.exr", True)


@pytest.mark.slow
@pytest.mark.parametrize("size", [10, 20 << 20])
def test_an_object_is_put_only_where_there_is_none(s3_bucket: str, tmp_path: Path, size: int) -> None:  # noqa: F811
    """20 MiB go up in parts."""
    mine, url = tmp_path / "mine", f"{s3_bucket}/out/a.exr"
    mine.write_bytes(b"m" * size)
    assert remote.create(mine, url)
    assert not remote.create(mine, url)
    mine.write_bytes(b"other")
    assert not remote.create(mine, url)
    assert remote.local_copy(url).stat().st_size == size


@pytest.mark.slow
def test_an_object_of_others_stays(
    shot_kit: Callable[..., Any],
    exr_plate: Callable[..., Path],
    s3_bucket: str,  # noqa: F811
    tmp_path: Path,
) -> None:
    plate = {"path": str(exr_plate(range(1001, 1004))), "frames": FrameRange.span(1001, 1003), "color_space": "ACEScg"}
    made = shot_kit({**plate, "frame_rate": "24"}, [{"kind": "exr", "path": "a.{frame}.exr"}])
    (wish,) = made.job.deliver
    job = made.job.model_copy(
        update={"deliver": (wish.model_copy(update={"path": f"{s3_bucket}/out/a.{{frame}}.exr"}),)}
    )
    theirs, url = tmp_path / "theirs", f"{s3_bucket}/out/a.1002.exr"
    theirs.write_bytes(b"theirs")
    remote.upload(theirs, url)
    with pytest.raises(InputError, match="A file that this shot did not deliver"):
        check_free(job)
    with pytest.raises(InputError, match="did not deliver"):
        deliver_chunk(job, made.units[0], made.of_chunk(made.units[0]), NONE)
    assert remote.local_copy(url).read_bytes() == b"theirs"
    may = job.model_copy(update={"may_replace": True})
    deliver_chunk(may, made.units[0], made.of_chunk(made.units[0]), NONE)
    assert remote.local_copy(url).read_bytes() != b"theirs"
