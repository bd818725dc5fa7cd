"""Timecode of each frame of a shot."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from fsvfx.media.addresses import Address, address_of
from fsvfx.media.timecodes import shift


@dataclass(frozen=True)
class TimecodeTrack:
    """Where a plate's timecode runs. ``start`` is that of frame ``first``; without one, frame 0 is 00:00:00:00."""

    rate: Fraction
    first: int
    start: str | None = None

    @property
    def source(self) -> str:
        """``plate`` or, where the plate has no timecode, ``frame number``."""
        return "plate" if self.start else "frame number"

    def at(self, frame: int) -> str:
        """Of frame ``frame``: ``01:00:00:00``, or ``01:00:00;00`` if drop-frame. Runs on past midnight from zero."""
        if self.start:
            return shift(self.start, frame - self.first, self.rate)
        return shift("00:00:00:00", frame, self.rate)

    def address(self, frame: int) -> Address | None:
        """The same for headers, which count pairs above 30 frames a second; None if they can't say it."""
        return address_of(self.at(frame), self.rate)
