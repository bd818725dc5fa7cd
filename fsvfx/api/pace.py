"""The progress of a shot's run: how far, how fast, and the remaining time. Pure, except for the given clock."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

from fsvfx.runner import Plan, Step
from schemas.receipts import Unit


class Pace:
    """The progress of one shot's run. The rate is that of whole frames: a chunk's step counts by its share of their
    work."""

    def __init__(self, plan: Plan, clock: Callable[[], float] = time.monotonic) -> None:
        self.shot = plan.job.shot.name
        self.failed = 0
        self._clock, self._began = clock, clock()
        self._left_of: Counter[Unit] = Counter(step.unit for step in plan.todo if step.unit.chunk)
        self._chunks = {step.unit for step in plan.wanted if step.unit.chunk}
        self._steps, self._settled, self._done_before = len(plan.wanted), 0, len(plan.wanted) - len(plan.todo)
        self._frames = sum(len(unit.chunk.frames) for unit in self._left_of if unit.chunk)

    @property
    def chunks(self) -> tuple[int, int]:
        """Number done, and total."""
        open_ones = sum(left > 0 for left in self._left_of.values())
        return len(self._chunks) - open_ones, len(self._chunks)

    @property
    def steps(self) -> tuple[int, int]:
        """Number done, and total."""
        return self._done_before + self._settled - self.failed, self._steps

    @property
    def is_over(self) -> bool:
        """Whether every step has been tried."""
        return self._done_before + self._settled == self._steps

    def settled(self, step: Step, error: Exception | None) -> None:
        """A step is done, or has finally failed."""
        self._settled += 1
        self.failed += error is not None
        if error is None and step.unit in self._left_of:
            self._left_of[step.unit] -= 1

    @property
    def spent(self) -> float:
        """Seconds since the run began."""
        return max(self._clock() - self._began, 1e-3)

    def __str__(self) -> str:
        """``2/4 chunks, 19/36 steps, 3.1 frames/s, 0:00:40 left``."""
        (chunks, all_chunks), (steps, all_steps) = self.chunks, self.steps
        words = [f"{chunks}/{all_chunks} chunks", f"{steps}/{all_steps} steps"]
        todo = self._steps - self._done_before
        if self._settled and self._frames:
            words.append(f"{self._frames * self._settled / todo / self.spent:.1f} frames/s")
        if 0 < self._settled < todo:
            left = round(self.spent * (todo - self._settled) / self._settled)
            words.append(f"{timedelta(seconds=left)} left")
        if self.failed:
            words.append(f"{self.failed} failed")
        return ", ".join(words)
