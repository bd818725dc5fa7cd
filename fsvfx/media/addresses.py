"""SMPTE ST 12's binary timecode, as stored in EXR and DPX headers: its 32 bits, and the frame that they denote.

The bits count to 39. So ST 12-1 (50 and 60 frames a second, and 48 likewise) gives two frames one address, with a field
mark on the second; ST 12-3 (72 to 120) gives three or four frames one. Many writers count every frame anyway. ``read``
distinguishes the two by the frames that follow. fsvfx writes according to the standard.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from fsvfx.media import timecodes
from fsvfx.media.timecodes import shift
from schemas.timecode import can_drop, drops_by_default, nominal, parts, problem, text_of

_BASES = (30, 25, 24)
_DROP = 0x40
_UNDEFINED = 0xFFFFFFFF


@dataclass(frozen=True)
class Address:
    """``word``: units and tens of frames in the lowest byte with two flags, then seconds, minutes and hours.

    The bit order of OpenEXR and DPX. ``clipped``: the writer could not store frame numbers above 39.
    """

    word: int
    clipped: bool = False

    @property
    def time(self) -> tuple[int, int, int]:
        hours, minutes, seconds = (self.word >> shift & mask for shift, mask in ((24, 0x3F), (16, 0x7F), (8, 0x7F)))
        return _digits(hours), _digits(minutes), _digits(seconds)

    @property
    def frames(self) -> int:
        return _digits(self.word & 0x3F)

    @property
    def overlong(self) -> int:
        """The frame number if a writer that counts beyond 39 stored it over the flags."""
        return _digits(self.word & 0xFF)

    @property
    def drop(self) -> bool:
        return bool(self.word & _DROP)

    def mark(self, base: int) -> int:
        """1 on the second frame of a pair. At 25 ST 12 uses another bit for it; EXR's field phase is always the same
        bit."""
        return (self.word >> 15 | (self.word >> 31 if base == 25 else 0)) & 1

    @property
    def is_sound(self) -> bool:
        nibbles = [(self.word & 0x3F7F7F3F) >> shift & 15 for shift in range(0, 32, 4)]
        hours, minutes, seconds = self.time
        return self.word != _UNDEFINED and max(nibbles) < 10 and hours < 24 and minutes < 60 and seconds < 60


@dataclass(frozen=True)
class Reading:
    """A frame's timecode, counting every frame; and notes for people on how it was read."""

    text: str | None = None
    note: str = ""


