"""How a run of a shot ended."""

from __future__ import annotations

from typing import Literal

from schemas.base import StrictModel
from schemas.frames import FrameRange
from schemas.receipts import Failure


class Outcome(StrictModel):
    """What ``fsvfx submit --wait`` and the flow ``shot`` give back."""

    production: str
    shot: str
    state: Literal["done", "partial"]
    total: int
    """How many stages of units were wanted."""
    done: int
    failures: tuple[Failure, ...] = ()
    """The cause of each that failed; what only waits for those is not listed."""
    unfinished: tuple[str, ...] = ()
    """Names of the units in which something is missing: chunks, ``shot``, ``person.NAME``."""
    frames: FrameRange | None = None
    """The plate frames of the unfinished chunks."""
    command: str = ""
    """Runs again just what is missing."""
    deliverables: tuple[str, ...] = ()
    seconds: float = 0.0
