"""Timecode labels ``HH:MM:SS:FF``: which there are at a rate. ``;`` before the frames: drop-frame.

Every frame has a label of its own: 00 to 59 at 60 frames a second, 000 to 119 at 120. So editing systems, players and
ffmpeg write them, so manifests do, and so fsvfx shows them. Headers that count pairs: ``fsvfx.media.addresses``.
"""

from __future__ import annotations

from fractions import Fraction


def nominal(rate: Fraction) -> int:
    """Frames that a second of timecode counts: 24 at 24000/1001."""
    return max(1, round(rate))


def is_counted(rate: Fraction) -> bool:
    """Whether a second of timecode is a second of pictures, or 1000/1001 of one: not so at 12.5."""
    return rate in (nominal(rate), Fraction(1000 * nominal(rate), 1001))


def can_drop(rate: Fraction) -> bool:
    """Whether labels may be left out: at 29.97, 59.94, 119.88; at 30, 60 and 120 too, where some write it."""
    return nominal(rate) in (30, 60, 120)


def drops_by_default(rate: Fraction) -> bool:
    """Whether drop-frame is what one expects where nothing tells."""
    return can_drop(rate) and rate.denominator == 1001


def parts(text: str) -> tuple[int, int, int, int]:
    """Hours, minutes, seconds, frames."""
    hours, minutes, seconds, frames = (int(part) for part in text.replace(";", ":").split(":"))
    return hours, minutes, seconds, frames


def text_of(hours: int, minutes: int, seconds: int, frames: int, rate: Fraction, *, drop: bool) -> str:
    """Three digits of frames where a second has more than 100."""
    digits = max(2, len(str(nominal(rate) - 1)))
    return f"{hours:02}:{minutes:02}:{seconds:02}{';' if drop else ':'}{frames:0{digits}}"


def problem(text: str, rate: Fraction) -> tuple[str, str] | None:
    """Why no frame has this label at ``rate``, and how to fix it; None: one has."""
    _, minutes, seconds, frames = parts(text)
    count = nominal(rate)
    if frames >= count:
        return f"{text} has no such frame at {rate} frames per second", f"Count frames from 00 to {count - 1:02}"
    if ";" not in text:
        return None
    if not can_drop(rate):
        return f"{text} is drop-frame, which does not exist at {rate} frames per second", "Write : before the frames"
    left_out = count // 15
    if seconds == 0 and minutes % 10 and frames < left_out:
        what = f"{text} is a label that drop-frame skips"
        return what, f"Write {text[:8]};{left_out:02}, the first of that minute"
    return None