def group_of(rate: Fraction) -> int:
    """How many frames share an address: 1 up to 30 frames a second, then 2, 3, 4; 1 if SMPTE has no rule."""
    count = nominal(rate)
    return next((count // base for base in _BASES if count > 30 and count % base == 0), 1)


def address_of(text: str, rate: Fraction) -> Address | None:
    """The address of ``01:00:00:00``, with the field mark on the second frame of a pair; None if it does not fit into
    32 bits."""
    group = group_of(rate)
    hours, minutes, seconds, frames = parts(text)
    if frames // group > 29:
        return None
    word = sum(_coded(part) << 8 * place for place, part in enumerate((frames // group, seconds, minutes, hours)))
    second = group == 2 and frames % 2 == 1
    mark = 1 << (31 if nominal(rate) // group == 25 else 15) if second else 0
    return Address(word | mark | (_DROP if ";" in text else 0))


def read(at: Callable[[int], Address | None], rate: Fraction) -> Reading:
    """The timecode of frame ``at(0)``; ``at(n)``: the address n frames later, None if there is none."""
    first = at(0)
    if first is None:
        return Reading()
    if not first.is_sound:
        return Reading(note="the header's timecode is not valid: ignored")
    group, count = group_of(rate), nominal(rate)
    base = count // group
    if group == 1:
        return _labelled(first.time, first.frames, first.drop, rate)
    near = _successive(at, group + 2)
    beyond = any(one.frames >= base for one in near)
    if group == 2 and not beyond and _pairs(near, base, rate / group):
        return _labelled(first.time, 2 * first.frames + first.mark(base), first.drop, rate)
    return _of_all(first, at, rate) if beyond or _counts_all(near, base, rate) else _held(near, group, rate)


def read_label(text: str | None, counted: Fraction, rate: Fraction) -> Reading:
    """A video's timecode, whose track counts ``counted`` labels a second: one per picture, or one per pair."""
    label, group = timecodes.tidy(text), Fraction(nominal(rate), nominal(counted))
    if label is None:
        return Reading(note=f"its timecode '{text}' is not valid: ignored" if text else "")
    if group.denominator > 1:
        what = f"its timecode counts {counted} frames a second, but the pictures run at {rate}: ignored"
        return Reading(note=what)
    hours, minutes, seconds, frames = parts(label)
    return _labelled((hours, minutes, seconds), frames * group.numerator, ";" in label, rate)


def _successive(at: Callable[[int], Address | None], most: int) -> list[Address]:
    found: list[Address] = []
    for later in range(most):
        one = at(later)
        if one is None or not one.is_sound:
            break
        found.append(one)
    return found


def _counts_all(near: Sequence[Address], base: int, rate: Fraction) -> bool:
    """Whether the addresses count every frame: over the flags, or with three different successive ones."""
    flags = {one.word & 0xC0 for one in near}
    over = len(flags) > 1 or (near[0].drop and not can_drop(rate))
    if over and any(base <= one.overlong < nominal(rate) for one in near):
        return True
    steps = [_step(one, after, rate) for one, after in pairwise(near)]
    if len(near) == 2:  # the second frame of a pair has its mark, if the writer knows about pairs
        return steps == [1] and not near[0].mark(base)
    labels = [(one.time, one.frames) for one in near]
    return 1 in steps and any(len(set(three)) == 3 for three in zip(labels, labels[1:], labels[2:]))


def _pairs(near: Sequence[Address], base: int, rate: Fraction) -> bool:
    """Whether the addresses, of ``rate`` pairs a second, continue as their marks indicate."""
    steps = [2 * _step(one, after, rate) + after.mark(base) - one.mark(base) for one, after in pairwise(near)]
    return any(one.mark(base) for one in near) and all(step == 1 for step in steps)


def _step(one: Address, after: Address, rate: Fraction) -> int:
    """The distance from ``one`` to ``after``, modulo a day."""
    drop = one.drop and after.drop and can_drop(rate)
    counts = [timecodes.count(text_of(*each.time, each.frames, rate, drop=drop), rate) for each in (one, after)]
    return (counts[1] - counts[0]) % timecodes.day(rate, drop=drop)


def _of_all(first: Address, at: Callable[[int], Address | None], rate: Fraction) -> Reading:
    """Every frame is counted. The end of the second shows the bits lost from 40 up."""
    count, drops = nominal(rate), can_drop(rate)
    end = next((n for n in range(1, count + 1) if (one := at(n)) is None or one.time != first.time), count)
    after = at(end)
    ends = after is not None and after.time != first.time
    frames, drop = count - end, drops and (after.drop if after and ends else first.drop)
    if not ends or (first.frames != frames % 40 and first.overlong != frames):  # cut off, or a jump there
        ends, frames = False, first.frames if drops or first.overlong >= count else first.overlong
    read = _labelled(first.time, frames, drop, rate)
    note = f"the headers' timecode counts all {count} frames of a second; SMPTE counts pairs"
    lost = first.clipped and not ends and frames + 40 < count
    return Reading(read.text, read.note or note + ("; headers hold 39 at most, so it may start 40 frames later" * lost))


def _held(near: Sequence[Address], group: int, rate: Fraction) -> Reading:
    """Without marks, or with more than two frames per address: the position is known where the address changes."""
    first = near[0]
    change = next((n for n, one in enumerate(near) if (one.time, one.frames) != (first.time, first.frames)), None)
    if change is not None and change <= group:
        return _labelled(first.time, group * first.frames + group - change, first.drop, rate)
    place = first.mark(nominal(rate) // group) if group == 2 else 0
    what = f"the headers' timecode has one address for {group} frames; this is taken to be frame {place + 1} of them"
    read = _labelled(first.time, group * first.frames + place, first.drop, rate)
    return Reading(read.text, read.note or what)


def _labelled(time: tuple[int, int, int], frames: int, drop: bool, rate: Fraction) -> Reading:
    """A drop-frame flag at a rate without drop-frame is ignored, with a note."""
    drops = drop and can_drop(rate)
    text = text_of(*time, frames, rate, drop=drops)
    if wrong := problem(text, rate):
        return Reading(note=f"the timecode is not valid ({wrong[0]}): ignored")
    if drop and not drops:
        return Reading(
            text, f"the timecode is marked drop-frame, which does not exist at {rate} frames a second: read as non-drop"
        )
    odd = drops and not drops_by_default(rate)
    return Reading(
        text, f"the timecode is drop-frame although the rate is exactly {rate}: read as drop-frame" if odd else ""
    )


def _digits(coded: int) -> int:
    return 10 * (coded >> 4) + (coded & 15)


def _coded(number: int) -> int:
    return (number // 10) << 4 | number % 10


@dataclass(frozen=True)
class TimecodeTrack:
    """A plate's running timecode. ``start`` is that of frame ``first``; without one, frame 0 is 00:00:00:00."""

    rate: Fraction
    first: int
    start: str | None = None

    @property
    def source(self) -> str:
        """``plate`` or, if the plate has no timecode, ``frame number``."""
        return "plate" if self.start else "frame number"

    def at(self, frame: int) -> str:
        """Of frame ``frame``: ``01:00:00:00``, or ``01:00:00;00`` if drop-frame. Continues past midnight from zero."""
        if self.start:
            return shift(self.start, frame - self.first, self.rate)
        return shift("00:00:00:00", frame, self.rate)

    def address(self, frame: int) -> Address | None:
        """The same for headers, which count pairs above 30 frames a second; None if it does not fit."""
        return address_of(self.at(frame), self.rate)
