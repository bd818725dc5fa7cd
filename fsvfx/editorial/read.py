"""An edit's file -> a timeline and its exact frame rate."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fsvfx.editorial.edl_text import is_drop, prepare
from fsvfx.errors import EditError, InputError, Where
from schemas import rates

if TYPE_CHECKING:
    from opentimelineio.schema import Timeline

SUFFIXES = (".otio", ".otioz", ".edl")
MOST_BYTES = 64 << 20


@dataclass(frozen=True)
class Edit:
    """A timeline as its file has it."""

    file: Path
    timeline: Timeline
    rate: Fraction
    is_edl: bool = False
    record_drop: bool = False
    """Whether an EDL's record timecodes are drop-frame."""


def read_edit(path: Path, rate: Fraction | None = None) -> Edit:
    """Read an .otio, .otioz or .edl. An EDL does not tell its ``rate``, unless it is drop-frame: then 30000/1001.

    Raises InputError (no such file, another kind, not readable), EditError (what an EDL says wrongly).
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        mend = f"Export it as one of {' '.join(SUFFIXES)}"
        raise InputError(f"Edits of kind '{suffix or path.name}' are not read", mend=mend, where=Where(file=str(path)))
    return _read_edl(path, rate) if suffix == ".edl" else _read_otio(path)


def _read_otio(path: Path) -> Edit:
    import opentimelineio as otio

    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError(
                f"The edit is over {MOST_BYTES >> 20} MiB", mend="Cut it into reels", where=Where(file=str(path))
            )
        timeline: Any = otio.adapters.read_from_file(str(path))
    except OSError as error:
        raise _absent(path, error) from None
    except (otio.exceptions.OTIOError, ValueError, TypeError, KeyError, RuntimeError) as error:
        raise _unreadable(path, error) from None
    if not isinstance(timeline, otio.schema.Timeline):
        what = f"The file holds a {type(timeline).__name__}, not one timeline"
        raise InputError(what, mend="Export one timeline", where=Where(file=str(path)))
    return Edit(path, timeline, _rate_of(timeline))


def _read_edl(path: Path, rate: Fraction | None) -> Edit:
    import opentimelineio as otio

    try:
        text = path.read_bytes()[:MOST_BYTES].decode("utf-8-sig", errors="replace")
    except OSError as error:
        raise _absent(path, error) from None
    rate = rate or (Fraction(30000, 1001) if is_drop(text) else None)
    if rate is None:
        mend = "Give --frame-rate, such as 24000/1001, or plate.frame_rate in the template"
        raise InputError("An EDL does not say its frame rate", mend=mend, where=Where(file=str(path)))
    prepared = prepare(text, rate)
    if prepared.problems:
        raise EditError(str(path), prepared.problems)
    try:
        timeline: Any = otio.adapters.read_from_string(prepared.text, "cmx_3600", rate=float(rate))
    except (otio.exceptions.OTIOError, ValueError, TypeError, AttributeError, IndexError) as error:
        raise _unreadable(path, error) from None
    _start_at_record(timeline)
    return Edit(path, timeline, rate, is_edl=True, record_drop=prepared.record_drop)


def _start_at_record(timeline: Timeline) -> None:
    """The adapter keeps where the record begins as a track's negative start, which would trim all of the track away."""
    from opentimelineio.opentime import RationalTime, TimeRange
    from opentimelineio.schema import Gap

    begins = {
        track.name: -track.source_range.start_time.value if track.source_range else 0 for track in timeline.tracks
    }
    start = min(begins.values(), default=0)
    for track in timeline.tracks:
        rate = track.available_range().duration.rate
        timeline.global_start_time = RationalTime(start, rate)
        track.source_range = None
        if later := begins[track.name] - start:
            track.insert(0, Gap(source_range=TimeRange(RationalTime(0, rate), RationalTime(later, rate))))


def _rate_of(timeline: Timeline) -> Fraction:
    """Of most of the clips: the adapters give none to the timeline itself. Clips of sound may have a sample rate."""
    said = [rates.known(clip.source_range.duration.rate) for clip in timeline.find_clips() if clip.source_range]
    known = Counter(rate for rate in said if rate)
    start = timeline.global_start_time
    stated = rates.known(start.rate) if start else None
    return max(known, key=lambda one: known[one], default=stated or Fraction(24))


def _absent(path: Path, error: OSError) -> InputError:
    return InputError(f"The edit can't be read: {error.strerror}", mend="Check the path", where=Where(file=str(path)))


def _unreadable(path: Path, error: Exception) -> InputError:
    said = " ".join(str(error).split()).strip(". ") or type(error).__name__
    mend = "Export the edit again; of an EDL, check the events' timecodes"
    return InputError(f"The edit is no sound {path.suffix[1:]}: {said}", mend=mend, where=Where(file=str(path)))
