"""Every use of a clip in the picture tracks of a timeline, whatever it is nested in."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fsvfx.errors import EditError, Problem

if TYPE_CHECKING:
    from opentimelineio.opentime import RationalTime, TimeRange
    from opentimelineio.schema import Clip

    from fsvfx.editorial.edit import Edit


from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opentimelineio.opentime import RationalTime, TimeRange
    from opentimelineio.schema import Timeline


_SHOWN = 8


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
    from opentimelineio.schema import Track, TrackKind

    _check_ranges(edit)
    shown: list[Use] = []
    notes: list[str] = []
    sounds = 0
    for chain in chains_of(edit.timeline):
        clip, *around = (level.item for level in chain)
        if any(isinstance(item, Track) and item.kind == TrackKind.Audio for item in around):
            sounds += 1
        elif why := _why_not(clip, around):
            notes.append(f"{clip.name or 'a clip without a name'}: {why}")
        elif (use := _use(chain)) is None:
            notes.append(f"{clip.name}: trimmed away by what it is nested in, or without a frame")
        else:
            shown.append(use)
    if sounds:
        notes.append(f"{sounds} clips of sound are left to the sound department: a review carries its plate's sound")
    shown.sort(key=lambda use: (use.record.start_time.to_seconds(), use.track))
    return Uses(tuple(shown), (*notes, *_covered(shown)))


def _check_ranges(edit: Edit) -> None:
    hint = "Give each clip a source_range, or its media an available_range"
    lacking = [
        Problem(clip.name or "a clip without a name", "nothing says which of its frames are meant", hint)
        for clip in edit.timeline.find_clips()
        if clip.source_range is None and getattr(clip.media_reference, "available_range", None) is None
    ]
    if lacking:
        raise EditError(str(edit.file), tuple(lacking))


def _why_not(clip: Any, around: Sequence[Any]) -> str | None:
    from opentimelineio.schema import GeneratorReference

    if isinstance(clip.media_reference, GeneratorReference):
        return f"made by the editing system ({clip.media_reference.generator_kind or 'a generator'}), no plate"
    if not all(item.enabled for item in (clip, *around)):
        return "switched off in the edit"
    return None


def _use(chain: Chain) -> Use | None:
    """None if nothing of it is seen."""
    from opentimelineio.schema import Track

    clip, *around = (level.item for level in chain)
    most = seen(chain, with_transitions=True)
    here = seen(chain, with_transitions=False) or most
    if here is None or most is None:
        return None
    own = chain[0].own
    source = own if here.duration == own.duration else inwards(here, chain)
    before = here.start_time - most.start_time
    after = most.end_time_exclusive() - here.end_time_exclusive()
    tracks = [item.name for item in around if isinstance(item, Track)]
    return Use(clip, source, here, _if_any(before), _if_any(after), tracks[-1] if tracks else "", tuple(around))


def _if_any(time: RationalTime) -> RationalTime | None:
    return time if time.value > 0 else None


def _covered(shown: Sequence[Use]) -> Iterator[str]:
    """Pictures on several tracks at once: all of them become shots, as only the compositor knows what is seen."""
    starts = [use.record.start_time.to_seconds() for use in shown]
    for index, use in enumerate(shown):
        end = bisect_left(starts, use.record.end_time_exclusive().to_seconds())
        over = [other.clip.name for other in shown[index + 1 : end] if other.track != use.track]
        if over:
            more = f" and {len(over) - _SHOWN} more" if len(over) > _SHOWN else ""
            names = ", ".join(over[:_SHOWN]) + more
            yield f"{use.clip.name} ({use.track}) and {names} are there at the same time: each becomes a shot"


@dataclass(frozen=True)
class Level:
    """A clip or nest. Times are OpenTimelineIO's own."""

    item: Any
    own: TimeRange
    """What it shows, in its own time."""
    start: RationalTime
    """Where that begins in the time of what it lies in."""
    head: RationalTime | None
    """How far a transition shows it before ``own``."""
    tail: RationalTime | None

    def outwards(self, inner: TimeRange) -> TimeRange:
        """``inner``, in its own time, in the time of what it lies in."""
        from opentimelineio.opentime import TimeRange

        return TimeRange(inner.start_time - self.own.start_time + self.start, inner.duration)

    def reach(self, *, with_transitions: bool) -> tuple[RationalTime, RationalTime]:
        """Its first time, and the first after it."""
        start, end = self.own.start_time, self.own.end_time_exclusive()
        if with_transitions:
            start, end = start - self.head if self.head else start, end + self.tail if self.tail else end
        return start, end


Chain = tuple[Level, ...]
"""From the clip outwards, to the stack of all tracks."""


def chains_of(timeline: Timeline) -> Iterator[Chain]:
    """One for each clip, in the order in which the timeline has them."""
    from opentimelineio.opentime import RationalTime

    whole = timeline.tracks
    own = whole.trimmed_range()
    yield from _below((Level(whole, own, RationalTime(0, own.duration.rate), None, None),))


def _below(chain: Chain) -> Iterator[Chain]:
    from opentimelineio.core import Composition, Item
    from opentimelineio.opentime import RationalTime
    from opentimelineio.schema import Clip, Track, Transition

    outer = chain[0].item
    if isinstance(outer, Clip):
        yield chain
        return
    children = list(outer) if isinstance(outer, Composition) else []
    after = RationalTime(0, chain[0].own.duration.rate)  # where the next child of a track begins
    for index, child in enumerate(children):
        if not isinstance(child, Item):
            continue
        own = child.trimmed_range()
        is_row = isinstance(outer, Track)
        before = children[index - 1] if is_row and index else None
        behind = children[index + 1] if is_row and index + 1 < len(children) else None
        head = before.in_offset if isinstance(before, Transition) else None
        tail = behind.out_offset if isinstance(behind, Transition) else None
        yield from _below((Level(child, own, after, head, tail), *chain))
        after = after + own.duration if is_row else after


def seen(chain: Chain, *, with_transitions: bool) -> TimeRange | None:
    """What the timeline shows of the chain's clip, in the timeline's time; None: nothing.

    ``with_transitions``: with what they show beyond the cuts, of a clip, and of the clips at the ends of a nest.
    """
    from opentimelineio.opentime import TimeRange

    here: TimeRange | None = None
    for level in chain:
        start, end = level.reach(with_transitions=with_transitions)
        if here is not None:
            start, end = max(here.start_time, start), min(here.end_time_exclusive(), end)
        if end <= start:
            return None
        here = level.outwards(TimeRange(start, end - start))
    return here


def inwards(there: TimeRange, chain: Chain) -> TimeRange:
    """``there``, in the timeline's time, in the time of the chain's clip."""
    from opentimelineio.opentime import TimeRange

    start = there.start_time
    for level in reversed(chain):
        start = start - level.start + level.own.start_time
    own = chain[0].own
    return TimeRange(start.rescaled_to(own.start_time.rate), there.duration.rescaled_to(own.duration.rate))
