"""Every plate that can't be used is refused by name: what, where, how to fix it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from bad_plates import BAD_PLATES
from footage import ffmpeg, shot_job, write_stills, write_video

from fsvfx.errors import PlateError
from fsvfx.media import open_plate


@pytest.mark.parametrize("name", BAD_PLATES)
def test_refused_by_name(name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    case = BAD_PLATES[name]
    entry = case.make(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    job = shot_job(**entry)
    capfd.readouterr()

    if case.at_open:
        with pytest.raises(PlateError) as told:
            open_plate(job).info  # noqa: B018
    else:
        pictures = open_plate(job).pictures(list(job.shot.plate.frames))
        with pytest.raises(PlateError) as told:
            list(pictures)

    message = str(told.value)
    assert [part for part in case.says if part not in message] == [], message
    assert "shot sh010" in message
    assert told.value.exit_code == 2
    assert not told.value.transient
    assert told.value.hint
    assert sorted(tmp_path.rglob("*")) == before
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize("name", [name for name, case in BAD_PLATES.items() if not case.at_open])
def test_frames_elsewhere_are_served(name: str, tmp_path: Path) -> None:
    job = shot_job(**BAD_PLATES[name].make(tmp_path))
    assert len(list(open_plate(job).pictures([1001, 1002, 1003]))) == 3


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_the_right_to_read(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", 4)
    path.chmod(0)
    with pytest.raises(PlateError, match="not permitted"):
        open_plate(shot_job(path, "1001-1004"))


def test_the_command_that_deinterlaces_keeps_rate_and_count(tmp_path: Path) -> None:
    """As it is printed: a field for a frame would be twice as many frames, and the shot's would be others."""
    job = shot_job(**BAD_PLATES["interlaced"].make(tmp_path))
    with pytest.raises(PlateError) as told:
        open_plate(job).info  # noqa: B018
    command = told.value.hint.removeprefix("Deinterlace it first: ffmpeg ").split()
    names = {"IN": job.shot.plate.path, "OUT.mov": str(tmp_path / "out.mov")}
    ffmpeg(*(names.get(word, word) for word in command))
    info = open_plate(shot_job(tmp_path / "out.mov", "1001-1012")).info
    assert (info.frame_rate, info.last - info.first + 1) == (25, 12)


def test_a_damaged_first_frame_is_told_only_by_its_chunk(tmp_path: Path) -> None:
    pattern = write_stills(str(tmp_path / "a.%04d.png"), range(1001, 1005))
    (tmp_path / "a.1001.png").write_bytes(b"")
    plate = open_plate(shot_job(pattern, "1001-1004", frame_rate="24"))
    assert len(list(plate.pictures([1002, 1003]))) == 2
    with pytest.raises(PlateError, match="the file is empty"):
        next(plate.pictures([1001]))
