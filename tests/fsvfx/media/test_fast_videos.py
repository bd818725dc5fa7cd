"""Timecode of videos above 30 frames a second: tracks that count every picture, and tracks that count pairs."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from footage import ffmpeg, shot_job, write_video
from hypothesis import given, settings
from hypothesis import strategies as st

from fsvfx.delivery.videos import MXF_RATES
from fsvfx.media import open_plate
from fsvfx.media.addresses import read_label
from fsvfx.media.video.clock import timecode_rate_of
from fsvfx.media.video.writer import VideoFormat, codec_of
from fsvfx.media.video.writer import write_video as write_out

F5994, F60, F50, F48 = Fraction(60000, 1001), Fraction(60), Fraction(50), Fraction(48)
SLOWED120 = Fraction(120000, 1001)


def timed(folder: Path, rate: Fraction, timecode: str, track: tuple[int, int, int] | None = None) -> Path:
    """A video with ``timecode``; ``track``: ticks a second, ticks a frame and frames of its timecode track instead."""
    plain = write_video(folder / "plain.mov", 6, rate=rate)
    path = folder / "a.mov"
    ffmpeg("-i", plain, "-c", "copy", "-timecode", timecode, path)
    if track:
        content = bytearray(path.read_bytes())
        at = content.index(b"tmcd", content.index(b"stsd", content.index(b"gmhd"))) + 20
        content[at : at + 9] = struct.pack(">IIB", *track)
        path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("rate", "timecode"),
    [
        (Fraction(24000, 1001), "01:00:00:23"),
        (Fraction(48000, 1001), "01:00:00:47"),
        (F48, "01:00:00:47"),
        (F50, "01:00:00:49"),
        (F5994, "00:00:59;59"),
        (F5994, "00:00:59:59"),
        (F60, "01:00:00:29"),
        (Fraction(96), "01:00:00:95"),
        (Fraction(100), "01:00:00:99"),
        (SLOWED120, "00:00:59;119"),
        (Fraction(120), "01:00:00:009"),
        (Fraction(15), "01:00:00:14"),
    ],
)
def test_in_and_out(rate: Fraction, timecode: str, tmp_path: Path) -> None:
    """What is written is read again, in each container; libavformat takes 119.88 for 120."""
    codecs = {"a.mov": "h264", "a.mp4": "h264", "a.mxf": "dnxhr_sq"}
    for name in codecs if rate in MXF_RATES else ("a.mov", "a.mp4"):
        pictures = (np.zeros((120, 256, 3), np.uint8) for _ in range(5))
        write_out(
            tmp_path / name, pictures, VideoFormat((120, 256), rate, codec=codec_of(codecs[name]), timecode=timecode)
        )
        info = open_plate(shot_job(tmp_path / name, "1001-1005")).info
        assert (info.timecode, info.frame_rate) == (timecode, rate)
        assert not any("timecode" in note for note in info.notes)


@pytest.mark.parametrize(
    ("rate", "timecode", "track", "wanted"),
    [
        (F5994, "00:00:00:29", (30000, 1001, 30), "00:00:00:58"),
        (F60, "00:00:00:29", (30, 1, 30), "00:00:00:58"),
        (F50, "00:00:00:24", (25, 1, 25), "00:00:00:48"),
        (F48, "00:00:00:23", (24, 1, 24), "00:00:00:46"),
        (Fraction(48000, 1001), "00:00:00:23", (24000, 1001, 24), "00:00:00:46"),
        (Fraction(120), "00:00:00:029", (30, 1, 30), "00:00:00:116"),
        (F5994, "00:00:00:22", (60000, 1001, 30), "00:00:00:44"),
        (F5994, "00:00:00:22", (60000, 1001, 60), "00:00:00:22"),
        (Fraction(24000, 1001), "00:00:00:22", (24, 1, 24), "00:00:00:22"),
    ],
)
def test_tracks_that_count_pairs(
    rate: Fraction, timecode: str, track: tuple[int, int, int], wanted: str, tmp_path: Path
) -> None:
    path = timed(tmp_path, rate, timecode, track)
    assert open_plate(shot_job(path, "1001-1005")).info.timecode == wanted


@pytest.mark.parametrize(
    ("rate", "timecode", "track"),
    [
        (Fraction(24), "00:00:00:22", (30, 1, 30)),
        (Fraction(25), "00:00:00:22", (24, 1, 24)),
        (Fraction(30), "00:00:00:22", (60, 1, 60)),
    ],
)
def test_tracks_at_another_rate_are_told(
    rate: Fraction, timecode: str, track: tuple[int, int, int], tmp_path: Path
) -> None:
    info = open_plate(shot_job(timed(tmp_path, rate, timecode, track), "1001-1005")).info
    assert info.timecode is None
    assert any(f"counts {Fraction(*track[:2])} frames a second" in note for note in info.notes)


@pytest.mark.parametrize("track", [(24, 0, 24), (0, 1, 24), (0, 0, 0), (24, 1, 0), (2**32 - 1, 1, 255)])
def test_impossible_tracks_are_no_tracks(track: tuple[int, int, int], tmp_path: Path) -> None:
    path = timed(tmp_path, Fraction(24), "01:00:00:22", track)
    info = open_plate(shot_job(path, "1001-1005")).info
    assert info.frame_rate == 24
    assert info.timecode in (None, "01:00:00:22")


@pytest.mark.parametrize(
    ("text", "counted", "rate", "wanted", "note"),
    [
        ("01:00:00:29", F60, F60, "01:00:00:29", ""),
        ("01:00:00:29", Fraction(30), F60, "01:00:00:58", ""),
        ("00:01:00;02", Fraction(30000, 1001), F5994, "00:01:00;04", ""),
        ("01:00:00.05", F5994, F5994, "01:00:00;05", ""),
        ("01:00:00;05", Fraction(24), Fraction(24), "01:00:00:05", "drop-frame"),
        ("01:00:00:60", F60, F60, None, "not valid"),
        ("00:01:00;01", F5994, F5994, None, "skips"),
        ("25:00:00:00", F60, F60, None, "not valid"),
        ("soon", F60, F60, None, "not valid"),
        (None, F60, F60, None, ""),
    ],
)
def test_labels_of_videos(text: str | None, counted: Fraction, rate: Fraction, wanted: str | None, note: str) -> None:
    got = read_label(text, counted, rate)
    assert got.text == wanted
    assert note in got.note
    assert bool(got.note) == bool(note)


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_atoms_of_any_kind_are_looked_at_and_left(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.getbasetemp()
    sound = folder / "sound.mov"
    if not sound.exists():
        timed(folder, F60, "01:00:00:22").rename(sound)
    content = bytearray(sound.read_bytes())
    for at in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=12)):
        content[at] = data.draw(st.integers(0, 255))
    path = folder / "mutated.mov"
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    rate = timecode_rate_of(path)
    assert rate is None or 1 <= rate <= 240


def test_other_files_have_no_such_track(tmp_path: Path) -> None:
    assert timecode_rate_of(write_video(tmp_path / "a.mkv", 6)) is None
    assert timecode_rate_of(write_video(tmp_path / "a.mov", 6)) is None
