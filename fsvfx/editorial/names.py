"""Names of shots, and of the files that an edit plays."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote

from opentimelineio.schema import Clip

from fsvfx.editorial.paths import plain
from fsvfx.errors import InputError, Where
from schemas.templates import PICTURES, VIDEOS, fields, fill

FIELDS = ("clip", "reel", "media", "marker", "number")
_BAD = re.compile(r"[^A-Za-z0-9_.-]+")
_NUMBER = re.compile(r"([._-]?\[\d+-\d+\]|[._-]#+)$")
_SHOWN = 8
_MOST = 58
"""Letters in a name, leaving room for a use's number."""


@dataclass(frozen=True)
class Named:
    """A name for each clip; ``notes`` list those that differ from the template's."""

    names: tuple[str, ...]
    notes: tuple[str, ...]


def shot_names(clips: Sequence[Clip], template: str = "{clip}") -> Named:
    """A unique name for each clip, in order.

    Fields of ``template``: ``{clip}`` its name, ``{reel}``, ``{media}`` the file's name, ``{marker}`` that of the first
    marker (an EDL's LOC), ``{number}`` 0010, 0020 and so on. Repeated uses of a clip get ``_2`` etc. InputError.
    """
    unknown = set(fields(template)) - set(FIELDS)
    if unknown:
        hint = f"Available: {', '.join(f'{{{name}}}' for name in FIELDS)}"
        raise InputError(f"{{{min(unknown)}}} is not a field of shot names", hint=hint, where=Where(field="--names"))
    names: dict[str, str] = {}  # in lower case: letter case does not distinguish shots, as some disks ignore it
    uses: Counter[str] = Counter()
    again: dict[str, list[str]] = {}
    notes: list[str] = []
    for index, clip in enumerate(clips):
        given = fill(template, **_words(clip, index))
        wanted = _tidy(given) or f"shot{index + 1:03}"
        name = wanted
        while name.lower() in names:
            uses[wanted.lower()] += 1
            name = f"{wanted}_{uses[wanted.lower()] + 1}"
        names[name.lower()] = name
        if name != wanted:
            again.setdefault(wanted, []).append(name)
        elif name != given:
            notes.append(f"{name}: called '{given}' in the edit, which is not a valid shot name")
    notes += [
        f"{wanted} is in the edit {len(more) + 1} times: {_first_and_last(more)}" for wanted, more in again.items()
    ]
    return Named(tuple(names.values()), tuple(notes))


def _first_and_last(names: Sequence[str]) -> str:
    few = len(names) <= _SHOWN
    return f"also as {', '.join(names)}" if few else f"also as {names[0]} to {names[-1]}"


def _words(clip: Clip, index: int) -> dict[str, str]:
    stem = _stem(clip.name)
    return {
        "clip": stem,
        "reel": reel_of(clip) or stem,
        "media": media_name(clip) or stem,
        "marker": clip.markers[0].name.strip() if clip.markers else "",
        "number": f"{10 * (index + 1):04}",
    }


def reel_of(clip: Clip) -> str:
    """The tape or camera roll: an EDL's reel, or the one in editing systems' metadata; empty if none."""
    spaces: list[Any] = [clip.metadata, clip.media_reference.metadata if clip.media_reference else {}]
    for space in spaces:
        for holder in (space, *(value for value in space.values() if hasattr(value, "get"))):
            for key in ("reel_name", "reel", "Reel Name", "tape", "Tape"):
                if holder.get(key):
                    return str(holder[key])
    return ""


def media_path(clip: Clip) -> str:
    """Path or s3:// of the file that the edit plays, a sequence's with ``#`` for the digits; empty if there is none."""
    reference: Any = clip.media_reference
    if hasattr(reference, "target_url_base"):
        return plain(reference.abstract_target_url("#" * max(1, min(reference.frame_zero_padding, 9))))
    return plain(getattr(reference, "target_url", "") or "")


def media_name(clip: Clip) -> str:
    """The file's name without number and extension."""
    return _stem(unquote(media_path(clip).rpartition("/")[2]))


def _stem(name: str) -> str:
    path = PurePosixPath(name.strip() or "_")
    stem = path.stem if path.suffix.lower() in PICTURES | VIDEOS else path.name
    return _NUMBER.sub("", stem) if name.strip() else ""


def _tidy(text: str) -> str:
    return _BAD.sub("_", text).strip("_.-")[:_MOST]
