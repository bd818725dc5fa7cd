"""Timecode labels against a count of our own: minute by minute, as a clock that leaves labels out would run."""

from __future__ import annotations

from bisect import bisect_right
from fractions import Fraction
from functools import lru_cache
from itertools import accumulate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsvfx.media import timecodes
from schemas.timecode import can_drop, drops_by_default, nominal, parts, problem, text_of

RATES = [
    *(Fraction(1000 * n, 1001) for n in (12, 15, 24, 30, 48, 60, 96, 120)),
    *(Fraction(n) for n in (12, 24, 25, 30, 48, 50, 60, 72, 90, 96, 100, 120, 240)),
]
MODES = [(rate, drop) for rate in RATES for drop in (False, True) if not drop or rate.denominator == 1001]
MODES = [(rate, drop) for rate, drop in MODES if not drop or nominal(rate) in (30, 60, 120)]
modes = st.sampled_from(MODES)
index = st.integers(0, 24 * 3600 * 240)


@lru_cache
def minutes(count: int, drop: bool) -> list[int]:
    """Frames before each minute of a day, and all of them."""
    left_out = count // 15 if drop else 0  # 2 of 30, 4 of 60, 8 of 120
    return [0, *accumulate(60 * count - (left_out if minute % 10 else 0) for minute in range(24 * 60))]


def counted(frames: int, rate: Fraction, drop: bool) -> str:
    """The label ``frames`` after midnight."""
    count = nominal(rate)
    before = minutes(count, drop)
    minute = bisect_right(before, frames) - 1
    inside = frames - before[minute] + (count // 15 if drop and minute % 10 else 0)
    return text_of(minute // 60, minute % 60, inside // count, inside % count, rate, drop=drop)


@settings(deadline=None, max_examples=400)
@given(modes, index)
def test_labels_are_those_of_the_count(mode: tuple[Fraction, bool], frames: int) -> None:
    rate, drop = mode
    frames %= minutes(nominal(rate), drop)[-1]
    label = timecodes.label(frames, rate, drop=drop)
    assert label == counted(frames, rate, drop)
    assert problem(label, rate) is None
    assert timecodes.tidy(label) == label
    assert timecodes.count(label, rate) == frames
    assert timecodes.day(rate, drop=drop) == minutes(nominal(rate), drop)[-1]


@settings(deadline=None, max_examples=400)
@given(modes, st.integers(0, 23), st.integers(0, 59), st.integers(0, 59), st.integers(0, 239))
def test_label_to_count_to_label(mode: tuple[Fraction, bool], hours: int, mins: int, seconds: int, frames: int) -> None:
    rate, drop = mode
    label = text_of(hours, mins, seconds, frames % nominal(rate), rate, drop=drop)
    left_out = drop and seconds == 0 and mins % 10 and frames % nominal(rate) < nominal(rate) // 15
    assert (problem(label, rate) is not None) == bool(left_out)
    if not left_out:
        assert timecodes.label(timecodes.count(label, rate), rate, drop=drop) == label


@settings(deadline=None)
@given(modes, index, st.integers(-(10**7), 10**7))
def test_moving_and_back(mode: tuple[Fraction, bool], frames: int, by: int) -> None:
    rate, drop = mode
    start = timecodes.label(frames, rate, drop=drop)
    assert timecodes.shift(timecodes.shift(start, by, rate), -by, rate) == start


@pytest.mark.parametrize(("rate", "drop"), MODES)
def test_successive_frames_have_successive_labels_past_minutes_and_midnight(rate: Fraction, drop: bool) -> None:
    day = minutes(nominal(rate), drop)[-1]
    for around in (0, 60 * nominal(rate), 600 * nominal(rate), day // 2, day):
        for frames in range(around - 10, around + 10):
            after = timecodes.shift(timecodes.label(frames, rate, drop=drop), 1, rate)
            assert after == counted((frames + 1) % day, rate, drop)


@pytest.mark.parametrize(
    ("start", "rate", "after"),
    [
        ("00:00:59;29", Fraction(30000, 1001), "00:01:00;02"),
        ("00:00:59;59", Fraction(60000, 1001), "00:01:00;04"),
        ("00:00:59;119", Fraction(120000, 1001), "00:01:00;008"),
        ("00:09:59;59", Fraction(60000, 1001), "00:10:00;00"),
        ("00:00:59:59", Fraction(60000, 1001), "00:01:00:00"),
        ("23:59:59;59", Fraction(60000, 1001), "00:00:00;00"),
        ("23:59:59:47", Fraction(48000, 1001), "00:00:00:00"),
        ("01:00:00:49", Fraction(50), "01:00:01:00"),
        ("01:00:00:99", Fraction(100), "01:00:01:00"),
        ("01:00:00:119", Fraction(120), "01:00:01:000"),
    ],
)
def test_the_next_label(start: str, rate: Fraction, after: str) -> None:
    assert timecodes.shift(start, 1, rate) == after


@pytest.mark.parametrize(
    ("text", "rate", "what"),
    [
        ("01:00:00:60", Fraction(60), "no such frame"),
        ("01:00:00:48", Fraction(48000, 1001), "no such frame"),
        ("01:00:00:120", Fraction(120), "no such frame"),
        ("00:01:00;03", Fraction(60000, 1001), "skips"),
        ("00:01:00;01", Fraction(30000, 1001), "skips"),
        ("00:01:00;007", Fraction(120000, 1001), "skips"),
        ("01:00:00;00", Fraction(24000, 1001), "drop-frame"),
        ("01:00:00;00", Fraction(50), "drop-frame"),
        ("01:00:00;00", Fraction(48), "drop-frame"),
    ],
)
def test_labels_that_no_frame_has(text: str, rate: Fraction, what: str) -> None:
    wrong = problem(text, rate)
    assert wrong is not None
    assert what in wrong[0]


def test_where_frames_are_dropped() -> None:
    assert [rate for rate in RATES if drops_by_default(rate)] == [Fraction(n * 1000, 1001) for n in (30, 60, 120)]
    assert not any(can_drop(rate) for rate in RATES if nominal(rate) not in (30, 60, 120))


@pytest.mark.parametrize("text", ["", None, "1:00:00:00", "25:00:00:00", "01:60:00:00", "01:00:00", "٠١:00:00:00", "x"])
def test_what_is_no_timecode(text: str | None) -> None:
    assert timecodes.tidy(text) is None


def test_parts() -> None:
    assert parts("01:02:03;119") == (1, 2, 3, 119)
