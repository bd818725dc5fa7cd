"""What one task does: what may be tried again, and what several steps give back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from fsvfx.errors import IncompleteError, MachineError, PlateError
from fsvfx.runner import Step, steps, workplace
from fsvfx.store import open_store
from schemas.frames import Chunk
from schemas.receipts import Receipt, Unit

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

    def run_unit(job: Any, stage: str, unit: Unit, inputs: Any, **how: Any) -> Receipt:
        if stage == DETECT and not inputs:
            raise IncompleteError("detect needs ingest", hint="Run it")
        seen.append(f"{stage} {unit.name}")
        if (stage, unit) == (INGEST, TWO):
            raise PlateError("corrupt", hint="Fix it")
        return receipt(stage, unit)

    monkeypatch.setattr(steps, "run_unit", run_unit)
    store = open_store("memory://steps")
    monkeypatch.setattr(steps.Workplace, "of", lambda job, hands_on: steps.Workplace(job, store, None))
    monkeypatch.setattr(steps, "inputs_of", lambda stage, unit, job: [(INGEST, unit)] if stage == DETECT else [])
    return seen


@pytest.mark.parametrize(
    ("error", "passing"),
    [
        (MachineError("network", hint="Wait", transient=True), True),
        (MachineError("disk full", hint="Free some"), False),
        (PlateError("corrupt", hint="Fix it"), False),
        (ValueError("bug"), False),
    ],
)
def test_only_what_may_pass_is_transient(error: Exception, passing: bool) -> None:
    assert steps.is_transient(error) is passing


def test_a_failed_step_stops_only_what_needs_it(ran: list[str]) -> None:
    several = [Step(INGEST, TWO), Step(DETECT, TWO), Step(INGEST, ONE), Step(DETECT, ONE)]
    with pytest.raises(steps.StepsFailed) as caught:
        steps.run_steps(Job(), several, [])
    assert ran == ["ingest 1005-1008", "ingest 1001-1004", "detect 1001-1004"]
    assert [str(step) for step, _ in caught.value.errors] == ["ingest 1005-1008"]
    assert [one.stage for one in caught.value.receipts] == [INGEST, DETECT]
    assert not caught.value.transient


def test_a_single_step_raises_its_own_error(ran: list[str]) -> None:
    with pytest.raises(PlateError):
        steps.run_steps(Job(), [Step(INGEST, TWO)], [])


def test_receipts_from_outside_are_handed_on(ran: list[str]) -> None:
    [done] = steps.run_steps(Job(), [Step(DETECT, ONE)], [receipt(INGEST, ONE)])
    assert (done.stage, done.unit) == (DETECT, ONE)


def test_what_reads_a_whole_shot_keeps_little_of_it(ran: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    hand_on: list[bool] = []
    store = open_store("memory://steps")

    def of(job: Any, hands_on: bool) -> steps.Workplace:
        hand_on.append(hands_on)
        return steps.Workplace(job, store, None)  # type: ignore[arg-type]

    monkeypatch.setattr(steps.Workplace, "of", of)
    steps.run_steps(Job(), [Step(INGEST, ONE), Step(DETECT, ONE)], [])
    steps.run_steps(Job(), [Step("track", Unit.of_shot())], [])
    assert hand_on == [True, False]
    assert workplace.KEEP_LITTLE < workplace.KEEP / 10


def test_rights_are_asked_again_before_delivery(ran: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(steps.rights, "clear", asked.append)
    job = Job()
    steps.run_steps(job, [Step("deliver", ONE)], [])
    assert asked == [job]
