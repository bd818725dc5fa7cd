"""An edit's file -> a timeline and its exact frame rate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from opentimelineio.opentime import RationalTime
from opentimelineio.schema import Gap, Timeline, Transition

from fsvfx.editorial.edl.events import drop_rate, pairs_note, read_events
from fsvfx.editorial.edl.remarks import header_rate
from fsvfx.editorial.edl.timeline import laid_out
from fsvfx.editorial.files import decoded, edit_bytes
from fsvfx.editorial.otio.reader import read_otio
from fsvfx.errors import EditError, InputError, Problem, Where
from schemas import rates

SUFFIXES = (".otio", ".otioz", ".otiod", ".edl")


@dataclass(frozen=True)
class Edit:
    """A timeline as read from its file; ``notes`` describe what was unclear."""

    file: Path
    timeline: Timeline
    rate: Fraction
    notes: tuple[str, ...] = ()
    is_edl: bool = False
    record_drop: bool = False
    """Whether an EDL's record timecodes are drop-frame."""

    @property
    def folder(self) -> Path:
        """The base of the edit's relative paths."""
        return self.file if self.file.suffix.lower() == ".otiod" else self.file.parent


def stated_rate(time: RationalTime) -> Fraction | None:
    """None for OpenTimelineIO's default time, zero at a rate of 1, which was never set."""
    return None if time.rate == 1 and time.value == 0 else rates.snapped(time.rate)


def read_edit(path: Path, rate: Fraction | None = None) -> Edit:
    """Read an .otio, .otioz, .otiod or .edl. An EDL has no ``rate``, unless it is drop-frame.

    Raises InputError (no such file, another kind, not readable), EditError (the edit contradicts itself).
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        hint = f"Export it from the editing system as one of {' '.join(SUFFIXES)}"
        raise InputError(f"Edits of kind '{suffix or path.name}' are not read", hint=hint, where=Where(file=str(path)))
    if suffix == ".edl":
        return _read_edl(path, rate)
    timeline, notes = read_otio(path)
    try:
        return Edit(path, timeline, rates.exact(_rate_of(timeline)), notes)
    except rates.RateError as error:
        hint = "Export the edit again, at the rate that it was cut at"
        raise InputError(f"The edit's rate: {error}", hint=hint, where=Where(file=str(path))) from None


def _read_edl(path: Path, rate: Fraction | None) -> Edit:
    said = decoded(edit_bytes(path))
    stated = header_rate(said.text)
    rate = rate or stated or drop_rate(said.text)
    if stated and stated != rate:
        what = f"its header says {stated} frames a second, but it is to be read at {rate}"
        hint = f"Give --frame-rate {stated}, or correct the header if that is wrong"
        raise EditError(str(path), (Problem("(edit)", what, hint),))
    if rate is None:
        hint = "Give --frame-rate, such as 24000/1001, or plate.frame_rate in the template"
        raise InputError("An EDL does not say its frame rate", hint=hint, where=Where(file=str(path)))
    events = read_events(said.text, rate)
    laid = laid_out(events, rate) if not events.problems else None
    problems = laid.problems if laid else events.problems
    if laid is None or problems:
        raise EditError(str(path), tuple(problems))
    notes = (*filter(None, (said.note, pairs_note(said.text, rate))), *laid.notes)
    return Edit(path, laid.timeline, rate, notes, is_edl=True, record_drop=events.record_drop)


def _rate_of(timeline: Timeline) -> Fraction:
    """The rate of its start, gaps and transitions; otherwise that of most of its clips."""
    start = timeline.global_start_time
    if start is not None and (said := stated_rate(start)):
        return said
    for times in (_record_times(timeline), _source_times(timeline)):
        known = Counter(rate for rate in map(stated_rate, times) if rate)
        if known:
            return max(known, key=lambda one: known[one])
    return Fraction(24)


def _record_times(timeline: Timeline) -> Iterator[RationalTime]:
    for track in timeline.video_tracks():
        for item in track:
            if isinstance(item, Gap) and item.source_range:
                yield item.source_range.duration
            elif isinstance(item, Transition):
                yield from (item.in_offset, item.out_offset)


def _source_times(timeline: Timeline) -> Iterator[RationalTime]:
    for track in timeline.video_tracks():
        for clip in track.find_clips():
            span: Any = clip.source_range or getattr(clip.media_reference, "available_range", None)
            if span:
                yield span.duration
