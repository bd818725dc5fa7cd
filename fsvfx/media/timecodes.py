"""Arithmetic with timecode labels (``schemas.timecode``): label <-> frames after midnight."""

from __future__ import annotations

import re
from fractions import Fraction

from timecode.timecode import Timecode

from fsvfx.media.files import Place
from schemas.job import ShotJob
from schemas.timecode import can_drop, nominal, parts, problem, text_of

_FORM = re.compile(r"([0-9]{2}):([0-5][0-9]):([0-5][0-9])([:;.])([0-9]{2,3})")


def tidy(text: str | None) -> str | None:
    """Canonical form, or None if ``text`` is not a timecode."""
    match = _FORM.fullmatch((text or "").strip())
    if match is None or int(match[1]) > 23:
        return None
    mark = ":" if match[4] == ":" else ";"
    return f"{match[1]}:{match[2]}:{match[3]}{mark}{match[5]}"


def shift(text: str, frames: int, rate: Fraction) -> str:
    """``text`` moved by ``frames`` (forward or back), modulo a day."""
    return label(count(text, rate) + frames, rate, drop=";" in text)


def count(text: str, rate: Fraction) -> int:
    """How many frames after midnight ``text`` is; ``;`` in it means drop-frame."""
    drop = ";" in text
    return int(Timecode(_library_rate(rate, drop=drop), text, force_non_drop_frame=not drop).frames) - 1


def day(rate: Fraction, *, drop: bool) -> int:
    """Number of labels in a day. Drop-frame skips some in 54 minutes of an hour."""
    return 24 * 3600 * nominal(rate) - (24 * 54 * (nominal(rate) // 15) if drop and can_drop(rate) else 0)


def label(frames: int, rate: Fraction, *, drop: bool) -> str:
    """The timecode ``frames`` after midnight, modulo a day; drop-frame only at rates that have it."""
    drops = drop and can_drop(rate)
    within = frames % day(rate, drop=drops)
    moved = Timecode(_library_rate(rate, drop=drops), frames=within + 1, force_non_drop_frame=not drops)
    hours, minutes, seconds, left = moved.frames_to_tc(moved.frames)
    return text_of(hours, minutes, seconds, int(left), rate, drop=drops)


def one_timecode(job: ShotJob, own: str | None, rate: Fraction, place: Place) -> str | None:
    """The plate's own, otherwise the manifest's. PlateError: they differ, or no frame has the label at ``rate``."""
    said = tidy(job.shot.plate.timecode)
    if said and (wrong := problem(said, rate)):
        raise place.error(f"plate.timecode: {wrong[0]}", wrong[1])
    said = text_of(*parts(said), rate, drop=";" in said) if said else None
    if own and said and own != said:
        raise place.error(
            f"the plate's timecode at frame {job.shot.plate.first_frame} is {own}, the manifest says {said}",
            "Leave out plate.timecode, or set it to the plate's",
        )
    return own or said


def _library_rate(rate: Fraction, *, drop: bool) -> str:
    """Timecode counts whole frames; only drop-frame distinguishes 29.97, 59.94 and 119.88."""
    names = {30: "29.97", 60: "59.94", 120: "119.88"}
    return names.get(nominal(rate), str(nominal(rate))) if drop else str(nominal(rate))
