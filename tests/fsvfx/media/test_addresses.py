"""Which frame a header's binary timecode means, above 30 frames a second: pairs, or every frame counted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from footage import write_exr
from hypothesis import given, settings
from hypothesis import strategies as st

from fsvfx.media import timecodes
from fsvfx.media.addresses import Address, address_of, group_of, read
from fsvfx.media.exr.writer import time_code
from fsvfx.media.files import Place
from fsvfx.media.sequence.frame import read_head
from schemas.timecode import drops_by_default, nominal, parts

SLOWED = [Fraction(1000 * n, 1001) for n in (24, 30, 48, 60, 96, 120)]
WHOLE = [Fraction(n) for n in (24, 25, 30, 48, 50, 60, 72, 96, 100, 120)]
PAIRS = [rate for rate in SLOWED + WHOLE if group_of(rate) == 2]
rates_ = st.sampled_from(SLOWED + WHOLE)
F50, F60, F5994, F48, F120 = Fraction(50), Fraction(60), Fraction(60000, 1001), Fraction(48), Fraction(120)


def along(found: Sequence[Address | None]) -> Callable[[int], Address | None]:
    return lambda later: found[later] if later < len(found) else None


def coded(time: tuple[int, int, int], frames: int, *, mark: int = 0, drop: bool = False, wide: bool = True) -> Address:
    """As a writer would have it that puts any number of frames into the bits (``wide``), or as many as there are."""
    digits = int(str(frames), 16) & (0xFF if wide else 0x3F)
    hours, minutes, seconds = (int(str(part), 16) for part in time)
    flags = mark << 15 | drop << 6
    return Address(hours << 24 | minutes << 16 | seconds << 8 | digits | flags, clipped=not wide)


def written(start: str, count: int, rate: Fraction) -> list[Address | None]:
    return [address_of(timecodes.shift(start, n, rate), rate) for n in range(count)]


@pytest.mark.parametrize(
    ("text", "rate", "frames", "mark"),
    [
        ("01:00:00:23", Fraction(24), 23, 0),
        ("01:00:00:58", F5994, 29, 0),
        ("01:00:00:59", F5994, 29, 1 << 15),
        ("01:00:00:49", F50, 24, 1 << 31),
        ("01:00:00:47", F48, 23, 1 << 15),
        ("01:00:00:95", Fraction(96), 23, 0),
        ("01:00:00:99", Fraction(100), 24, 0),
        ("01:00:00:119", F120, 29, 0),
        ("00:01:00;04", F5994, 2, 0),
        ("00:01:00;008", Fraction(120000, 1001), 2, 0),
    ],
)
def test_addresses_as_smpte_counts(text: str, rate: Fraction, frames: int, mark: int) -> None:
    address = address_of(text, rate)
    assert address is not None
    assert (address.time, address.frames, address.drop) == (parts(text)[:3], frames, ";" in text)
    assert address.word & 0x80808000 == mark


@settings(deadline=None, max_examples=300)
@given(rates_, st.integers(0, 24 * 3600 * 24), st.booleans())
def test_what_is_written_is_read_again(rate: Fraction, frames: int, drop: bool) -> None:
    start = timecodes.label(frames, rate, drop=drop and drops_by_default(rate))
    got = read(along(written(start, 6, rate)), rate)
    assert (got.text, got.note) == (start, "")


@settings(deadline=None, max_examples=60)
@given(rates_, st.integers(0, 24 * 3600 * 24), st.booleans())
def test_exr_and_back(rate: Fraction, frames: int, drop: bool) -> None:
    start = timecodes.label(frames, rate, drop=drop and drops_by_default(rate))
    with TemporaryDirectory() as folder:
        heads = []
        for number, one in enumerate(written(start, 6, rate)):
            assert one
            path = Path(folder) / f"{number}.exr"
            write_exr(path, np.zeros((2, 2, 3), np.float16), timeCode=time_code(one))
            heads.append(read_head(path, Place(path.name)).address)
    got = read(along(heads), rate)
    assert (got.text, got.note) == (start, "")


@settings(deadline=None, max_examples=200)
@given(st.sampled_from(PAIRS), st.integers(0, 24 * 3600 * 24), st.booleans())
def test_pair_and_mark_alternate(rate: Fraction, frames: int, drop: bool) -> None:
    start = timecodes.label(frames, rate, drop=drop and drops_by_default(rate))
    found = written(start, 9, rate)
    assert all(found)
    base = nominal(rate) // 2
    marks = [one.mark(base) for one in found if one]
    assert all(one != after for one, after in pairwise(marks))
    labels = [(one.time, one.frames) for one in found if one]
    assert all((one == after) == (mark == 0) for one, after, mark in zip(labels, labels[1:], marks))


@settings(deadline=None, max_examples=300)
@given(st.sampled_from(PAIRS), st.integers(0, 24 * 3600 * 24), st.booleans(), st.booleans())
def test_every_frame_counted_is_seen_if_a_second_ends(rate: Fraction, frames: int, drop: bool, wide: bool) -> None:
    drop = drop and drops_by_default(rate)
    labels = [timecodes.label(frames + n, rate, drop=drop) for n in range(nominal(rate) + 2)]
    found = [coded(parts(one)[:3], parts(one)[3], drop=drop, wide=wide) for one in labels]
    got = read(along(found), rate)
    assert got.text == labels[0]
    assert "counts all" in got.note


@pytest.mark.parametrize(
    ("found", "rate", "text"),
    [
        pytest.param([((1, 0, 0), 29, 0), ((1, 0, 0), 29, 1), ((1, 0, 1), 0, 0)], F5994, "01:00:00:58", id="59.94"),
        pytest.param([((1, 0, 0), 29, 1), ((1, 0, 1), 0, 0)], F5994, "01:00:00:59", id="its second frame"),
        pytest.param([((1, 0, 0), 29, 0), ((1, 0, 0), 29, 1)], F5994, "01:00:00:58", id="two frames alone"),
        pytest.param([((1, 0, 0), 12, 1)], F60, "01:00:00:25", id="one frame with its mark"),
        pytest.param([((1, 0, 0), 12, 0), ((1, 0, 0), 12, 0), ((1, 0, 0), 13, 0)], F60, "01:00:00:24", id="unmarked"),
        pytest.param([((1, 0, 0), 12, 0), ((1, 0, 0), 13, 0), ((1, 0, 0), 13, 0)], F60, "01:00:00:25", id="none, 2"),
        pytest.param([((1, 0, 0), 12, 1), ((1, 0, 0), 12, 0), ((1, 0, 0), 13, 1)], F60, "01:00:00:24", id="1, 0, 1"),
        pytest.param([((1, 0, 0), 12, 0), ((1, 0, 0), 13, 0), ((1, 0, 0), 14, 0)], F60, "01:00:00:12", id="all"),
        pytest.param([((1, 0, 0), 12, 0), ((1, 0, 0), 13, 1), ((1, 0, 0), 14, 0)], F60, "01:00:00:12", id="marked"),
        pytest.param([((1, 0, 0), 36, 0)], F60, "01:00:00:36", id="beyond 29"),
        pytest.param([((1, 0, 0), 25, 0)], F50, "01:00:00:25", id="beyond 24 at 50"),
        pytest.param([((1, 0, 0), 24, 0)], F48, "01:00:00:24", id="beyond 23 at 48"),
        pytest.param([((1, 0, 0), 24, 1), ((1, 0, 1), 0, 0)], F50, "01:00:00:49", id="50"),
        pytest.param([((1, 0, 0), 23, 1), ((1, 0, 1), 0, 0)], F48, "01:00:00:47", id="48"),
        pytest.param([((1, 0, 0), 47, 0)], F50, "01:00:00:47", id="over the flags"),
        pytest.param([((1, 0, 0), 29, 0)] * 3 + [((1, 0, 1), 0, 0)], F120, "01:00:00:117", id="120"),
        pytest.param([((1, 0, 0), 12, 0)], Fraction(24000, 1001), "01:00:00:12", id="24"),
        pytest.param([((23, 59, 59), 29, 1), ((0, 0, 0), 0, 0), ((0, 0, 0), 0, 1)], F60, "23:59:59:59", id="midnight"),
    ],
)  # fmt: skip
def test_which_frame(found: list[tuple[tuple[int, int, int], int, int]], rate: Fraction, text: str) -> None:
    assert read(along([coded(time, frames, mark=mark) for time, frames, mark in found]), rate).text == text


@pytest.mark.parametrize(
    ("found", "rate", "text", "note"),
    [
        ([((1, 0, 0), 12)], F60, "01:00:00:24", "this is taken to be frame"),
        ([((1, 0, 0), 12)] * 9, F60, "01:00:00:24", "this is taken to be frame"),
        ([((1, 0, 0), 12)] * 2, F120, "01:00:00:048", "this is taken to be frame"),
        ([((25, 0, 0), 12)] * 2, F60, None, "not valid"),
        ([((1, 0, 0), 30)], Fraction(30), None, "not valid"),
        ([((1, 0, 0), 25)], Fraction(25), None, "not valid"),
    ],
)
def test_what_is_told(
    found: list[tuple[tuple[int, int, int], int]], rate: Fraction, text: str | None, note: str
) -> None:
    got = read(along([coded(time, frames) for time, frames in found]), rate)
    assert got.text == text
    assert note in got.note


@pytest.mark.parametrize("rate", [Fraction(24), Fraction(25), Fraction(24000, 1001), F50])
def test_drop_frame_where_there_is_none_is_told(rate: Fraction) -> None:
    marks = (0, 1, 0) if rate == F50 else (0, 0, 0)
    frames = (5, 5, 6) if rate == F50 else (5, 6, 7)
    found = [coded((1, 0, 0), one, mark=mark, drop=True) for one, mark in zip(frames, marks)]
    got = read(along(found), rate)
    assert got.text == f"01:00:00:{10 if rate == F50 else 5:02}"
    assert "drop-frame" in got.note


@pytest.mark.parametrize("rate", [Fraction(30), F60, F120])
def test_drop_frame_at_a_whole_rate_is_read_and_told(rate: Fraction) -> None:
    got = read(along(written(timecodes.label(1000, rate, drop=True), 6, rate)), rate)
    assert got.text == timecodes.label(1000, rate, drop=True)
    assert "exactly" in got.note


@given(st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=70), rates_, st.booleans())
@settings(deadline=None)
def test_any_bits_are_a_timecode_or_told(words: list[int], rate: Fraction, clipped: bool) -> None:
    got = read(along([Address(word, clipped) for word in words]), rate)
    assert got.text is None or timecodes.tidy(got.text) == got.text
    assert got.text or got.note


def test_the_plates_user_bits_go_along() -> None:
    import OpenEXR

    plate = OpenEXR.TimeCode(1, 0, 0, 29, False, True, False, True, False, True, *range(1, 9))
    address = address_of("02:00:00:59", F60)
    assert address is not None
    code = time_code(address, plate)
    assert (code.hours, code.frame, code.fieldPhase) == (2, 29, True)
    assert (code.userData, code.colorFrame, code.bgf0, code.bgf1, code.bgf2) == (plate.userData, 1, 1, 0, 1)
