"""The executor for this process, one task at a time and without threads: for notebooks, tests, debuggers."""

from __future__ import annotations

import time
from heapq import heappop, heappush
from itertools import count

from fsvfx.executors.allocator import keep_memory
from fsvfx.executors.contract import Ended, Executor, Task


class Serial(Executor):
    """Each call of ``wait`` runs the task with the highest priority."""

    def __init__(self, workers: int = 1) -> None:
        super().__init__(1)
        keep_memory()
        self._waiting: list[tuple[int, int, Task]] = []
        self._numbers = count()

    def submit(self, task: Task) -> None:
        heappush(self._waiting, (-task.priority, next(self._numbers), task))

    def wait(self, timeout: float | None = None) -> Ended | None:
        if not self._waiting:
            time.sleep(timeout or 0)
            return None
        *_, task = heappop(self._waiting)
        self.began(task)
        try:
            return Ended(task, task.run())
        except Exception as error:
            return Ended(task, error=error)

    def cancel(self) -> None:
        self._waiting.clear()
