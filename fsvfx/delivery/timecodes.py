"""Timecode of each frame of a shot."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

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

    @property
    def counts(self) -> int:
        """Frames that a second of timecode counts: 24 at 24000/1001."""
        return max(1, round(self.rate))

    def at(self, frame: int) -> str:
        """Of frame ``frame``: ``01:00:00:00``, or ``01:00:00;00`` if drop-frame. Runs on past midnight from zero."""
        if self.start:
            return shift(self.start, frame - self.first, self.rate)
        return shift("00:00:00:00", frame, self.rate)
