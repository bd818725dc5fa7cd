"""The events of an EDL -> a timeline: a track for each channel, transitions, gaps, black."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from opentimelineio.opentime import RationalTime, TimeRange
from opentimelineio.schema import (
    Clip,
    ExternalReference,
    FreezeFrame,
    Gap,
    GeneratorReference,
    LinearTimeWarp,
    Marker,
    MarkerColor,
    MissingReference,
    TimeEffect,
    Timeline,
    Track,
    TrackKind,
    Transition,
    TransitionTypes,
)

from fsvfx.editorial.edl.events import EdlEvents, Event, frames_of
from fsvfx.editorial.edl.remarks import Said, retimed_name, retimes_in, said_of
from fsvfx.errors import Problem
from fsvfx.printable import counted

RETIMED = "FSVFX RETIME"
"""Prefix of the remark that a clip is not played at its own speed."""
DROP = "FSVFX DROP FRAME"
"""The remark that a clip's source timecodes are drop-frame."""
SOURCE = "FSVFX SOURCE"
"""Prefix of the remark with first and last source frame of a clip whose record has another length."""
MOTION = "FSVFX M2"
"""Prefix of the remark with the original M2 line."""
BLACK = ("BL", "BLACK")
_UNKNOWN = "AX"
_FROZEN = re.compile(r" FF(?: \(Freeze Frame\))?$", re.IGNORECASE)
"""Avid's mark of a frozen clip."""
_MARKER_LIST = "|M:"
"""Resolve's list of markers in an EDL: each is an event of one frame with its name below it."""


@dataclass
class Laid:
    """A timeline under construction."""

    rate: Fraction
    timeline: Timeline
    notes: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def time(self, frames: int) -> RationalTime:
        return RationalTime(frames, float(self.rate))

    def span(self, start: int, frames: int) -> TimeRange:
        return TimeRange(self.time(start), self.time(frames))

    def tell(self, event: Event, what: str, hint: str) -> None:
        self.problems.append(Problem(event.name, f"{what} (line {event.line})", hint))


def laid_out(read: EdlEvents, rate: Fraction) -> Laid:
    """Events in record order, whatever the order of their lines. Pictures first, then sound."""
    laid = Laid(rate, Timeline(read.title), problems=list(read.problems))
    start = min((event.record[0] for event in read.events), default=0)
    laid.timeline.global_start_time = laid.time(start)
    for name in _channels(read.events, pictures=True):
        _add_track(laid, name, [event for event in read.events if name in _of(event, pictures=True)], start)
    for name in _channels(read.events, pictures=False):
        _add_sound(laid, name, [event for event in read.events if name in _of(event, pictures=False)], start)
    _tell_empty(laid, read.events)
    if read.events and all(any(_MARKER_LIST in one for one in event.remarks) for event in read.events):
        hint = "Export the timeline as an EDL, not its markers"
        laid.problems.append(Problem("(edit)", "it is a list of markers, not an edit", hint))
    if silent := [event.number for event in read.events if event.channels == "NONE"]:
        laid.notes.append(f"events {', '.join(silent)} are on no channel: left out")
    return laid


def _tell_empty(laid: Laid, events: Sequence[Event]) -> None:
    """Notes on events that look like a shot or a transition, but are not."""
    for event, after in zip(events, [*events[1:], None]):
        comes_before = after is not None and after.kind != "C"
        if event.kind == "C" and event.is_empty and event.has_picture and not comes_before:
            laid.notes.append(f"{event.name} shows no frame: left out (line {event.line})")
        elif event.kind[0] in "DW" and not event.length:
            laid.notes.append(f"{event.name} is a transition without a length: read as a cut (line {event.line})")


def _channels(events: Sequence[Event], *, pictures: bool) -> list[str]:
    return sorted({name for event in events for name in _of(event, pictures=pictures)})


def _of(event: Event, *, pictures: bool) -> set[str]:
    """``AA/V``: V, and A1 and A2; ``B``: both."""
    if event.channels == "NONE":
        return set()
    if event.channels == "B":
        return {"V"} if pictures else {"A1"}
    parts = [part for word in event.channels.replace("AA", "A1A2").split("/") for part in _split(word)]
    return {("A1" if part == "A" else part) for part in parts if part.startswith("V") == pictures}


def _split(word: str) -> list[str]:
    """``A1A2V`` -> A1, A2, V."""
    parts: list[str] = []
    for letter in word:
        if letter.isdigit() and parts:
            parts[-1] += letter
        else:
            parts.append(letter)
    return parts


def _add_track(laid: Laid, name: str, events: Sequence[Event], start: int) -> None:
    items: list[Any] = []
    shown: Event | None = None  # the last non-empty event
    outgoing: Event | None = None  # the first half of a transition
    end = start
    for event in sorted(events, key=lambda one: one.record[0]):
        if event.kind.startswith("K"):
            laid.tell(event, "it is a key, which is not supported", "Export the layers as separate pictures")
        elif event.is_empty and event.kind == "C":
            outgoing = event
            continue
        elif event.record[0] < end:
            laid.tell(event, f"its record starts before {shown and shown.name} ends", "Fix the record timecodes")
        else:
            if event.record[0] > end:
                items.append(Gap(source_range=laid.span(0, event.record[0] - end)))
            before = shown if shown and shown.record[1] == event.record[0] else None
            if event.kind != "C" and event.length:
                items.append(_transition(laid, event, before, outgoing))
            items.append(_clip(laid, event, from_black=before is None or before.reel.upper() in BLACK))
            shown, end = event, event.record[1]
        outgoing = None
    track = Track(name, kind=TrackKind.Video)
    track.extend(items)
    laid.timeline.tracks.append(track)


