"""SMPTE timecode: ``HH:MM:SS:FF``, with ``;`` before the frames for drop-frame."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

from timecode.timecode import Timecode

from fsvfx.media.plate import Place
from schemas.job import ShotJob

_FORM = re.compile(r"^(\d\d):([0-5]\d):([0-5]\d)([:;.])(\d\d)$")


def tidy(text: str | None) -> str | None:
    """Canonical form, or None if ``text`` is no timecode."""
    match = _FORM.match((text or "").strip())
    if match is None or int(match[1]) > 23:
        return None
    mark = ":" if match[4] == ":" else ";"
    return f"{match[1]}:{match[2]}:{match[3]}{mark}{match[5]}"


def shift(text: str, frames: int, rate: Fraction) -> str:
    """``text`` moved by ``frames`` (either way), round the clock."""
    return label(count(text, rate) + frames, rate, drop=";" in text)


def count(text: str, rate: Fraction) -> int:
    """How many frames after midnight ``text`` is; ``;`` in it means drop-frame."""
    drop = ";" in text
    return int(Timecode(_nominal(rate, drop=drop), text, force_non_drop_frame=not drop).frames) - 1


def label(frames: int, rate: Fraction, *, drop: bool) -> str:
    """The timecode ``frames`` after midnight, round the clock."""
    moved = Timecode(_nominal(rate, drop=drop), frames=frames % day(rate, drop=drop) + 1, force_non_drop_frame=not drop)
    return tidy(str(moved)) or str(moved)


def day(rate: Fraction, *, drop: bool) -> int:
    """How many frames timecode counts in 24 hours."""
    return 24 * 3600 * round(rate) - (24 * 108 * (round(rate) // 30) if drop else 0)


def of_exr(header: dict[str, Any]) -> str | None:
    """The timecode in an EXR header."""
    code = header.get("timeCode")
    if code is None:
        return None
    mark = ";" if code.dropFrame else ":"
    return f"{code.hours:02}:{code.minutes:02}:{code.seconds:02}{mark}{code.frame:02}"


def one_timecode(job: ShotJob, own: str | None, place: Place) -> str | None:
    """The plate's own, else the manifest's; two that differ are a PlateError."""
    said = tidy(job.shot.plate.timecode)
    if own and said and own != said:
        raise place.error(
            f"the plate's timecode at frame {job.shot.plate.first_frame} is {own}, the manifest says {said}",
            "Leave plate.timecode out, or write the plate's",
        )
    return own or said


def _nominal(rate: Fraction, *, drop: bool) -> str:
    """Timecode counts whole frames; only drop-frame knows of 29.97 and 59.94."""
    return {30: "29.97", 60: "59.94"}.get(round(rate), str(round(rate))) if drop else str(max(1, round(rate)))
