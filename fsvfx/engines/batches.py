"""How frames are divided into batches for an engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple


class Batch(NamedTuple):
    """frames: ascending; the first ``before`` and the last ``after`` of them are neighbors, which are only read."""

    frames: tuple[int, ...]
    before: int
    after: int

    @property
    def own(self) -> tuple[int, ...]:
        return self.frames[self.before : len(self.frames) - self.after]


def batches(
    wanted: Sequence[int], most: int, *, reach: int = 0, follows: Callable[[int], bool] = lambda number: True
) -> Iterator[Batch]:
    """Batches of up to ``most`` of the frames ``wanted`` (ascending), and up to ``reach`` neighbors on each side.

    follows: whether a frame continues the previous frame number: both exist, without a cut between them. With
    neighbors, no batch extends over a cut or gap.
    """
    runs = _runs(wanted, follows) if reach else [list(wanted)]
    for run in runs:
        for start in range(0, len(run), most):
            own = run[start : start + most]
            before = _on(own[0], -1, reach, follows)
            after = _on(own[-1], 1, reach, follows)
            yield Batch((*reversed(before), *own, *after), len(before), len(after))


def _runs(wanted: Sequence[int], follows: Callable[[int], bool]) -> list[list[int]]:
    runs: list[list[int]] = []
    for number in wanted:
        if runs and runs[-1][-1] == number - 1 and follows(number):
            runs[-1].append(number)
        else:
            runs.append([number])
    return runs


def _on(number: int, step: int, reach: int, follows: Callable[[int], bool]) -> list[int]:
    """The neighbors of a frame in one direction, nearest first."""
    found: list[int] = []
    while len(found) < reach and follows(number if step < 0 else number + 1):
        number += step
        found.append(number)
    return found
