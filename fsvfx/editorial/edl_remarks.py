"""What stands below an EDL's events: names, files, markers, changes of time. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from fsvfx.editorial.edl_events import Event
from fsvfx.editorial.effect_words import tells_a_retime

_NAMED = re.compile(
    r"(?P<side>FROM |TO )?(?P<what>CLIP NAME|CLIP|FILE|SOURCE FILE|REEL NAME IS|REEL NAME|REEL)\s*:\s*(?P<said>.*)",
    re.IGNORECASE,
)
_REFERENCE = re.compile(r"OTIO REFERENCE (?P<side>FROM|TO):\s*(?P<said>.*)")
_MARKER = re.compile(
    r"LOC:\s*(?P<code>\d\d[:;]\d\d[:;]\d\d[:;]\d\d)\s+(?P<colour>\w*)(?:\s+(?P<name>.*))?", re.IGNORECASE
)
_FREE = ("LOC", "COMMENT", "NOTE", "ASC_SOP", "ASC_SAT", "KEY CLIP NAME", "AUDIO", "AUD ", "SPLIT", "OTIO", "TITLE")
_NEUTRAL = re.compile(r"[:\s]\s*\+?100(\.0*)?\s*%?$")
_RATE = re.compile(r"[\w ]*(?:FRAME ?RATE|FPS)\s*[:=]?\s*(?P<rate>\d+(?:\.\d+)?)\b.*", re.IGNORECASE)
_NEAR = 0.1


@dataclass(frozen=True)
class Said:
    """What an event's remarks tell of the clip that it shows; ``other`` has the remarks that are not taken apart."""

    name: str
    media: str
    reel: str
    markers: tuple[tuple[str, str, str], ...]
    """Timecode, colour and name."""
    retimes: tuple[str, ...]
    other: tuple[str, ...]
    outgoing_name: str
    """Of a transition: the clip that it comes from."""


def said_of(event: Event, rate: Fraction, *, from_black: bool = False) -> Said:
    """Of a transition, the clip is the incoming one. ``from_black``: there is no other that the remarks could mean."""
    named: dict[tuple[str, str], str] = {}
    markers: list[tuple[str, str, str]] = []
    other: list[str] = []
    for remark in event.remarks:
        if reference := _REFERENCE.fullmatch(remark):
            named[(reference["side"], "MEDIA")] = reference["said"].strip()
        elif found := _NAMED.fullmatch(remark):
            named[_key(found)] = found["said"].strip()
        elif marker := _MARKER.fullmatch(remark):
            markers.append((marker["code"], marker["colour"], (marker["name"] or "").strip()))
        else:
            other.append(remark)
    is_cut = event.kind == "C"

    def of(what: str) -> str:
        incoming = named.get(("FROM" if is_cut else "TO", what), "")
        return incoming or (named.get(("FROM", what), "") if from_black else "")

    retimes = tuple(one for one in other if _is_retime(one, rate))
    return Said(
        of("NAME"), of("MEDIA"), of("REEL"), tuple(markers), retimes, tuple(other), named.get(("FROM", "NAME"), "")
    )


def _key(found: re.Match[str]) -> tuple[str, str]:
    what = found["what"].upper()
    kind = "NAME" if what == "CLIP NAME" else "REEL" if what.startswith("REEL") else "MEDIA"
    return (found["side"] or "FROM").strip().upper(), kind


def _is_retime(remark: str, rate: Fraction) -> bool:
    """By what stands before a colon, as free text comes after it: ``COMMENT: speed this up`` tells of nothing."""
    head = remark.partition(":")[0]
    if head.upper().startswith(_FREE) or _NEUTRAL.search(remark):
        return False
    if stated := _RATE.fullmatch(remark):
        return abs(float(stated["rate"]) - float(rate)) >= _NEAR
    return tells_a_retime(head)
