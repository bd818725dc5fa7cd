"""Damage is told, frame by frame, and never concealed; frames that it does not reach are served."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from footage import ffmpeg, number_in, shot_job, write_video

from fsvfx.errors import PlateError
from fsvfx.media import open_plate

COUNT = 60
_GOP12 = {"x264-params": "keyint=12:min-keyint=12:scenecut=0:bframes=0:log-level=none"}


def damage(path: Path, packet_number: int) -> None:
    """Blank one packet of the file, in decoding order."""
    with av.open(str(path)) as container:
        packet = [p for p in container.demux(video=0) if p.size][packet_number]
        near, data = packet.pos, bytes(packet)
    content = path.read_bytes()
    at = content.index(data, near)  # Matroska's position is that of the block's header
    path.write_bytes(content[:at] + bytes(len(data)) + content[at + len(data) :])


@pytest.mark.parametrize(("name", "codec"), [("a.mp4", "libx264"), ("a.mkv", "libx264"), ("a.mov", "libx264")])
def test_one_damaged_frame_takes_only_what_builds_on_it(name: str, codec: str, tmp_path: Path) -> None:
    path = write_video(tmp_path / name, COUNT, codec=codec, options=_GOP12)
    damage(path, 30)
    plate = open_plate(shot_job(path, "1001-1060"))
    assert [number_in(rgb) for rgb in plate.pictures(range(1001, 1031))] == list(range(30))
    assert [number_in(rgb) for rgb in plate.pictures(range(1037, 1061))] == list(range(36, 60))
    with pytest.raises(PlateError, match=r"frame 1031 can't be decoded: its data is damaged") as told:
        list(plate.pictures(range(1025, 1049)))
    assert str(told.value.where.frames) == "1031"
    assert path.name in str(told.value)
    with pytest.raises(PlateError, match="frame 1034 can't be decoded: it depends on frame 1031"):
        list(plate.pictures([1034]))


def test_intra_frames_stand_alone(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mov", 20, codec="prores_ks", pix_fmt="yuv422p10le")
    damage(path, 7)
    plate = open_plate(shot_job(path, "1001-1020"))
    assert number_in(next(plate.pictures([1009]))) == 8
    with pytest.raises(PlateError, match="frame 1008 can't be decoded"):
        list(plate.pictures(range(1001, 1021)))


def test_damage_in_the_first_frame_does_not_take_later_chunks(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", COUNT, options=_GOP12)
    damage(path, 0)
    plate = open_plate(shot_job(path, "1001-1060"))
    assert plate.info.width == 96
    assert number_in(next(plate.pictures([1013]))) == 12
    with pytest.raises(PlateError, match="frame 1001 can't be decoded"):
        next(plate.pictures([1001]))


def test_a_cut_off_file_serves_what_it_holds(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", COUNT, options=_GOP12)
    fast = tmp_path / "fast.mp4"
    ffmpeg("-i", path, "-c", "copy", "-movflags", "+faststart", fast)
    fast.write_bytes(fast.read_bytes()[: fast.stat().st_size * 3 // 4])
    plate = open_plate(shot_job(fast, "1001-1060"))
    assert number_in(next(plate.pictures([1010]))) == 9
    with pytest.raises(PlateError, match="the file is cut off: it should have 60 frames") as told:
        list(plate.pictures(range(1059, 1061)))
    assert str(told.value.where.frames) == "1059-1060"


def test_recovery_changes_only_the_fingerprints_that_the_damage_reached(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", COUNT, options=_GOP12)
    whole = path.read_bytes()
    chunks = [range(first, first + 12) for first in range(1001, 1061, 12)]
    good = [open_plate(shot_job(path, "1001-1060")).fingerprint(chunk) for chunk in chunks]
    damage(path, 30)
    bad = [open_plate(shot_job(path, "1001-1060")).fingerprint(chunk) for chunk in chunks]
    assert [a == b for a, b in zip(good, bad, strict=True)] == [True, True, False, True, True]
    path.write_bytes(whole)
    assert [open_plate(shot_job(path, "1001-1060")).fingerprint(chunk) for chunk in chunks] == good
    assert len({str(fingerprint) for fingerprint in good}) == len(chunks)


def test_memory_stays_flat(tmp_path: Path) -> None:
    """Pictures come one by one: nothing is decoded before it is asked for."""
    path = write_video(tmp_path / "a.mp4", COUNT, options=_GOP12)
    damage(path, 30)
    pictures = open_plate(shot_job(path, "1001-1060")).pictures(range(1001, 1061))
    assert isinstance(next(pictures), np.ndarray)
