"""An EDL's text -> its events, as defined by CMX 3600 and as written by editing systems. Pure.

``FCM`` in the header sets how the record timecode counts; between events, how the following sources do. ``M2 reel speed
timecode`` retimes the event above it. Other lines between events are remarks on the one above.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from fsvfx.errors import Problem
from fsvfx.media import timecodes
from fsvfx.media.addresses import group_of
from schemas.timecode import can_drop, nominal, problem, text_of

_CODE = r"(?:\d\d?[:;.,]\d\d[:;.,]\d\d[:;.,]\d{2,3}|\d{1,9})"
_EVENT = re.compile(
    r"(?P<number>\d+)\s+(?:(?P<reel>\S.*?)\s+)?(?P<channels>NONE|[AVB][AVB0-9/]*)\s+"
    r"(?P<kind>C|D|W\s?\d{1,3}|K\s?[BO]?)(?:\s+(?P<length>\d{1,4}))?(?:\s+\(F\))?"
    rf"\s+(?P<codes>{_CODE}\s+{_CODE}\s+{_CODE}\s+{_CODE})",
    re.ASCII | re.IGNORECASE,
)
_STARTS = re.compile(r"\d+\s+\S", re.ASCII)
_DROP = re.compile(r"FCM:?\s*DROP", re.IGNORECASE)
_MOTION = re.compile(r"M2\b|[*\s]+M2\s.*\s[-+]?\s?\d+[.,]\d", re.IGNORECASE)
"""Some writers turn it into a remark."""
_SPEED = re.compile(r"(?<=\s)(?P<speed>[-+]?\s?\d+(?:\.\d*)?)(?:\s+\d\d?[:;.]\d\d[:;.]\d\d[:;.]\d{2,3})?$", re.ASCII)
_PARTS = re.compile(r"(\d\d?)[:;.,](\d\d)[:;.,](\d\d)([:;.,])(\d{2,3})", re.ASCII)
_LINES = re.compile(r"\r\n|\r|\n")
_LONGEST = 2000
_SHOWN = 90
_DROP_RATES = (Fraction(30000, 1001), Fraction(60000, 1001))


@dataclass(frozen=True)
class Event:
    """One line of an EDL and the lines below it. Times are in frames; those of the source and of the record."""

    line: int
    number: str
    reel: str
    channels: str
    kind: str
    """``C``ut, ``D``issolve, ``W``ipe with its code, ``K``ey."""
    length: int
    """Frames of a dissolve or wipe; 0 if it gives none."""
    source: tuple[int, int]
    record: tuple[int, int]
    source_drop: bool
    motions: tuple[str, ...] = ()
    """Its M2 lines."""
    remarks: tuple[str, ...] = ()

    @property
    def speeds(self) -> tuple[float | None, ...]:
        """From its M2 lines, in frames a second; None: unreadable."""
        return tuple(speed_of(line) for line in self.motions)

    @property
    def is_empty(self) -> bool:
        """The outgoing half of a transition shows nothing of its own."""
        return self.source[0] == self.source[1] and self.record[0] == self.record[1]

    @property
    def has_picture(self) -> bool:
        return "V" in self.channels or self.channels == "B"

    @property
    def name(self) -> str:
        return f"event {self.number}"


@dataclass
class EdlEvents:
    """All events of an EDL, in the order of its lines."""

    title: str = ""
    record_drop: bool = False
    events: list[Event] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def is_event(line: str) -> bool:
    """Whether ``line`` starts like an event, with a number."""
    return _STARTS.match(line) is not None


def is_motion(line: str) -> bool:
    """Whether ``line`` is an M2, which retimes the event above it."""
    return _MOTION.match(line) is not None


def speed_of(motion: str) -> float | None:
    """Frames a second of an M2; None: unreadable."""
    found = _SPEED.search(motion.strip())
    return float(found["speed"].replace(" ", "")) if found else None


def lines_of(text: str) -> list[str]:
    """Without leading and trailing spaces; lines longer than any in an EDL are cut off."""
    return [line[:_LONGEST].replace("\0", " ").strip() for line in _LINES.split(text)]


def drop_rate(text: str) -> Fraction | None:
    """The rate of drop-frame timecode: 29.97, or 59.94 if it counts frames above 29. None: not drop-frame."""
    codes = _codes(text)
    if not any(_DROP.match(line) for line in lines_of(text)) and not any(part[4] == ";" for part in codes):
        return None
    return _DROP_RATES[max((int(part[5]) for part in codes), default=0) > 29]


def pairs_note(text: str, rate: Fraction) -> str | None:
    """Above 30 frames a second: a note if no label in ``text`` shows whether it counts frames or pairs."""
    count, group = nominal(rate), group_of(rate)
    most = max((int(part[5]) for part in _codes(text)), default=count)
    if group == 1 or most >= count // group:
        return None
    pairs = count // group
    return f"its frame numbers are all below {pairs}, as if it counted pairs; they are read as frames out of {count}"


def _codes(text: str) -> list[re.Match[str]]:
    return [part for line in lines_of(text) if _EVENT.fullmatch(line) for part in _PARTS.finditer(line)]


def read_events(text: str, rate: Fraction) -> EdlEvents:
    """The events in ``text``, and everything in it that can't be read."""
    made = EdlEvents()
    source_drop: bool | None = None  # as set by an FCM between events
    below: list[str] = []  # the lines below the last event
    for number, line in enumerate(lines_of(text), 1):
        if line.upper().startswith("FCM"):
            if made.events:
                source_drop = bool(_DROP.match(line))
            else:
                made.record_drop = bool(_DROP.match(line))
        elif line.upper().startswith("TITLE:"):
            made.title = line[6:].strip()
        elif is_event(line):
            _close(made, below)
            _add_event(made, line, number, rate, source_drop)
        elif is_motion(line) and not made.events:
            hint = "Put it below the event that it retimes"
            made.problems.append(
                Problem(f"line {number}", f"an M2 line comes before the first event: {line[:_SHOWN]}", hint)
            )
        elif line:
            below.append(line)
    _close(made, below)
    if not can_drop(rate) and (made.record_drop or any(event.source_drop for event in made.events)):
        what = f"its timecode is drop-frame, which exists only at 29.97 and 59.94 frames a second, not at {rate}"
        made.problems.insert(0, Problem("(edit)", what, "Give --frame-rate 30000/1001 or 60000/1001"))
    if not made.events and not made.problems:
        made.problems.append(Problem("(edit)", "it has no events", "Export it as a CMX 3600 EDL"))
    return made


