"""What a run requires of an executor: accept tasks, report how they ended, stop. A new executor is one class in one
file."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self


@dataclass(frozen=True, eq=False)
class Task:
    """A piece of work: ``function(*arguments)``. Both can be pickled; the function is importable by its name."""

    kind: str
    """Its stage: lists of tasks are grouped by it."""
    label: str
    """Such as ``swap 1001-1024``."""
    function: Callable[..., Any]
    arguments: tuple[Any, ...] = ()
    priority: int = 0
    """The waiting task with the highest priority goes first."""
    gpu: bool = False
    """Goes to a worker with a GPU, if there is one."""

    def run(self) -> Any:
        return self.function(*self.arguments)


@dataclass(frozen=True)
class Ended:
    """How a task ended: ``value`` if ``error`` is None."""

    task: Task
    value: Any = None
    error: Exception | None = None
    """What the function raised; WorkerLost if its workers died, so that it never returned."""


def _unheard(task: Task) -> None:
    pass


class Executor(ABC):
    """Runs tasks. Use it as a context manager: workers live as long as the context. Only one run uses it at a time.

    A task whose worker dies is tried ``TRIES`` times in all, then it ends with WorkerLost. Errors that a function
    raises are not retried here: the drive (``fsvfx.runner.drive``) does that, the same way on every executor.
    """

    TRIES = 4
    began: Callable[[Task], object] = staticmethod(_unheard)
    """Called from ``submit`` or ``wait`` when a worker begins a task. A run sets its own here."""
    _depth = 0
    """Number of open contexts: the outermost starts and ends the workers."""

    def __init__(self, workers: int = 0) -> None:
        """``workers``: number of processes; 0: as set by ``FSVFX_WORKERS``, otherwise one per core."""
        self.workers = workers

    @property
    def has_gpu(self) -> bool:
        """Whether tasks that request a GPU get one."""
        return False

    def start(self) -> None:
        """Start the workers. Raises MachineError."""

    @abstractmethod
    def submit(self, task: Task) -> None:
        """Accept a task; returns at once."""

    @abstractmethod
    def wait(self, timeout: float | None = None) -> Ended | None:
        """The next task that has ended; None if none does within ``timeout`` seconds (None: no limit)."""

    @abstractmethod
    def cancel(self) -> None:
        """Drop waiting tasks, stop running ones if possible. Their results are not reported."""

    def close(self) -> None:
        """End the workers."""

    def __enter__(self) -> Self:
        if not self._depth:
            self.start()
        self._depth += 1
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._depth -= 1
        if not self._depth:
            self.close()
