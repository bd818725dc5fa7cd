"""Content decides fingerprints, wherever the files lie; planning again reads nothing again."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from footage import shot_job, write_stills, write_video

from fsvfx.digests import blake3_of
from fsvfx.errors import PlateError
from fsvfx.media import open_plate, references
from fsvfx.media.sequence import plate as sequence


def test_only_the_named_frames_count(tmp_path: Path) -> None:
    pattern = write_stills(str(tmp_path / "a.%04d.png"), range(1001, 1011))
    job = shot_job(pattern, "1001-1010", frame_rate="24")
    before = open_plate(job).fingerprint(range(1001, 1006)), open_plate(job).fingerprint(range(1006, 1011))
    shutil.copyfile(tmp_path / "a.1001.png", tmp_path / "a.1003.png")
    after = open_plate(job).fingerprint(range(1001, 1006)), open_plate(job).fingerprint(range(1006, 1011))
    assert before[1] == after[1]
    assert [number for number in before[0] if before[0][number] != after[0][number]] == ["1003"]


def test_the_place_does_not_count(tmp_path: Path) -> None:
    for folder in ("here", "there"):
        write_stills(str(tmp_path / folder / "a.%04d.exr"), range(1, 4), dtype="f2")
    jobs = [shot_job(tmp_path / folder / "a.####.exr", "1-3", frame_rate="24") for folder in ("here", "there")]
    assert open_plate(jobs[0]).fingerprint([1, 2, 3]) == open_plate(jobs[1]).fingerprint([1, 2, 3])
    (tmp_path / "c").mkdir()
    video = write_video(tmp_path / "a.mp4", 6)
    copy = shutil.copyfile(video, tmp_path / "c" / "b.mp4")
    one, other = (open_plate(shot_job(path, "1001-1006")).fingerprint([1001, 1002]) for path in (video, copy))
    assert one == other


def test_frames_of_one_video_differ_though_they_are_decoded_from_the_same_keyframe(tmp_path: Path) -> None:
    plate = open_plate(shot_job(write_video(tmp_path / "a.mp4", 12), "1001-1012"))
    prints = {plate.fingerprint([number])["video"] for number in range(1001, 1013)}
    assert len(prints) == 12


def test_digests_are_remembered_until_the_file_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pattern = write_stills(str(tmp_path / "a.%04d.png"), range(1001, 1004))
    job = shot_job(pattern, "1001-1003", frame_rate="24")
    read: list[str] = []
    for module in (references, sequence):
        monkeypatch.setattr(module, "blake3_of", lambda path: read.append(path.resolve().name) or blake3_of(path))
    first = open_plate(job).fingerprint([1001, 1002, 1003])
    assert open_plate(job).fingerprint([1001, 1002, 1003]) == first
    assert sorted(read) == ["a.1001.png", "a.1002.png", "a.1003.png"]
    write_stills(str(tmp_path / "a.%04d.png"), [1002], width=48)
    assert open_plate(job).fingerprint([1001, 1002, 1003]) != first
    assert read[3:] == ["a.1002.png"]


def test_a_memory_that_can_not_be_used_only_costs_time(tmp_path: Path, own_cache: Path) -> None:
    (own_cache / "digests.sqlite").write_bytes(b"no database" * 100)
    pattern = write_stills(str(tmp_path / "a.%04d.png"), [1001])
    assert open_plate(shot_job(pattern, "1001", frame_rate="24")).fingerprint([1001])["1001"]


def test_a_frame_that_vanishes_after_opening_is_named(tmp_path: Path) -> None:
    pattern = write_stills(str(tmp_path / "a.%04d.png"), [1001, 1002])
    plate = open_plate(shot_job(pattern, "1001-1002", frame_rate="24"))
    (tmp_path / "a.1002.png").unlink()
    with pytest.raises(PlateError, match="does not exist") as told:
        plate.fingerprint([1001, 1002])
    assert "a.1002.png" in str(told.value)
