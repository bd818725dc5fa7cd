"""The lines below an EDL's events: names, files, markers, changes of time. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import takewhile

from fsvfx.editorial.edl.events import Event, is_event, is_motion, lines_of, speed_of
from fsvfx.editorial.effects import tells_a_retime
from schemas import rates

_NAMED = re.compile(
    r"(?P<side>FROM |TO )?"
    r"(?:(?P<what>CLIP NAME|CLIP|FILE|SOURCE FILE|REEL NAME|REEL)(?: IS)?\s*:|(?P<bare>CLIP NAME|REEL NAME)(?: IS)?\s)"
    r"\s*(?P<said>.*)",
    re.IGNORECASE,
)
_REPLACED = re.compile(r"FINAL CUT PRO REEL:\s*(?P<said>.+?)\s+REPLACED BY:.*", re.IGNORECASE)
"""Final Cut Pro replaces long reel names by a number."""
_STILL = re.compile(r"(FROM |TO )?CLIP IS A STILL", re.IGNORECASE)
_REFERENCE = re.compile(r"OTIO REFERENCE (?P<side>FROM|TO):\s*(?P<said>.*)")
_MARKER = re.compile(
    r"LOC:\s*(?P<code>\d\d[:;]\d\d[:;]\d\d[:;]\d\d)\s+(?P<colour>\w*)(?:\s+(?P<name>.*))?", re.IGNORECASE
)
_MARKED = re.compile(r".*\((?P<said>FREEZE FRAME|-?(?P<rate>\d+(?:\.\d+)?) ?FPS)\)", re.IGNORECASE)
"""Avid's mark of a retimed clip, at the end of its name."""
_EFFECT = re.compile(r"(DLEDL|EFFECTS?|EFX|FX|FILTER|MOTION)\b", re.IGNORECASE)
"""Heads of remarks that name an effect after the colon."""
_FREE = ("LOC", "COMMENT", "NOTE", "ASC_SOP", "ASC_SAT", "KEY CLIP NAME", "AUDIO", "AUD ", "SPLIT", "OTIO", "TITLE")
_NEUTRAL = re.compile(r"[:\s]\s*\+?100(\.0*)?\s*%?$")
_RATE = re.compile(r"[\w ]*(?:FRAME ?RATE|FPS)\s*[:=]?\s*(?P<rate>\d+(?:\.\d+)?)\b.*", re.IGNORECASE)
_NEAR = 0.1
"""M2 has speeds with one decimal: 023.9 or 024.0 for 24000/1001."""


@dataclass(frozen=True)
class Said:
    """The data in an event's remarks on the clip that it shows; ``other``: the remarks that are not parsed."""

    name: str
    media: str
    reel: str
    markers: tuple[tuple[str, str, str], ...]
    """Timecode, color and name."""
    retimes: tuple[str, ...]
    other: tuple[str, ...]


def said_of(event: Event, rate: Fraction, *, from_black: bool = False) -> Said:
    """In a transition, the clip is the incoming one. ``from_black``: the remarks can refer to no other clip."""
    named: dict[tuple[str, str], str] = {}
    markers: list[tuple[str, str, str]] = []
    other: list[str] = []
    for remark in event.remarks:
        if reference := _REFERENCE.fullmatch(remark):
            named[(reference["side"], "MEDIA")] = reference["said"].strip()
        elif replaced := _REPLACED.fullmatch(remark):
            named[("FROM", "REEL")] = replaced["said"]
        elif (found := _NAMED.fullmatch(remark)) and not (found["bare"] and _is_retime(remark, rate)):
            named[_key(found)] = found["said"].strip()
        elif marker := _MARKER.fullmatch(remark):
            markers.append((marker["code"], marker["colour"], (marker["name"] or "").strip()))
        else:
            other.append(remark)
    is_cut = event.kind == "C"

    def of(what: str) -> str:
        incoming = named.get(("FROM" if is_cut else "TO", what), "")
        return incoming or (named.get(("FROM", what), "") if from_black else "")

    return Said(of("NAME"), of("MEDIA"), of("REEL"), tuple(markers), tuple(retimes_in(other, rate)), tuple(other))


def _key(found: re.Match[str]) -> tuple[str, str]:
    what = (found["what"] or found["bare"]).upper()
    kind = "NAME" if what == "CLIP NAME" else "REEL" if what.startswith("REEL") else "MEDIA"
    return (found["side"] or "FROM").strip().upper(), kind


def header_rate(text: str) -> Fraction | None:
    """The rate in a line before the first event; most EDLs have none."""
    header = takewhile(lambda line: not is_event(line), lines_of(text))
    found = (_RATE.fullmatch(line.lstrip("* ")) for line in header if not line.upper().startswith("TITLE"))
    return next((rate for one in found if one and (rate := rates.known(float(one["rate"])))), None)


def retimed_name(name: str, rate: Fraction) -> list[str]:
    """The speed in Avid's mark at the end of a clip's ``name``, in words."""
    marked = _MARKED.fullmatch(name)
    if marked is None or (marked["rate"] and _is_near(float(marked["rate"]), rate)):
        return []
    return [marked["said"]]


def retimes_in(remarks: Iterable[str], rate: Fraction) -> Iterator[str]:
    """The speeds other than ``rate`` in ``remarks`` (with M2 lines), each in words."""
    for remark in remarks:
        if not is_motion(remark):
            yield from [remark] * _is_retime(remark, rate)
        elif (speed := speed_of(remark)) is None:
            yield remark
        elif not _is_near(speed, rate):
            yield f"{speed:g} frames a second instead of {float(rate):.5g}"


def _is_retime(remark: str, rate: Fraction) -> bool:
    """By the words before a colon, as free text follows it: ``COMMENT: speed this up`` is not a retime."""
    head = remark if _EFFECT.match(remark) else remark.partition(":")[0]
    if head.upper().startswith(_FREE) or _NEUTRAL.search(remark):
        return False
    if stated := _RATE.fullmatch(remark):
        return not _is_near(float(stated["rate"]), rate)
    return tells_a_retime(head) or _STILL.fullmatch(remark) is not None


def _is_near(speed: float, rate: Fraction) -> bool:
    return abs(speed - float(rate)) < _NEAR
