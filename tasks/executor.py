"""Prefect as an executor: each task of a run becomes a Prefect task run, on the task runner of the flow run."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import lru_cache
from queue import Empty, SimpleQueue
from typing import Any

from prefect import Task as PrefectTask
from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import get_client
from prefect.context import FlowRunContext
from prefect.futures import PrefectFuture
from prefect.states import Crashed
from prefect.task_runners import TaskRunner
from prefect.tasks import exponential_backoff
from prefect_dask.task_runners import DaskTaskRunner

from fsvfx.executors import Ended, Executor, Task
from fsvfx.executors.dask import DEATHS, has_gpu_workers, lost, placed
from fsvfx.runner.drive import FIRST_PAUSE, RETRIES
from fsvfx.runner.steps import is_transient

LIBRARY = logging.getLogger("fsvfx")


class PrefectExecutor(Executor):
    """Of the flow run that makes it. Its workers are the task runner's."""

    def __init__(self) -> None:
        super().__init__()
        self._runner = task_runner()
        self._has_gpu = isinstance(self._runner, DaskTaskRunner) and has_gpu_workers(self._runner.client)
        self._ended: SimpleQueue[tuple[Task, PrefectFuture[Any]]] = SimpleQueue()

    @property
    def has_gpu(self) -> bool:
        return self._has_gpu

    def submit(self, task: Task) -> None:
        with self.place(task):
            future = task_of(task.kind).submit(task.label, task.function, task.arguments)
        future.add_done_callback(lambda ended: self._ended.put((task, ended)))
        self.began(task)

    def wait(self, timeout: float | None = None) -> Ended | None:
        try:
            task, future = self._ended.get(timeout=timeout)
        except Empty:
            return None
        answer = answer_of(future, task.label)
        return Ended(task, error=answer) if isinstance(answer, Exception) else Ended(task, answer)

    def cancel(self) -> None:
        """Prefect ends the task runs together with their flow run."""

    def place(self, task: Task) -> AbstractContextManager[Any]:
        """Where the tasks that are submitted inside go."""
        return placed(task, self._has_gpu) if isinstance(self._runner, DaskTaskRunner) else nullcontext()


def task_runner() -> TaskRunner[Any]:
    """Of the flow run that asks."""
    context = FlowRunContext.get()
    if context is None:
        raise RuntimeError("there is no flow run here")
    return context.task_runner


def answer_of(future: PrefectFuture[Any], label: str = "a task") -> Any:
    """What the task gave; or the exception that ended it: WorkerLost if its workers died."""
    try:
        return future.result(raise_on_failure=False)
    except DEATHS as error:  # the task run never ended
        _record_crash(future, error)
        return lost(label, error)
    except Exception as error:
        return error


def call(label: str, function: Callable[..., Any], arguments: Sequence[Any]) -> Any:
    """``function(*arguments)``; what the library logs meanwhile goes to the task run's log. ``label`` names the run."""
    with _logged():
        return function(*arguments)


@lru_cache
def task_of(kind: str) -> PrefectTask[..., Any]:
    """The Prefect task of that name; its runs are named by their label, such as ``swap 1025-1048``.

    No tags: for each of them Prefect asks the server for a place before a run, and waits for it (0.1 s, at times 2 s).
    No retries: the drive does that.
    """
    named: PrefectTask[..., Any] = _task.with_options(name=kind)
    return named


_task: Any = task(task_run_name="{label}", cache_policy=NO_CACHE, persist_result=False)(call)


def passes(_task: Any, _run: Any, state: Any) -> bool:
    """Whether the error in ``state`` may pass if tried again; every other error fails at once."""
    try:
        state.result()
    except Exception as error:
        return is_transient(error)
    return False


RETRIED: dict[str, Any] = {
    "cache_policy": NO_CACHE,  # the ledger knows what is done
    "persist_result": False,
    "retries": RETRIES,
    "retry_delay_seconds": exponential_backoff(FIRST_PAUSE),
    "retry_jitter_factor": 0.5,
    "retry_condition_fn": passes,
}
"""Of tasks outside the drive whose work a ledger keeps."""


class _ToRun(logging.Handler):
    """Hands records to the log of a task run."""

    def __init__(self) -> None:
        super().__init__()
        self._log: Any = get_run_logger()

    def emit(self, record: logging.LogRecord) -> None:
        self._log.log(record.levelno, "%s", record.getMessage())


@contextmanager
def _logged() -> Iterator[None]:
    handler, level = _ToRun(), LIBRARY.level
    LIBRARY.addHandler(handler)
    LIBRARY.setLevel(min(level or logging.INFO, logging.INFO))
    try:
        yield
    finally:
        LIBRARY.setLevel(level)
        LIBRARY.removeHandler(handler)


def _record_crash(future: PrefectFuture[Any], error: BaseException) -> None:
    """Without this Prefect would show the task run as running for ever."""
    with get_client(sync_client=True) as client:
        client.set_task_run_state(future.task_run_id, Crashed(message=f"Lost: {error}"), force=True)
