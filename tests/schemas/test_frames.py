"""Frame ranges and chunks."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.frames import FrameRange, chunks_of, meetings

NUMBERS = st.frozensets(st.integers(0, 9_999_999), min_size=1, max_size=40)
FEW = st.integers(1, 30)
STEPPED = st.builds(lambda first, count, step: range(first, first + count * step, step), st.integers(0, 2000), FEW, FEW)


@given(NUMBERS | st.builds(frozenset, STEPPED))
def test_text_round_trips(numbers: frozenset[int]) -> None:
    frames = FrameRange(numbers)
    assert FrameRange.parse(str(frames)) == frames
    assert list(frames) == sorted(numbers)


@given(NUMBERS, NUMBERS)
def test_it_is_a_set(one: frozenset[int], other: frozenset[int]) -> None:
    a, b = FrameRange(one), FrameRange(other)
    assert set(a & b) == one & other
    assert set(a | b) == one | other
    assert set(a - b) == one - other
    assert hash(a) == hash(FrameRange(sorted(one)))
    assert pickle.loads(pickle.dumps(a)) == a


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("1001", [1001]),
        (1001, [1001]),
        ("1001-1004", [1001, 1002, 1003, 1004]),
        ("1001-1010x3", [1001, 1004, 1007, 1010]),
        ("1001-1010x4", [1001, 1005, 1009]),
        ("1003,1001-1002,1001", [1001, 1002, 1003]),
        (" 1001 - 1002 ", [1001, 1002]),
        ("0100", [100]),
        ("0-2", [0, 1, 2]),
    ],
)
def test_forms(text: str | int, numbers: list[int]) -> None:
    assert list(FrameRange.parse(text)) == numbers


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("1001-1010:3", "':' means two things"),
        ("1010-1001", "runs backwards"),
        ("", "not a frame range"),
        (",", "not a frame range"),
        ("1001-", "not a frame range"),
        ("-5", "has negative frame numbers"),
        ("-10-5", "has negative frame numbers"),
        ("-10--5", "has negative frame numbers"),
        ("1001,-5", "has negative frame numbers"),
        ("1001-1010x0", "not a frame range"),
        ("1001-1010y2", "not a frame range"),
        ("1-2-3", "not a frame range"),
        ("١٠٠١", "not a frame range"),
        ("1001.5", "not a frame range"),
        ("9" * 5000, "not a frame range"),
        ("0-9999999", "over 250000 frames"),
        (",".join(["0-200000"] * 1000), "over 250000 frames"),
    ],
)
def test_what_is_no_range_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why) as refused:
        FrameRange.parse(text)
    assert len(str(refused.value)) < 300


def test_negative_frames_are_refused() -> None:
    with pytest.raises(ValueError, match="from 0 up"):
        FrameRange([-1, 5])


def test_an_empty_range_is_false_and_contiguous() -> None:
    empty = FrameRange([1]) - FrameRange([1])
    assert not empty
    assert empty.is_contiguous
    assert str(empty) == ""


@given(st.integers(0, 2000), st.integers(1, 400), st.integers(1, 240), st.integers(0, 3000))
def test_chunks_cover_exactly(first: int, count: int, size: int, anchor: int) -> None:
    frames = FrameRange.span(first, first + count - 1)
    chunks = chunks_of(frames, size=size, anchor=anchor)
    assert [number for chunk in chunks for number in chunk.frames] == list(frames)
    assert all(1 <= len(chunk.frames) <= size for chunk in chunks)
    assert all((chunk.first - anchor) % size == 0 for chunk in chunks[1:])


@given(st.integers(1, 300), st.integers(1, 300), st.integers(1, 48))
def test_a_longer_shot_keeps_its_whole_chunks(count: int, more: int, size: int) -> None:
    short = chunks_of(FrameRange.span(1001, 1000 + count), size=size, anchor=1001)
    long = chunks_of(FrameRange.span(1001, 1000 + count + more), size=size, anchor=1001)
    assert long[: len(short) - 1] == short[:-1]


@pytest.mark.parametrize(
    ("frames", "ranges", "wanted"),
    [
        ("1-9", [], [("1-9", ())]),
        ("1-9", ["3-5", "5-20"], [("1-2", ()), ("3-4", (0,)), ("5", (0, 1)), ("6-9", (1,))]),
        ("1-6", ["1-5x2"], [("1", (0,)), ("2", ()), ("3", (0,)), ("4", ()), ("5", (0,)), ("6", ())]),
        ("1,7-9", ["4-8"], [("1", ()), ("7-8", (0,)), ("9", ())]),
        ("1-3", ["5-6"], [("1-3", ())]),
    ],
)
def test_ranges_meet_in_runs(frames: str, ranges: list[str], wanted: list[tuple[str, tuple[int, ...]]]) -> None:
    found = meetings(FrameRange.parse(frames), [FrameRange.parse(each) for each in ranges])
    assert [(str(run), met) for run, met in found] == wanted


def test_no_frames_meet_nothing() -> None:
    assert list(meetings(FrameRange([]), [FrameRange.parse("1-2")])) == []
