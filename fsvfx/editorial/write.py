"""A timeline -> .otio or .edl."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from fsvfx.delivery.place import place
from fsvfx.editorial.edl_text import DROP
from fsvfx.errors import InputError, Where
from fsvfx.media import timecodes

if TYPE_CHECKING:
    from opentimelineio.schema import Timeline

SUFFIXES = (".otio", ".edl")
_CODE = re.compile(r"\d\d:\d\d:\d\d[:;]\d\d")
_EVENT = re.compile(r"\d+\s")


def check_suffix(path: Path) -> None:
    """Raises InputError for kinds that are not written."""
    if path.suffix.lower() not in SUFFIXES:
        mend = f"End it in {' or '.join(SUFFIXES)}"
        raise InputError(f"Edits of kind '{path.suffix}' are not written", mend=mend, where=Where(field="--out"))


def write_edit(timeline: Timeline, path: Path, rate: Fraction, drops: tuple[bool, bool] | None = None) -> None:
    """Write ``timeline``, whole or not at all. ``drops``, of an EDL: whether sources that don't say so themselves, and
    the record, are drop-frame; default: at 29.97 and 59.94. Raises InputError (an EDL has one picture track),
    MachineError.
    """
    as_edl = path.suffix.lower() == ".edl"
    text = _edl(timeline, rate, drops) if as_edl else str(timeline.to_json_string(4)) + "\n"

    def write(draft: Path) -> None:
        draft.write_text(text, encoding="utf-8")

    place(str(path), write)


def _edl(timeline: Timeline, rate: Fraction, drops: tuple[bool, bool] | None) -> str:
    import opentimelineio as otio

    ours = timeline.clone()  # the adapter moves its cuts
    _at_start(ours)
    try:
        text = otio.adapters.write_to_string(ours, "cmx_3600", rate=float(rate))
    except (otio.exceptions.OTIOError, ValueError) as error:
        said = " ".join(str(error).split()).strip(". ")
        raise InputError(f"This is no edit for an EDL: {said}", mend="Write an .otio; it holds any edit") from None
    can_drop = rate.denominator == 1001 and round(rate) % 30 == 0
    source, record = drops or (can_drop, can_drop)
    return "\n".join(_timecodes(text.splitlines(), rate, source, record)) + "\n"


def _at_start(timeline: Timeline) -> None:
    """The adapter counts the record from each track's own start, not from the timeline's."""
    from opentimelineio.opentime import RationalTime, TimeRange

    start = timeline.global_start_time
    for track in timeline.tracks:
        if start and track.source_range is None:
            duration = track.available_range().duration
            track.source_range = TimeRange(RationalTime(0, start.rate) - start, duration)


def _timecodes(lines: list[str], rate: Fraction, source: bool, record: bool) -> Iterator[str]:
    """Each timecode in its own mode: the adapter writes all of them as drop-frame wherever there is such a thing."""
    for number, line in enumerate(lines):
        if DROP in line:
            continue
        if line.startswith("TITLE:"):
            yield line
            yield f"FCM: {'' if record else 'NON-'}DROP FRAME"
        elif _EVENT.match(line):
            drops = source or any(DROP in remark for remark in _remarks(lines[number + 1 :]))
            yield _relabelled(line, rate, (drops, drops, record, record))
        else:
            yield line


def _remarks(lines: list[str]) -> Iterator[str]:
    """What stands below an event, up to the next one."""
    for line in lines:
        if _EVENT.match(line):
            return
        yield line


def _relabelled(line: str, rate: Fraction, drops: Sequence[bool]) -> str:
    """``line`` with each of its timecodes in its mode of ``drops``."""
    modes = iter(drops)

    def code(found: re.Match[str]) -> str:
        return timecodes.label(timecodes.count(found[0], rate), rate, drop=next(modes))

    return _CODE.sub(code, line)