def _transition(laid: Laid, event: Event, before: Event | None, outgoing: Event | None) -> Any:
    """It is entirely within the incoming event. The outgoing line must continue where the previous event ends."""
    is_black = outgoing is None or outgoing.reel.upper() in BLACK
    if event.length > event.record[1] - event.record[0]:
        laid.tell(
            event, f"its transition of {counted(event.length, 'frame')} is longer than the event", "Fix its length"
        )
    if outgoing and not is_black and not (before and _goes_on(before, outgoing)):
        hint = "Write the outgoing clip as an event of its own, which ends where the transition begins"
        laid.tell(event, f"its transition comes from {outgoing.reel}, which is not shown before it", hint)
    if is_black and outgoing and before and before.reel.upper() not in BLACK:
        laid.tell(event, f"its transition comes from black, but {before.name} is shown before it", "Fix its first line")
    kind = TransitionTypes.SMPTE_Dissolve if event.kind == "D" else "SMPTE_Wipe"
    facts = {"transition": event.kind, "transition_duration": event.length}
    return Transition(
        f"{kind} to {event.reel}", kind, laid.time(0), laid.time(event.length), metadata={"cmx_3600": facts}
    )


def _goes_on(before: Event, outgoing: Event) -> bool:
    same_place = before.source[1] == outgoing.source[0] and before.record[1] == outgoing.record[0]
    return before.reel == outgoing.reel and (same_place or bool(before.motions))


def _clip(laid: Laid, event: Event, *, from_black: bool) -> Clip:
    said = said_of(event, laid.rate, from_black=from_black)
    if event.reel.upper() in BLACK:
        return Clip(
            "black", GeneratorReference(generator_kind="black"), _range(laid, event), metadata=_facts(event, said, [])
        )
    media: Any = ExternalReference(said.media) if said.media else MissingReference()
    if event.reel.upper() == "BARS":
        media = GeneratorReference(generator_kind="SMPTEBars")
    retimes = list(_retimes(event, said, laid.rate))
    name = said.name or _file_name(said.media) or _known_reel(event.reel) or event.number
    if retimes and (marked := _FROZEN.search(name)):
        name = name[: marked.start()]
    clip = Clip(name, media, _range(laid, event), metadata=_facts(event, said, retimes))
    clip.markers.extend(_markers(laid, said))
    if retimes:
        clip.effects.append(_warp(event, laid.rate))
    return clip


def _range(laid: Laid, event: Event) -> TimeRange:
    """As long as the record: a retimed clip is marked as such."""
    return laid.span(event.source[0], event.record[1] - event.record[0])


def _known_reel(reel: str) -> str:
    return "" if reel.upper() == _UNKNOWN else reel


def _file_name(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2]


def _facts(event: Event, said: Said, retimes: Sequence[str]) -> dict[str, Any]:
    lengths = event.source[1] - event.source[0], event.record[1] - event.record[0]
    ours = [DROP] * event.source_drop + [f"{RETIMED} {one}" for one in retimes]
    ours += [f"{SOURCE} {event.source[0]} {event.source[1]}"] * (lengths[0] != lengths[1])
    ours += [f"{MOTION} {one}" for one in event.motions]
    facts: dict[str, Any] = {"comments": [*ours, *said.other]}
    facts |= {"reel": event.reel} if event.reel and event.reel.upper() != _UNKNOWN else {}
    facts |= {"reel_name": said.reel} if said.reel else {}
    return {"cmx_3600": facts}


def _retimes(event: Event, said: Said, rate: Fraction) -> list[str]:
    """The event's changes of speed, each in words; empty if it plays at its own speed."""
    found = [*retimes_in(event.motions, rate), *said.retimes, *retimed_name(said.name, rate)]
    source, record = event.source[1] - event.source[0], event.record[1] - event.record[0]
    return found + [f"{source} frames of its source fill {record} of the record"] * (source != record)


def _warp(event: Event, rate: Fraction) -> Any:
    source, record = event.source[1] - event.source[0], event.record[1] - event.record[0]
    speed = next((one for one in event.speeds if one is not None), None)
    if speed is None:
        return LinearTimeWarp(time_scalar=source / record) if source != record and record else TimeEffect()
    return LinearTimeWarp(time_scalar=speed / float(rate)) if speed else FreezeFrame()


def _markers(laid: Laid, said: Said) -> list[Any]:
    made = []
    for code, colour, name in said.markers:
        try:
            at = frames_of(code, laid.rate, drop=";" in code)
        except ValueError:
            continue
        known = colour.upper() if hasattr(MarkerColor, colour.upper()) else MarkerColor.RED
        made.append(Marker(name, laid.span(at, 0), known, metadata={"cmx_3600": {"color": colour}}))
    return made


def _add_sound(laid: Laid, name: str, events: Sequence[Event], start: int) -> None:
    """Sound is kept unchanged; overlaps are left out, as it is not used here."""
    track = Track(name, kind=TrackKind.Audio)
    end = start
    for event in sorted(events, key=lambda one: one.record[0]):
        if event.record[0] < end or event.record[0] == event.record[1]:
            continue
        if event.record[0] > end:
            track.append(Gap(source_range=laid.span(0, event.record[0] - end)))
        said = said_of(event, laid.rate, from_black=True)
        track.append(Clip(said.name or event.reel or event.number, MissingReference(), _range(laid, event)))
        end = event.record[1]
    laid.timeline.tracks.append(track)
