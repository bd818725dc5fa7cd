"""Frame ranges and chunks, in the production's own frame numbers."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, pairwise
from numbers import Integral
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from schemas.base import StrictModel

_PART = re.compile(r"([0-9]{1,7})(?:-([0-9]{1,7})(?:x([1-9][0-9]{0,6}))?)?")
_NEGATIVE = re.compile(r"-[0-9]|[0-9]--")
_HOW = "write frames as 1001-1240, 1001,1005 or 1001-1010x3"
_MOST = 250_000
_SHOWN = 60


def _span_of(part: str, how: str) -> range:
    form = _PART.fullmatch(part)
    if not form and _NEGATIVE.match(part):
        raise ValueError(f"'{part[:_SHOWN]}' has negative frame numbers; number the files from 0 up")
    if not form:
        raise ValueError(f"'{part[:_SHOWN]}' is not a frame range; {how}")
    first, last, step = int(form[1]), int(form[2] or form[1]), int(form[3] or 1)
    if last < first:
        raise ValueError(f"'{part}' runs backwards; {how}")
    return range(first, last + 1, step)


def _start(run: range) -> int:
    return run.start


def _range_of(span: range) -> tuple[range, ...]:
    """As ascending runs of neighboring numbers."""
    ascending = span if span.step > 0 else span[::-1]
    if ascending.step == 1:
        return (ascending,) if ascending else ()
    return tuple(range(number, number + 1) for number in ascending)


def _runs_of(numbers: Sequence[int]) -> tuple[range, ...]:
    """``numbers``: ascending, none twice."""
    ends = [at for at in range(1, len(numbers)) if numbers[at] != numbers[at - 1] + 1]
    return tuple(
        range(numbers[begin], numbers[end - 1] + 1)
        for begin, end in zip([0, *ends], [*ends, len(numbers)])
        if begin < end
    )


def _joined(runs: Iterable[range]) -> Iterator[range]:
    """In order; what overlaps or touches is one."""
    held = range(0)
    for run in sorted(filter(None, runs), key=_start):
        if held and run.start <= held.stop:
            held = range(held.start, max(held.stop, run.stop))
            continue
        if held:
            yield held
        held = run
    if held:
        yield held


def _common(one: range, other: range) -> range:
    return range(max(one.start, other.start), min(one.stop, other.stop))


def _without(run: range, holes: Iterable[range]) -> Iterator[range]:
    """What ``holes``, ascending, leave of ``run``."""
    start = run.start
    for hole in holes:
        yield range(start, hole.start)
        start = hole.stop
    yield range(start, run.stop)


class FrameRange:
    """An immutable, sorted set of frame numbers: ``1001-1010x3,1020``. Kept as runs, so a long shot costs no more.

    ``str`` gives the canonical text, which parses back to an equal range.
    ``:`` is refused: it means *step* in some of the field's tools and *stagger* in others.
    """

    __slots__ = ("_hash", "_runs")

    def __init__(self, numbers: Iterable[int]) -> None:
        runs = _range_of(numbers) if isinstance(numbers, range) else _runs_of(sorted(set(map(int, numbers))))
        self._set(runs)

    @classmethod
    def _of(cls, runs: Iterable[range]) -> FrameRange:
        made = cls.__new__(cls)
        made._set(tuple(_joined(runs)))
        return made

    def _set(self, runs: tuple[range, ...]) -> None:
        """``runs``: ascending, of one frame at least, none touching the next."""
        if runs and runs[0].start < 0:
            raise ValueError(f"frame {runs[0].start}: the field counts frames from 0 up")
        self._runs = runs
        self._hash = hash(runs)

    @classmethod
    def parse(cls, text: str | int, how: str = _HOW) -> FrameRange:
        """Read ``text``; ValueError says what is wrong and ``how`` to write it."""
        plain = str(text).replace(" ", "")
        shown = plain if len(plain) <= _SHOWN else f"{plain[:_SHOWN]}..."
        if ":" in plain:
            step = "for a step write x, as in 1001-1010x3" if how == _HOW else how
            raise ValueError(f"'{shown}': ':' means two things in the field; {step}")
        spans = [_span_of(part, how) for part in plain.split(",")]
        if sum(map(len, spans)) > _MOST:
            raise ValueError(f"'{shown}' is over {_MOST} frames; {how}")
        return cls._of(run for span in spans for run in _range_of(span))

    @classmethod
    def span(cls, first: int, last: int) -> FrameRange:
        """All frames from ``first`` to ``last``, both included."""
        return cls(range(first, last + 1))

    @property
    def first(self) -> int:
        """The lowest number; IndexError if there is none."""
        return self._runs[0].start

    @property
    def last(self) -> int:
        """The highest number; IndexError if there is none."""
        return self._runs[-1].stop - 1

    @property
    def runs(self) -> tuple[range, ...]:
        """Neighboring numbers together, ascending."""
        return self._runs

    @property
    def is_contiguous(self) -> bool:
        return len(self._runs) <= 1

    def __iter__(self) -> Iterator[int]:
        return chain.from_iterable(self._runs)

    def __len__(self) -> int:
        return sum(map(len, self._runs))

    def __bool__(self) -> bool:
        return bool(self._runs)

    def __contains__(self, frame: object) -> bool:
        if not isinstance(frame, Integral):
            return False
        at = bisect_right(self._runs, int(frame), key=_start) - 1
        return at >= 0 and frame in self._runs[at]

    def __and__(self, other: FrameRange) -> FrameRange:
        few, many = sorted((self, other), key=lambda one: len(one._runs))
        return FrameRange._of(_common(mine, run) for run in few._runs for mine in many._touching(run))

    def __or__(self, other: FrameRange) -> FrameRange:
        return FrameRange._of((*self._runs, *other._runs))

    def __sub__(self, other: FrameRange) -> FrameRange:
        return FrameRange._of(part for run in self._runs for part in _without(run, other._touching(run)))

    def _touching(self, run: range) -> tuple[range, ...]:
        """The runs that share a frame with ``run``."""
        begin = bisect_right(self._runs, run.start, key=lambda one: one.stop)
        return self._runs[begin : bisect_left(self._runs, run.stop, key=_start)]

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, FrameRange) and self._runs == other._runs)

    def __hash__(self) -> int:
        return self._hash

    def __str__(self) -> str:
        if len(self._runs) == 1 and len(self) > 2:
            return f"{self.first}-{self.last}"  # what follows takes a second for a long shot
        from fileseq.frameset import FrameSet  # takes a while to import, and few ranges have gaps

        return str(FrameSet(tuple(self))) if self else ""

    def __repr__(self) -> str:
        return f"FrameRange({str(self)!r})"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        def read(value: object) -> FrameRange:
            if isinstance(value, FrameRange):
                return value
            if isinstance(value, (str, int)) and not isinstance(value, bool):
                return cls.parse(value)
            raise ValueError(f"{value!r} is not a frame range; {_HOW}")

        return core_schema.no_info_plain_validator_function(
            read,
            json_schema_input_schema=core_schema.union_schema([core_schema.str_schema(), core_schema.int_schema(ge=0)]),
            serialization=core_schema.plain_serializer_function_ser_schema(str, return_schema=core_schema.str_schema()),
        )


class Chunk(StrictModel):
    """A run of frames that one task does, ``first`` to ``last`` (both included)."""

    first: int
    last: int

    @property
    def name(self) -> str:
        return f"{self.first}-{self.last}"

    @property
    def frames(self) -> range:
        return range(self.first, self.last + 1)


def chunks_of(frames: FrameRange, *, size: int, anchor: int) -> list[Chunk]:
    """Cut contiguous ``frames`` at ``anchor + k * size``, so that a longer shot keeps its old chunks."""
    cuts: list[Chunk] = []
    first = frames.first
    while first <= frames.last:
        last = min(anchor + ((first - anchor) // size + 1) * size - 1, frames.last)
        cuts.append(Chunk(first=first, last=last))
        first = last + 1
    return cuts


def meetings(frames: FrameRange, ranges: Sequence[FrameRange]) -> Iterator[tuple[FrameRange, tuple[int, ...]]]:
    """Runs of ``frames`` in which the same of some ranges hold, and the places of those; in order.

    It costs no more than the ranges have runs, however many frames there are.
    """
    if not frames:
        return
    near = [held & frames for held in ranges]
    edges = {edge for held in near for run in held.runs for edge in (run.start, run.stop)}
    for start, stop in pairwise(sorted(edges | {frames.first, frames.last + 1})):
        if run := frames & FrameRange.span(start, stop - 1):
            yield run, tuple(place for place, held in enumerate(near) if start in held)
