"""Frame rates are exact fractions; timecode follows first_frame."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from footage import ffmpeg, shot_job, write_video
from hypothesis import given, settings
from hypothesis import strategies as st

from fsvfx.errors import PlateError
from fsvfx.media import open_plate, timecodes
from fsvfx.media.facts import facts_of
from fsvfx.media.video.clock import even_rate, widest_gap

RATES = [Fraction(24000, 1001), Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(60)]


@pytest.mark.parametrize("name", ["a.mp4", "a.mov", "a.mkv", "a.webm"])
@pytest.mark.parametrize("rate", RATES)
def test_exact_in_every_container(name: str, rate: Fraction, tmp_path: Path) -> None:
    codec = "libvpx" if name.endswith("webm") else "libx264"
    path = write_video(tmp_path / name, 30, codec=codec, rate=rate)
    assert open_plate(shot_job(path, "1001-1030")).info.frame_rate == rate


@settings(deadline=None)
@given(rate=st.sampled_from(RATES), count=st.integers(2, 3000), tick=st.sampled_from([1000, 600, 12288, 90000]))
def test_rounded_time_stamps_still_give_the_rate(rate: Fraction, count: int, tick: int) -> None:
    pts = np.array([round(index / rate * tick) for index in range(count)], np.int64)
    assert even_rate(pts, Fraction(1, tick), [rate]) == rate


@settings(deadline=None)
@given(rate=st.sampled_from(RATES), gap=st.integers(2, 50), at=st.integers(1, 99))
def test_a_gap_is_not_even(rate: Fraction, gap: int, at: int) -> None:
    index = np.arange(100)
    pts = np.rint((index + gap * (index >= at)) / float(rate) * 90000).astype(np.int64)
    assert even_rate(pts, Fraction(1, 90000), [rate]) is None
    assert widest_gap(pts) == at - 1


def test_uneven_frames_without_sound_are_counted_and_told(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mkv", 6, times=[0, 40, 80, 500, 540, 580])
    info = open_plate(shot_job(path, "1001-1006", frame_rate="25")).info
    assert info.frame_rate == 25
    assert any("longest gap after frame 1003" in note for note in info.notes)


def test_uneven_frames_with_sound_play_at_the_manifests_rate_without_it(tmp_path: Path) -> None:
    silent = write_video(tmp_path / "a.mkv", 6, times=[0, 40, 80, 500, 540, 580])
    path = tmp_path / "b.mkv"
    ffmpeg("-i", silent, "-f", "lavfi", "-i", "sine=d=1", "-c:v", "copy", path)
    plate = open_plate(shot_job(path, "1001-1006", frame_rate="25"))
    assert not plate.info.has_audio
    assert plate.audio_file() is None
    with pytest.raises(PlateError, match="kept in sync"):
        open_plate(shot_job(path, "1001-1006")).info  # noqa: B018


def test_sound_that_is_of_no_use_stands_in_nobodys_way(tmp_path: Path) -> None:
    """A driver's footage, or a training's, from a telephone."""
    silent = write_video(tmp_path / "a.mkv", 6, times=[0, 40, 80, 500, 540, 580])
    ffmpeg("-i", silent, "-f", "lavfi", "-i", "sine=d=1", "-c:v", "copy", tmp_path / "b.mkv")
    job = shot_job(tmp_path / "b.mkv", "1001-1006").model_copy(update={"sound": False})
    info = open_plate(job).info
    assert any("longest gap after frame 1003" in note and "sound" not in note for note in info.notes)
    assert len(facts_of(str(tmp_path / "b.mkv"), sound=False).numbers) == 6


def test_timecode_of_a_video(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mov", 8, metadata={"timecode": "10:00:00:12"})
    assert open_plate(shot_job(path, "1003-1008")).info.timecode == "10:00:00:12"
    plain = write_video(tmp_path / "b.mov", 8)
    assert open_plate(shot_job(plain, "1003-1008")).info.timecode is None
    assert open_plate(shot_job(plain, "1003-1008", timecode="01:02:03:04")).info.timecode == "01:02:03:04"


@pytest.mark.parametrize(
    ("start", "frames", "rate", "wanted"),
    [
        ("01:00:00:00", 25, Fraction(25), "01:00:01:00"),
        ("01:00:00:00", -1, Fraction(24), "00:59:59:23"),
        ("00:00:00:00", -1, Fraction(24), "23:59:59:23"),
        ("23:59:59:23", 1, Fraction(24000, 1001), "00:00:00:00"),
        ("00:00:59;29", 1, Fraction(30000, 1001), "00:01:00;02"),
        ("00:09:59;29", 1, Fraction(30000, 1001), "00:10:00;00"),
        ("00:00:59;59", 1, Fraction(60000, 1001), "00:01:00;04"),
        ("00:00:00:00", 0, Fraction(25, 2), "00:00:00:00"),
    ],
)
def test_timecode_arithmetic(start: str, frames: int, rate: Fraction, wanted: str) -> None:
    assert timecodes.shift(start, frames, rate) == wanted


@settings(deadline=None)
@given(frames=st.integers(-200_000, 200_000), rate=st.sampled_from([Fraction(24), Fraction(25), Fraction(30000, 1001)]))
def test_shifting_there_and_back(frames: int, rate: Fraction) -> None:
    start = "05:00:00;00" if rate.denominator > 1 else "05:00:00:00"
    assert timecodes.shift(timecodes.shift(start, frames, rate), -frames, rate) == start
