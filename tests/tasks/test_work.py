"""The thin tasks: what is tried again, and what a task with several steps gives back."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

import pytest
from prefect.states import Completed, Failed

from fsvfx.errors import IncompleteError, MachineError, PlateError
from fsvfx.runner import Step
from schemas.frames import Chunk
from schemas.receipts import Receipt, Unit
from tasks import work

ONE, TWO = (Unit.of_chunk(Chunk(first=first, last=first + 3)) for first in (1001, 1005))
INGEST, DETECT = "ingest", "detect"


class Job:
    """As much of a job as the tasks look at."""

    class shot:
        name = "sh01"


def receipt(stage: str, unit: Unit) -> Receipt:
    now = datetime.now(UTC)
    return Receipt(
        shot="sh01", stage=stage, stage_version=1, unit=unit, key="k", attempt="a", path="", digest="d" * 64,
        colour_config="c", seed=0, rights="r", started=now,
        ended=now, peak_rss_mib=1, bytes=1, worker="w", device="cpu",
    )  # fmt: skip


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Steps that run_unit was asked for; ingest of the second chunk is broken."""
    seen: list[str] = []

    def run_unit(job: Any, stage: str, unit: Unit, inputs: Any, *, report: Any) -> Receipt:
        if stage == DETECT and not inputs:
            raise IncompleteError("detect needs ingest", hint="Run it")
        seen.append(f"{stage} {unit.name}")
        if (stage, unit) == (INGEST, TWO):
            raise PlateError("corrupt", hint="Fix it")
        return receipt(stage, unit)

    monkeypatch.setattr(work.runner, "run_unit", run_unit)
    monkeypatch.setattr(work.runner, "inputs_of", lambda stage, unit, job: [(INGEST, unit)] if stage == DETECT else [])
    monkeypatch.setattr(work, "get_run_logger", lambda: logging.getLogger("test"))
    return seen


@pytest.mark.parametrize(
    ("state", "again"),
    [
        (Failed(data=MachineError("network", hint="Wait", transient=True)), True),
        (Failed(data=MachineError("disk full", hint="Free some")), False),
        (Failed(data=PlateError("corrupt", hint="Fix it")), False),
        (Failed(data=ValueError("bug")), False),
        (Completed(data=1), False),
    ],
)
def test_only_what_may_pass_is_tried_again(state: Any, again: bool) -> None:
    assert work.is_transient(None, None, state) is again


def test_a_failed_step_stops_only_what_needs_it(ran: list[str]) -> None:
    steps = [Step(INGEST, TWO), Step(DETECT, TWO), Step(INGEST, ONE), Step(DETECT, ONE)]
    with pytest.raises(work.StepsFailed) as caught:
        work.run_steps(Job(), "ingest..detect 1001-1008", steps, [])
    assert ran == ["ingest 1005-1008", "ingest 1001-1004", "detect 1001-1004"]
    assert [str(step) for step, _ in caught.value.errors] == ["ingest 1005-1008"]
    assert [one.stage for one in caught.value.receipts] == [INGEST, DETECT]
    assert not caught.value.transient


def test_a_single_step_raises_its_own_error(ran: list[str]) -> None:
    with pytest.raises(PlateError):
        work.run_steps(Job(), "ingest 1005-1008", [Step(INGEST, TWO)], [])


def test_receipts_from_outside_are_handed_on(ran: list[str]) -> None:
    [done] = work.run_steps(Job(), "detect 1001-1004", [Step(DETECT, ONE)], [receipt(INGEST, ONE)])
    assert (done.stage, done.unit) == (DETECT, ONE)


def test_rights_are_asked_again_before_delivery(ran: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(work.rights, "clear", asked.append)
    job = Job()
    work.run_steps(job, "deliver 1001-1004", [Step("deliver", ONE)], [])
    assert asked == [job]


def test_tasks_are_named_by_their_stage_and_never_cached() -> None:
    task = work.stage_task("swap")
    assert task.name == "swap"
    assert task.task_run_name == "{label}"
    assert task.persist_result is False
    assert type(task.cache_policy).__name__ == "_None"
    assert task.retries == work.RETRIES
