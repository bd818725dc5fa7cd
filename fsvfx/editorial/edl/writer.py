"""A timeline -> an EDL's text: corrects the gaps of its adapter before and after it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import opentimelineio as otio
from opentimelineio.opentime import RationalTime, TimeRange
from opentimelineio.schema import (
    Clip,
    ExternalReference,
    Gap,
    GeneratorReference,
    ImageSequenceReference,
    Timeline,
    Track,
    Transition,
)

from fsvfx.editorial.edl.timeline import BLACK, DROP, MOTION, RETIMED, SOURCE
from fsvfx.editorial.references import DROPS, FACTS
from fsvfx.editorial.retimes import remarks_of
from fsvfx.errors import InputError
from fsvfx.media import timecodes
from schemas.timecode import drops_by_default, parts

_CODE = re.compile(r"\d\d:\d\d:\d\d[:;]\d{2,3}")
_EVENT = re.compile(r"(\d+)(\s.*)")
_UNFIT = re.compile(r"[^A-Za-z0-9_.-]+")
_LONGEST_REEL = 32
"""Maximum number of letters that editing systems read."""
_INTO_OTIO = "Write an .otio, which can hold any edit"
_CLIP = "FSVFX CLIP"
"""Prefix of the remark that names the clip of the following remarks: in a transition, the adapter writes both
clips'."""


@dataclass(frozen=True)
class _Facts:
    """An EDL's data on a clip beyond those that the adapter writes. ``source``: if not as long as its record."""

    drop: bool | None
    """None: unknown."""
    source: tuple[int, int] | None
    motions: tuple[str, ...]


def edl_of(timeline: Timeline, rate: Fraction, drops: tuple[bool, bool] | None) -> str:
    """``drops``: see ``write_edit``. Raises InputError."""
    ours = timeline.clone()  # the adapter changes its cuts
    for track in ours.audio_tracks():
        ours.tracks.remove(track)
    facts: list[_Facts] = []
    for track in ours.tracks:
        _make_plain(track, rate, facts)
    _at_start(ours)
    try:
        text = otio.adapters.write_to_string(ours, "cmx_3600", rate=float(rate))
    except (otio.exceptions.OTIOError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError) as error:
        said = " ".join(str(error).split()).strip(". ")
        raise InputError(f"An EDL can't hold this edit: {said}", hint=_INTO_OTIO) from None
    source, record = drops or (drops_by_default(rate), _record_drops(timeline, rate))
    header, events = _grouped(text.splitlines())
    lines = [*header, f"FCM: {'' if record else 'NON-'}DROP FRAME", ""]
    for number, event in enumerate((one for one in events if not _is_nothing(one)), 1):
        lines += _event(event, number, facts, rate, (source, record))
    return "\n".join(lines) + "\n"


def _record_drops(timeline: Timeline, rate: Fraction) -> bool:
    """An OTIO does not say so: at 29.97 and 59.94 they are, unless the start is on a full second only without
    drop-frame."""
    start = timeline.global_start_time
    if not drops_by_default(rate) or start is None:
        return drops_by_default(rate)
    labels = (timecodes.label(round(start.value), rate, drop=drop) for drop in (True, False))
    dropped, plain = (parts(label)[2:] == (0, 0) for label in labels)
    return dropped or not plain


def _make_plain(track: Track, rate: Fraction, facts: list[_Facts]) -> None:
    """Write out ranges, put black next to fades from and to it, and collect each clip's facts.

    Raises InputError for nested sequences.
    """
    items: list[Any] = list(track)
    track[:] = []
    for index, item in enumerate(items):
        if isinstance(item, Transition):
            if index == 0 or isinstance(items[index - 1], Gap):
                track.append(_black(0, rate))
        elif not isinstance(item, Clip | Gap):
            what = f"'{item.name or item.schema_name()}' is nested"
            raise InputError(f"An EDL can't hold this edit: {what}", hint=_INTO_OTIO)
        track.append(item)
    if items and isinstance(items[-1], Transition):
        track.append(_black(items[-1].out_offset.rescaled_to(float(rate)).value, rate))
    for item in track:
        if isinstance(item, Clip):
            item.source_range = item.trimmed_range()
            facts.append(_put_aside(item, len(facts)))
            _name_files(item)


def _name_files(clip: Clip) -> None:
    """A sequence's file name has its numbers with all digits; without a reel the clip's name replaces it."""
    media = clip.media_reference
    if isinstance(media, ImageSequenceReference) and media.available_range:
        first, last = (f"{number:0{media.frame_zero_padding}}" for number in (media.start_frame, media.end_frame()))
        name = f"{media.name_prefix}[{first}-{last}]{media.name_suffix}"
        base = media.target_url_base
        clip.media_reference = ExternalReference(f"{base}{'/' * (bool(base) and base[-1] != '/')}{name}")
    own: Any = clip.metadata["cmx_3600"]
    if not own.get("reel"):
        own["reel"] = _UNFIT.sub("_", clip.name)[:_LONGEST_REEL] or "AX"