def _close(made: EdlEvents, below: list[str]) -> None:
    """Attach the lines below it to the last event."""
    if made.events:
        remarks = tuple(line.lstrip("* ").strip() for line in below if not is_motion(line))
        motions = tuple(line for line in below if is_motion(line))
        made.events[-1] = replace(made.events[-1], remarks=remarks, motions=motions)
    below.clear()


def _add_event(made: EdlEvents, line: str, number: int, rate: Fraction, source_drop: bool | None) -> None:
    found = _EVENT.fullmatch(line)
    if found is None:
        hint = "Write number, reel, channels, C or D with its length, and four timecodes; remarks start with *"
        made.problems.append(Problem(f"line {number}", f"this is not a CMX 3600 event: {line[:_SHOWN]}", hint))
        return
    codes = found["codes"].split()
    made.record_drop = made.record_drop or ";" in codes[2]
    if source_drop is None and ";" not in codes[0]:
        source_drop = _source_drops(codes, rate, record_drop=made.record_drop)
    source_drop = source_drop or ";" in codes[0]
    drops = [source_drop] * 2 + [made.record_drop] * 2
    try:
        times = [frames_of(code, rate, drop=drop) for code, drop in zip(codes, drops)]
    except ValueError as error:
        hint = "Check the frame rate of the EDL (--frame-rate), or correct the timecode"
        made.problems.append(Problem(f"line {number}", f"{error} at {float(rate):.5g} frames a second", hint))
        return
    event = Event(
        line=number,
        number=found["number"],
        reel=found["reel"] or "",
        channels=found["channels"].upper(),
        kind=found["kind"].upper().replace(" ", ""),
        length=int(found["length"] or 0),
        source=(times[0], times[1]),
        record=(times[2], times[3]),
        source_drop=source_drop,
    )
    made.events.append(_past_midnight(event, made, rate))


def _source_drops(codes: Sequence[str], rate: Fraction, *, record_drop: bool) -> bool:
    """Whether source labels that don't say so are drop-frame: like the record's, unless only the other way of counting
    makes the source as long as the record. Resolve and Premiere have no FCM for single events."""
    try:
        start, end = (frames_of(code, rate, drop=record_drop) for code in codes[2:])
    except ValueError:
        return record_drop
    for drop in (record_drop, not record_drop) if can_drop(rate) else ():
        try:
            first, after = (frames_of(code, rate, drop=drop) for code in codes[:2])
        except ValueError:
            continue
        if after - first == end - start:
            return drop
    return record_drop


def _past_midnight(event: Event, made: EdlEvents, rate: Fraction) -> Event:
    """Times that only increase: an event that ends after midnight, and records that continue after it."""
    source = _risen(event.source, timecodes.day(rate, drop=event.source_drop))
    day = timecodes.day(rate, drop=made.record_drop)
    record = _risen(event.record, day)
    if made.events:
        days = round((made.events[-1].record[1] - record[0]) / day)
        record = (record[0] + days * day, record[1] + days * day)
    for what, (start, end), whole in (("source", source, day), ("record", record, day)):
        if end - start > whole // 2:
            said = f"its {what} ends before it starts"
            made.problems.append(Problem(event.name, said, f"Correct its {what} timecodes (line {event.line})"))
    return replace(event, source=source, record=record)


def _risen(times: tuple[int, int], day: int) -> tuple[int, int]:
    start, end = times
    return (start, end + day) if end < start else times


def frames_of(code: str, rate: Fraction, *, drop: bool) -> int:
    """Frames after midnight. Raises ValueError for what the rate can't count, such as frame 24 of 24."""
    found = _PARTS.fullmatch(code)
    if found is None:
        return int(code)
    hours, minutes, seconds, frames = (int(found[one]) for one in (1, 2, 3, 5))
    text = text_of(hours % 24, minutes, seconds, frames, rate, drop=drop)
    if hours > 24 or minutes > 59 or seconds > 59 or problem(text, rate):
        raise ValueError(f"{code} is not a timecode")
    return timecodes.count(text, rate) + (timecodes.day(rate, drop=drop) if hours == 24 else 0)
