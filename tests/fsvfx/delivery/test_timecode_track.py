"""Timecode of frames, as SMPTE counts it and as EXR packs it."""

from __future__ import annotations

from fractions import Fraction

import pytest

from fsvfx.delivery.timecodes import TimecodeTrack
from fsvfx.media.exr_out import time_code

F24, F25, F30 = Fraction(24), Fraction(25), Fraction(30)
NTSC24, NTSC30, NTSC60 = Fraction(24000, 1001), Fraction(30000, 1001), Fraction(60000, 1001)


@pytest.mark.parametrize(
    ("rate", "start", "frame", "wanted"),
    [
        (F24, "01:00:00:00", 1001, "01:00:00:00"),
        (F24, "01:00:00:00", 1024, "01:00:00:23"),
        (F24, "01:00:00:00", 1025, "01:00:01:00"),
        (F24, "01:00:00:00", 1000, "00:59:59:23"),
        (F25, "10:00:00:24", 1002, "10:00:01:00"),
        (F25, "23:59:59:24", 1002, "00:00:00:00"),
        (NTSC24, "00:59:59:23", 1002, "01:00:00:00"),
        (NTSC24, "00:00:59:23", 1002, "00:01:00:00"),
        (NTSC30, "00:00:59;29", 1002, "00:01:00;02"),
        (NTSC30, "00:09:59;29", 1002, "00:10:00;00"),
        (NTSC30, "00:00:59:29", 1002, "00:01:00:00"),
        (NTSC30, "00:00:00;00", 1001 + 17982, "00:10:00;00"),
        (NTSC30, "23:59:59;29", 1002, "00:00:00;00"),
        (NTSC60, "00:00:59;59", 1002, "00:01:00;04"),
        (F30, "00:00:59:29", 1002, "00:01:00:00"),
        (F24, None, 1001, "00:00:41:17"),
        (NTSC24, None, 24, "00:00:01:00"),
    ],
)
def test_each_frame_has_its_timecode(rate: Fraction, start: str | None, frame: int, wanted: str) -> None:
    track = TimecodeTrack(rate, 1001, start)
    assert track.at(frame) == wanted
    assert track.source == ("plate" if start else "frame number")


@pytest.mark.parametrize(
    ("text", "counts", "frame", "phase", "drop"),
    [
        ("01:02:03:23", 24, 23, 0, 0),
        ("00:01:00;02", 30, 2, 0, 1),
        ("00:00:00:47", 48, 23, 1, 0),
        ("00:00:00:49", 50, 24, 1, 0),
        ("00:01:00;04", 60, 2, 0, 1),
    ],
)
def test_exr_packs_it(text: str, counts: int, frame: int, phase: int, drop: int) -> None:
    code = time_code(text, counts)
    assert code is not None
    assert (code.frame, code.fieldPhase, code.dropFrame) == (frame, phase, drop)
    assert (code.hours, code.minutes, code.seconds) == tuple(int(part) for part in text[:8].split(":"))


def test_what_exr_cannot_say_is_left_out() -> None:
    assert time_code("00:00:00:99", 120) is None
