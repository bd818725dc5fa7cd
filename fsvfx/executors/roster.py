"""Assigns tasks to workers, and knows which tasks were running when a worker died. Pure bookkeeping.

A worker gets no more tasks than it has threads, and each is assigned to it alone: when it dies, only the tasks running
there are to blame. Such a task goes next to an idle worker, and runs there alone: if it kills that one too, no other
task is blamed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count

from fsvfx.executors.contract import Task


@dataclass(frozen=True)
class Desk:
    """A worker, as described by its scheduler."""

    threads: int = 1
    gpu: bool = False


@dataclass
class Roster:
    """``desks``: the living workers, by address."""

    desks: dict[str, Desk] = field(default_factory=dict)
    held: dict[Task, str] = field(default_factory=dict)
    """The worker of each assigned task."""
    expects_gpu: bool = False
    """Whether a worker with a GPU is about to start: tasks that request one wait for it."""
    deaths: Counter[Task] = field(default_factory=Counter)
    """Number of workers that died while running the task."""
    _waiting: list[tuple[int, int, Task]] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=count)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is waiting or running."""
        return not self._waiting and not self.held

    @property
    def has_gpu(self) -> bool:
        return any(desk.gpu for desk in self.desks.values())

    def add(self, task: Task) -> None:
        """Queue it for a worker."""
        heappush(self._waiting, (-task.priority, next(self._numbers), task))

    def hand_out(self) -> Iterator[tuple[Task, str]]:
        """Assignments to make now, by descending priority; tasks without a free worker keep waiting."""
        kept = []
        while self._waiting and self._has_room():
            entry = heappop(self._waiting)
            address = self._desk_for(entry[-1])
            if address is None:
                kept.append(entry)
                continue
            self.held[entry[-1]] = address
            yield entry[-1], address
        for entry in kept:
            heappush(self._waiting, entry)

    def settle(self, task: Task) -> None:
        """The task has ended."""
        del self.held[task]
        self.deaths.pop(task, None)

    def meet(self, desks: Mapping[str, Desk]) -> list[Task]:
        """Update the living workers; returns the tasks whose workers have died. They are no longer assigned."""
        self.desks = dict(desks)
        lost = [task for task, address in self.held.items() if address not in desks]
        for task in lost:
            self.drop(task)
        return lost

    def drop(self, task: Task) -> None:
        """Its worker has died, or has lost it."""
        del self.held[task]
        self.deaths[task] += 1

    def take_back(self) -> list[Task]:
        """All assigned tasks, through no fault of their own: they wait again."""
        back, self.held = list(self.held), {}
        self.desks = {}
        for task in back:
            self.add(task)
        return back

    def clear(self) -> list[Task]:
        """Clear everything; returns the assigned tasks."""
        back, self.held = list(self.held), {}
        self._waiting.clear()
        self.deaths.clear()
        return back

    def _has_room(self) -> bool:
        return len(self.held) < sum(desk.threads for desk in self.desks.values())

    def _desk_for(self, task: Task) -> str | None:
        """A free one, with a GPU if the task requests one and there is any; otherwise preferably one without."""
        bound = task.gpu and (self.has_gpu or self.expects_gpu)
        there: dict[str, list[Task]] = {address: [] for address in self.desks}
        for other, address in self.held.items():
            there[address].append(other)
        free = [
            address
            for address, desk in self.desks.items()
            if (desk.gpu or not bound) and self._takes(task, desk, there[address])
        ]
        return min(free, key=lambda address: (self.desks[address].gpu, len(there[address])), default=None)

    def _takes(self, task: Task, desk: Desk, others: list[Task]) -> bool:
        if self.deaths[task]:
            return not others
        return len(others) < desk.threads and not any(self.deaths[other] for other in others)
