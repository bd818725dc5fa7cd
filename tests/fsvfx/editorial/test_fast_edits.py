"""Edits above 30 frames a second: an EDL's labels count every frame, in and out."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentimelineio.opentime import RationalTime, TimeRange
from opentimelineio.schema import Clip, ExternalReference, Timeline, Track

from fsvfx.editorial.edl.events import drop_rate, pairs_note, read_events
from fsvfx.editorial.edl.writer import edl_of
from fsvfx.errors import InputError
from schemas.timecode import drops_by_default

RATES = [*(Fraction(1000 * n, 1001) for n in (24, 30, 48, 60)), *(Fraction(n) for n in (24, 25, 30, 48, 50, 60))]
TOO_FAST = [*(Fraction(1000 * n, 1001) for n in (96, 120)), *(Fraction(n) for n in (72, 96, 100, 120))]


def timeline(rate: Fraction, start: int, record: int, length: int) -> Timeline:
    clip = Clip(
        "a",
        ExternalReference("a.mov", TimeRange(RationalTime(start, float(rate)), RationalTime(length, float(rate)))),
        TimeRange(RationalTime(start, float(rate)), RationalTime(length, float(rate))),
    )
    made = Timeline("t", global_start_time=RationalTime(record, float(rate)))
    made.tracks.append(Track("V1", [clip], kind="Video"))
    return made


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(RATES), st.integers(0, 23 * 3600 * 24), st.integers(0, 23 * 3600 * 24), st.integers(1, 5000),
    st.booleans(),
)  # fmt: skip
def test_what_an_edl_says_is_read_again(rate: Fraction, start: int, record: int, length: int, drop: bool) -> None:
    drops = (drop and drops_by_default(rate),) * 2
    text = edl_of(timeline(rate, start, record, length), rate, drops)
    read = read_events(text, rate)
    assert read.problems == []
    assert [event.source for event in read.events] == [(start, start + length)]
    assert [event.record for event in read.events] == [(record, record + length)]


@pytest.mark.parametrize("rate", TOO_FAST)
def test_an_edl_of_more_than_60_frames_is_told(rate: Fraction) -> None:
    with pytest.raises(InputError, match="rate"):
        edl_of(timeline(rate, 0, 0, 10), rate, None)


EDL = "TITLE: t\nFCM: {fcm}\n\n001  A  V  C  {0} {1} 01:00:00{mark}00 01:00:01{mark}00\n"


@pytest.mark.parametrize(
    ("codes", "rate", "wanted"),
    [
        (("01:00:00:29", "01:00:01:29"), Fraction(60), (60 * 3600 + 29, 60 * 3601 + 29)),
        (("01:00:00:59", "01:00:01:59"), Fraction(60000, 1001), (60 * 3600 + 59, 60 * 3601 + 59)),
        (("01:00:00:49", "01:00:01:49"), Fraction(50), (50 * 3600 + 49, 50 * 3601 + 49)),
        (("01:00:00:47", "01:00:01:47"), Fraction(48000, 1001), (48 * 3600 + 47, 48 * 3601 + 47)),
        (("01:00:00:99", "01:00:01:99"), Fraction(100), (100 * 3600 + 99, 100 * 3601 + 99)),
        (("01:00:00:119", "01:00:01:119"), Fraction(120), (120 * 3600 + 119, 120 * 3601 + 119)),
    ],
)
def test_labels_count_every_frame(codes: tuple[str, str], rate: Fraction, wanted: tuple[int, int]) -> None:
    read = read_events(EDL.format(*codes, fcm="NON-DROP FRAME", mark=":"), rate)
    assert read.problems == []
    assert read.events[0].source == wanted


@pytest.mark.parametrize(
    ("frame", "rate", "told"),
    [
        (29, Fraction(60), True),
        (30, Fraction(60), False),
        (29, Fraction(60000, 1001), True),
        (24, Fraction(50), True),
        (25, Fraction(50), False),
        (23, Fraction(48), True),
        (24, Fraction(48), False),
        (23, Fraction(24), False),
    ],
)
def test_labels_that_may_count_pairs_are_told(frame: int, rate: Fraction, told: bool) -> None:
    text = EDL.format(f"01:00:00:{frame}", f"01:00:01:{frame}", fcm="NON-DROP FRAME", mark=":")
    assert bool(pairs_note(text, rate)) == told


@pytest.mark.parametrize(("frame", "rate"), [(29, Fraction(30000, 1001)), (59, Fraction(60000, 1001))])
def test_drop_frame_tells_the_rate(frame: int, rate: Fraction) -> None:
    text = EDL.format(f"01:00:00;{frame}", f"01:00:01;{frame}", fcm="DROP FRAME", mark=";")
    assert drop_rate(text) == rate
