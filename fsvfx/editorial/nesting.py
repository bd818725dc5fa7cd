"""Where the clips of a timeline lie, each within all that it is nested in. One walk, however long the timeline."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from opentimelineio.opentime import RationalTime, TimeRange
    from opentimelineio.schema import Timeline


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
