"""Timecode of frames, as SMPTE counts it and as EXR packs it."""

from __future__ import annotations

from fractions import Fraction

import pytest

from fsvfx.media.addresses import TimecodeTrack
from fsvfx.media.exr.writer import time_code

F24, F25, F30 = Fraction(24), Fraction(25), Fraction(30)
NTSC24, NTSC30, NTSC48, NTSC60, NTSC120 = (Fraction(1000 * n, 1001) for n in (24, 30, 48, 60, 120))


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
    ("rate", "start", "frame", "wanted"),
    [
        (F24, "01:00:00:00", 1024, (23, 0, 0)),
        (NTSC30, "00:00:59;29", 1002, (2, 0, 1)),
        (NTSC48, "01:00:00:00", 1048, (23, 1, 0)),
        (Fraction(48), "01:00:00:00", 1001, (0, 0, 0)),
        (Fraction(50), "01:00:00:00", 1050, (24, 1, 0)),
        (NTSC60, "01:00:00:58", 1001, (29, 0, 0)),
        (NTSC60, "01:00:00:58", 1002, (29, 1, 0)),
        (NTSC60, "00:00:59;59", 1002, (2, 0, 1)),
        (Fraction(60), None, 1019, (29, 1, 0)),
        (Fraction(96), "01:00:00:00", 1096, (23, 0, 0)),
        (Fraction(100), "01:00:00:00", 1100, (24, 0, 0)),
        (Fraction(120), "01:00:00:000", 1005, (1, 0, 0)),
        (NTSC120, "00:00:59;119", 1002, (2, 0, 1)),
    ],
)
def test_exr_counts_pairs_as_smpte_does(
    rate: Fraction, start: str | None, frame: int, wanted: tuple[int, int, int]
) -> None:
    track = TimecodeTrack(rate, 1001, start)
    address = track.address(frame)
    assert address is not None
    code = time_code(address)
    assert (code.frame, code.fieldPhase, code.dropFrame) == wanted
    assert (code.hours, code.minutes, code.seconds) == tuple(int(part) for part in track.at(frame)[:8].split(":"))


@pytest.mark.parametrize("rate", [Fraction(33), Fraction(37), Fraction(75, 2)])
def test_what_32_bits_cannot_say_is_left_out(rate: Fraction) -> None:
    assert TimecodeTrack(rate, 1001, "00:00:00:32").address(1001) is None