def _black(frames: float, rate: Fraction) -> Clip:
    span = TimeRange(RationalTime(0, float(rate)), RationalTime(frames, float(rate)))
    return Clip("", GeneratorReference(generator_kind="black"), span, metadata={"cmx_3600": {"reel": BLACK[0]}})


def _put_aside(clip: Clip, index: int) -> _Facts:
    """Remove fsvfx's own remarks from the clip's metadata, and the effects that they describe."""
    own: Any = clip.metadata.get("cmx_3600")
    kept = {key: value for key, value in own.items() if key != "comments"} if hasattr(own, "items") else {}
    said = remarks_of(clip)
    ours = (RETIMED, DROP, SOURCE, MOTION)
    clip.metadata["cmx_3600"] = {
        **kept,
        "comments": [f"{_CLIP} {index}", *(one for one in said if not one.startswith(ours))],
    }
    if any(one.startswith(RETIMED) for one in said):
        clip.effects.clear()
    spans = [one.removeprefix(SOURCE).split() for one in said if one.startswith(SOURCE)]
    motions = [one.removeprefix(MOTION).strip() for one in said if one.startswith(MOTION)]
    facts: Any = clip.metadata.get(FACTS)
    drop = DROP in said or (facts.get(DROPS) if hasattr(facts, "get") else None)
    return _Facts(drop, (int(spans[0][0]), int(spans[0][1])) if spans else None, tuple(motions))


def _at_start(timeline: Timeline) -> None:
    """The adapter counts the record from each track's own start, not from the timeline's."""
    start = timeline.global_start_time
    for track in timeline.tracks:
        if start and track.source_range is None:
            duration = track.available_range().duration
            track.source_range = TimeRange(RationalTime(0, start.rate) - start, duration)


def _grouped(lines: list[str]) -> tuple[list[str], list[list[str]]]:
    """The lines before the events, and the lines of each event: two with the same number are a transition."""
    header: list[str] = []
    events: list[list[str]] = []
    for line in filter(None, lines):
        event = _EVENT.match(line)
        if event and not (events and events[-1][0].startswith(f"{event[1]} ")):
            events.append([line])
        else:
            (events[-1] if events else header).append(line)
    return header, events


def _is_nothing(lines: list[str]) -> bool:
    """Black without length exists only for the transition after it."""
    events = [line.split() for line in lines if _EVENT.match(line)]
    return len(events) == 1 and events[0][1] in BLACK and events[0][-2] == events[0][-1]


def _event(
    lines: list[str], number: int, facts: list[_Facts], rate: Fraction, drops: tuple[bool, bool]
) -> Iterator[str]:
    """An event with each timecode in its own mode: the adapter writes all of them as drop-frame at rates that have it.
    The remarks of a transition's outgoing clip are at that clip's own event."""
    shown = [index for line in lines if (index := _clip_of(line)) is not None]
    halves = shown[-2:] if len(shown) > 1 else shown * 2
    codes = [line for line in lines if _EVENT.match(line)]
    for index, line in zip(halves[-len(codes) :], codes):
        is_outgoing = len(codes) > 1 and line is codes[0]
        yield _relabelled(line, number, facts[index], rate, drops, is_outgoing=is_outgoing)
    of_outgoing = False
    for line in lines[len(codes) :]:
        if (index := _clip_of(line)) is not None:
            of_outgoing = index != shown[-1]
            yield from () if of_outgoing else facts[index].motions
            continue
        of_outgoing = of_outgoing and not line.startswith("* TO ")
        if not of_outgoing:
            yield line


def _clip_of(line: str) -> int | None:
    return int(line.partition(_CLIP)[2]) if line.startswith(f"* {_CLIP}") else None


def _relabelled(
    line: str, number: int, facts: _Facts, rate: Fraction, drops: tuple[bool, bool], *, is_outgoing: bool
) -> str:
    """``line`` with its number, and each of its timecodes in its mode."""
    source = (facts.source[1],) * 2 if facts.source and is_outgoing else facts.source
    codes = list(_CODE.finditer(line))[-4:]  # a reel may look like a timecode
    made = line[: codes[0].start()]
    for place, code in enumerate(codes):
        frames = source[place] if source and place < 2 else timecodes.count(code[0], rate)
        drop = drops[1] if place > 1 else drops[0] if facts.drop is None else facts.drop
        made += timecodes.label(frames, rate, drop=drop) + " " * (place < 3)
    return _EVENT.sub(lambda found: f"{number:03}{found[2]}", made)
