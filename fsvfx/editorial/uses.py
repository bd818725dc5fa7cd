"""Every use of a clip in the picture tracks of a timeline, whatever it is nested in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fsvfx.errors import EditError, Problem

if TYPE_CHECKING:
    from opentimelineio.opentime import RationalTime, TimeRange
    from opentimelineio.schema import Clip, Timeline

    from fsvfx.editorial.read import Edit


@dataclass(frozen=True)
class Use:
    """A clip where the edit shows it. Times are OpenTimelineIO's own."""

    clip: Clip
    source: TimeRange
    """What is shown, in the media's time: trimmed by all that the clip is nested in."""
    record: TimeRange
    """Where it is shown, in the timeline's time."""
    head: RationalTime | None
    """How far a transition reaches out before ``source``; None without one."""
    tail: RationalTime | None
    track: str
    around: tuple[Any, ...]
    """What the clip is nested in, from the innermost outwards."""

    @property
    def effects(self) -> tuple[Any, ...]:
        """The clip's own and those of all that it is nested in."""
        return tuple(effect for item in (self.clip, *self.around) for effect in item.effects)


@dataclass(frozen=True)
class Uses:
    """``shown`` in the order of the record; ``notes`` tell what else there is."""

    shown: tuple[Use, ...]
    notes: tuple[str, ...]


def uses_of(edit: Edit) -> Uses:
    """Walk the timeline; sound, switched-off clips and generators are told in the notes.

    Raises EditError if clips have no range: then nothing after them has its place.
    """
    timeline = edit.timeline
    _check_ranges(edit)
    shown: list[Use] = []
    notes: list[str] = []
    sounds = 0
    for clip in timeline.find_clips():
        if _is_sound(clip):
            sounds += 1
        elif why := _why_not(clip):
            notes.append(f"{clip.name or 'a clip without a name'}: {why}")
        elif (use := _use(clip, timeline)) is None:
            notes.append(f"{clip.name}: trimmed away by what it is nested in")
        else:
            shown.append(use)
    if sounds:
        notes.append(f"{sounds} clips of sound are left to the sound department: a review carries its plate's sound")
    shown.sort(key=lambda use: (use.record.start_time.to_seconds(), use.track))
    return Uses(tuple(shown), (*notes, *_covered(shown)))


def _check_ranges(edit: Edit) -> None:
    mend = "Give each clip a source_range, or its media an available_range"
    lacking = [
        Problem(clip.name or "a clip without a name", "nothing says which of its frames are meant", mend)
        for clip in edit.timeline.find_clips()
        if clip.source_range is None and getattr(clip.media_reference, "available_range", None) is None
    ]
    if lacking:
        raise EditError(str(edit.file), tuple(lacking))


def _is_sound(clip: Clip) -> bool:
    from opentimelineio.schema import Track, TrackKind

    return any(isinstance(item, Track) and item.kind == TrackKind.Audio for item in _around(clip))


def _why_not(clip: Clip) -> str | None:
    from opentimelineio.schema import GeneratorReference

    if isinstance(clip.media_reference, GeneratorReference):
        return f"made by the editing system ({clip.media_reference.generator_kind or 'a generator'}), no plate"
    if not all(item.enabled for item in (clip, *_around(clip))):
        return "switched off in the edit"
    return None


def _use(clip: Clip, timeline: Timeline) -> Use | None:
    """None if nothing of it is seen."""
    from opentimelineio.schema import Track

    around = tuple(_around(clip))
    own = clip.trimmed_range()
    most = _seen(clip, around, with_transitions=True)
    here = _seen(clip, around, with_transitions=False) or most
    if here is None or most is None:
        return None
    tracks = [item.name for item in around if isinstance(item, Track)]
    before = here.start_time - most.start_time
    after = most.end_time_exclusive() - here.end_time_exclusive()
    inside = timeline.tracks.transformed_time_range(here, clip)
    source = own if here.duration == own.duration else _at_rates(inside, own)
    return Use(clip, source, here, _if_any(before), _if_any(after), tracks[-1] if tracks else "", around)


def _at_rates(there: TimeRange, own: TimeRange) -> TimeRange:
    from opentimelineio.opentime import TimeRange

    return TimeRange(there.start_time.rescaled_to(own.start_time.rate), there.duration.rescaled_to(own.duration.rate))


def _if_any(time: RationalTime) -> RationalTime | None:
    return time if time.value > 0 else None


def _seen(clip: Clip, around: Sequence[Any], *, with_transitions: bool) -> TimeRange | None:
    """What the timeline shows of it, in the timeline's time; with what transitions show beyond the cuts, if asked for.

    A transition beside a nest shows more of the clips at the nest's ends.
    """
    from opentimelineio.opentime import TimeRange

    inner: Any = clip
    here: TimeRange | None = None
    for outer in (clip, *around):
        if outer is not clip and here is not None:
            here = inner.transformed_time_range(here, outer)
        limit = outer.trimmed_range()
        head, tail = _reach(outer) if with_transitions else (None, None)
        start = limit.start_time - head if head else limit.start_time
        end = limit.end_time_exclusive() + tail if tail else limit.end_time_exclusive()
        if here is not None:
            start, end = max(here.start_time, start), min(here.end_time_exclusive(), end)
        if end <= start:
            return None
        here, inner = TimeRange(start, end - start), outer
    return here


def _reach(item: Any) -> tuple[RationalTime | None, RationalTime | None]:
    """How far the transitions beside ``item`` show it beyond its ends."""
    parent = item.parent()
    return parent.handles_of_child(item) if parent is not None else (None, None)


def _around(clip: Clip) -> Iterator[Any]:
    """What the clip is nested in, from the innermost outwards."""
    outer = clip.parent()
    while outer is not None:
        yield outer
        outer = outer.parent()


def _covered(shown: list[Use]) -> Iterator[str]:
    """Pictures on several tracks at once: all of them become shots, as only the compositor knows what is seen."""
    for index, use in enumerate(shown):
        over = [other.clip.name for other in shown[index + 1 :] if _overlap(use, other)]
        if over:
            yield f"{use.clip.name} ({use.track}) and {', '.join(over)} are there at the same time: each becomes a shot"


def _overlap(one: Use, other: Use) -> bool:
    return one.track != other.track and one.record.intersects(other.record)
