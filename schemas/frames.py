"""Frame ranges and chunks, in the production's own frame numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from fileseq.frameset import FrameSet
from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from schemas.base import StrictModel

_PART = re.compile(r"([0-9]{1,7})(?:-([0-9]{1,7})(?:x([1-9][0-9]{0,6}))?)?")
_HOW = "write frames as 1001-1240, 1001,1005 or 1001-1010x3"
_MOST = 250_000
_SHOWN = 60
_MANY = 100


def _span_of(part: str) -> range:
    form = _PART.fullmatch(part)
    if not form:
        raise ValueError(f"'{part[:_SHOWN]}' is no frame range; {_HOW}")
    first, last, step = int(form[1]), int(form[2] or form[1]), int(form[3] or 1)
    if last < first:
        raise ValueError(f"'{part}' runs backwards; {_HOW}")
    return range(first, last + 1, step)


class FrameRange:
    """An immutable, sorted set of frame numbers: ``1001-1010x3,1020``.

    ``str`` gives the canonical text, which parses back to an equal range.
    ``:`` is refused: it means *step* in some of the field's tools and *stagger* in others.
    """

    __slots__ = ("_hash", "_members", "_numbers")

    def __init__(self, numbers: Iterable[int]) -> None:
        self._numbers = tuple(sorted({int(number) for number in numbers}))
        if self._numbers and self._numbers[0] < 0:
            raise ValueError(f"frame {self._numbers[0]}: the field counts frames from 0 up")
        self._members = frozenset(self._numbers)
        self._hash = hash(self._numbers)

    @classmethod
    def parse(cls, text: str | int) -> FrameRange:
        """Read ``text``; ValueError says what is wrong and how to write it."""
        plain = str(text).replace(" ", "")
        shown = plain if len(plain) <= _SHOWN else f"{plain[:_SHOWN]}..."
        if ":" in plain:
            raise ValueError(f"'{shown}': ':' means two things in the field; for a step write x, as in 1001-1010x3")
        spans = [_span_of(part) for part in plain.split(",")]
        if sum(map(len, spans)) > _MOST:
            raise ValueError(f"'{shown}' is over {_MOST} frames; {_HOW}")
        return cls(number for span in spans for number in span)

    @classmethod
    def span(cls, first: int, last: int) -> FrameRange:
        """All frames from ``first`` to ``last``, both included."""
        return cls(range(first, last + 1))

    @property
    def first(self) -> int:
        """The lowest number; IndexError if there is none."""
        return self._numbers[0]

    @property
    def last(self) -> int:
        """The highest number; IndexError if there is none."""
        return self._numbers[-1]

    @property
    def is_contiguous(self) -> bool:
        return not self or len(self) == self.last - self.first + 1

    def __iter__(self) -> Iterator[int]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)

    def __contains__(self, frame: object) -> bool:
        return frame in self._members

    def __and__(self, other: FrameRange) -> FrameRange:
        return FrameRange(self._members & other._members)

    def __or__(self, other: FrameRange) -> FrameRange:
        return FrameRange(self._members | other._members)

    def __sub__(self, other: FrameRange) -> FrameRange:
        return FrameRange(self._members - other._members)

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, FrameRange) and self._numbers == other._numbers)

    def __hash__(self) -> int:
        return self._hash

    def __str__(self) -> str:
        if len(self) > _MANY and self.is_contiguous:
            return f"{self.first}-{self.last}"  # what follows takes a second for a long shot
        return str(FrameSet(self._numbers)) if self._numbers else ""

    def __repr__(self) -> str:
        return f"FrameRange({str(self)!r})"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        def read(value: object) -> FrameRange:
            if isinstance(value, FrameRange):
                return value
            if isinstance(value, (str, int)) and not isinstance(value, bool):
                return cls.parse(value)
            raise ValueError(f"{value!r} is no frame range; {_HOW}")

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
