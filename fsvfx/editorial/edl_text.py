"""What the EDL adapter does not see, put into words that it does: FCM, equal-length retimes, files of dissolves. Pure.

CMX 3600: ``FCM`` in the header tells how the record timecode counts, one between events how the sources after it do.
``M2 reel speed timecode`` retimes the event above it. Two lines of one number are a dissolve or wipe.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from fsvfx.errors import Problem

RETIMED = "FSVFX RETIME"
"""Begins the comment by which an M2 line reaches the clip's metadata."""
DROP = "FSVFX DROP FRAME"
"""The comment by which the metadata tells that the clip's source timecodes are drop-frame."""
_EVENT = re.compile(r"\d+\s")
_MOTION = re.compile(r"M2\b:?\s*(?P<name>.*?)\s*(?P<speed>-?\d+\.?\d*)\s+\d\d[:;]\d\d[:;]\d\d[:;.]\d\d$")
_CODE = re.compile(r"(\d\d:\d\d:\d\d)[:;.](\d\d)")
_FILE = re.compile(r"\*?\s*(FROM|TO) (CLIP|FILE):\s*(.*)")
_DROP = re.compile(r"FCM:?\s*DROP")
_NEAR = 0.1
"""M2 gives speeds with one decimal: 023.9 or 024.0 for 24000/1001."""


@dataclass(frozen=True)
class EdlText:
    """An EDL for the adapter, and what is wrong in it."""

    text: str
    record_drop: bool
    problems: tuple[Problem, ...]


def is_drop(text: str) -> bool:
    """Whether the EDL says that any of its timecodes are drop-frame: it then runs at 29.97 or 59.94."""
    return any(_DROP.match(line.strip()) for line in text.splitlines())


def prepare(text: str, rate: Fraction) -> EdlText:
    """``text`` with ``;`` in drop-frame timecodes, M2 lines repeated as comments, and a dissolve's own file named."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    record = source = next((bool(_DROP.match(line)) for line in lines if line.startswith("FCM")), False)
    made: list[str] = []
    problems: list[Problem] = []
    dissolves = _twice([line.split()[0] for line in lines if _EVENT.match(line)])
    number = ""
    for line in lines:
        if line.startswith("FCM"):
            source = bool(_DROP.match(line)) if number else record
        elif _EVENT.match(line):
            number = line.split()[0]
            made.append(_marked(line, source, record))
            made += [f"* {DROP}"] * (_sources_drop(made[-1]) and not _is_outgoing(line, number in dissolves))
            problems += _overlong(line, number in dissolves)
        else:
            made += _comment(line, number in dissolves, rate)
    return EdlText("\n".join(made) + "\n", record, tuple(problems))


def _twice(numbers: list[str]) -> set[str]:
    return {one for one, after in pairwise(numbers) if one == after}


def _marked(line: str, source: bool, record: bool) -> str:
    """The event with its drop-frame timecodes marked as such: two of the source, then two of the record."""
    codes = list(_CODE.finditer(line))
    for index, code in reversed(list(enumerate(codes[-4:]))):
        drop = (source if index < 2 else record) or code[0][-3] != ":"
        line = f"{line[: code.start()]}{code[1]}{';' if drop else ':'}{code[2]}{line[code.end() :]}"
    return line


def _sources_drop(line: str) -> bool:
    codes = _CODE.findall(line)
    return len(codes) >= 4 and ";" in line.split()[-4]


def _is_outgoing(line: str, dissolves: bool) -> bool:
    """The first line of a transition; comments between its two would part them."""
    return dissolves and len(line.split()) == 8


def _overlong(line: str, dissolves: bool) -> list[Problem]:
    """The adapter forgets a dissolve's outgoing line, so that one must have no frames of its own."""
    words = line.split()
    if not _is_outgoing(line, dissolves) or words[4] == words[5]:
        return []
    mend = "Write the outgoing clip as an event of its own, and this line with equal in and out"
    return [Problem(f"event {words[0]}", "the outgoing line of its transition has frames of its own", mend)]


def _comment(line: str, dissolves: bool, rate: Fraction) -> list[str]:
    if line.startswith("M2"):
        motion = _MOTION.match(line)
        if motion and abs(float(motion["speed"]) - float(rate)) < _NEAR:
            return []
        said = f"{float(motion['speed']):g} frames a second in place of {float(rate):.5g}" if motion else line
        return [_CODE.sub(r"\1:\2", line) if motion else "", f"* {RETIMED} {said}"]
    file = _FILE.match(line)
    if file and dissolves:  # the clip of a dissolve is the incoming one
        return [f"* FROM CLIP: {file[3]}"] if file[1] == "TO" else []
    return [line]
