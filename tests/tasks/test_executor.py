"""Prefect as an executor: how its tasks are named, and what it may retry outside the drive."""

from __future__ import annotations

from typing import Any

import pytest
from prefect.states import Completed, Failed

from fsvfx.errors import MachineError, PlateError
from tasks import executor


@pytest.mark.parametrize(
    ("state", "again"),
    [
        (Failed(data=MachineError("network", hint="Wait", transient=True)), True),
        (Failed(data=PlateError("corrupt", hint="Fix it")), False),
        (Completed(data=1), False),
    ],
)
def test_only_what_may_pass_is_tried_again(state: Any, again: bool) -> None:
    assert executor.passes(None, None, state) is again


def test_tasks_are_named_by_their_stage_and_never_cached_or_retried() -> None:
    task = executor.task_of("swap")
    assert task.name == "swap"
    assert task.task_run_name == "{label}"
    assert task.persist_result is False
    assert type(task.cache_policy).__name__ == "_None"
    assert task.retries == 0  # the drive does that
