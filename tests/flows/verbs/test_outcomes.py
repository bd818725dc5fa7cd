"""How shots that ended in different ways end a run."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from flows.verbs.outcomes import code_of
from fsvfx.errors import PlateError, Where
from fsvfx.runner.causes import refused
from schemas.frames import Chunk
from schemas.job import ShotJob
from schemas.outcome import Outcome
from schemas.receipts import Failure, Unit

FACELESS = (Unit.of_person("lead"), "references", "InputError")
WHOSE = (Unit.of_shot(), "track", "InputError")
FRAME = (Unit.of_chunk(Chunk(first=1, last=4)), "ingest", "PlateError")
CRASH = (Unit.of_shot(), "track", "MachineError")


def outcome(*failed: tuple[Unit, str, str]) -> Outcome:
    failures = tuple(
        Failure(
            shot="sh01",
            stage=stage,
            unit=unit,
            key="k",
            attempt="a",
            transient=False,
            error=error,
            message="wrong",
            hint="right",
            at=datetime.now(UTC),
            worker="w",
        )
        for unit, stage, error in failed
    )
    return Outcome(
        production="p", shot="sh01", state="partial" if failed else "done", total=3, done=1, failures=failures
    )


@pytest.mark.parametrize(
    ("outcomes", "not_run", "code"),
    [
        ([outcome()], [], 0),
        ([], [], 0),
        ([outcome(FACELESS)], [], 2),
        ([outcome(WHOSE)], [], 2),
        ([outcome(FACELESS), outcome(WHOSE)], [], 2),
        ([outcome(), outcome(FACELESS)], [], 4),
        ([outcome(FRAME), outcome(FACELESS)], [], 4),
        ([outcome(FRAME)], [], 4),
        ([outcome(CRASH)], [], 4),
        ([outcome()], ["sh02"], 4),
        ([], ["sh02"], 4),
    ],
)
def test_exit_codes(outcomes: list[Outcome], not_run: list[str], code: int) -> None:
    assert code_of(outcomes, not_run) == code


def test_a_shot_that_can_not_even_be_planned_has_an_outcome_with_its_name(toy_job: ShotJob) -> None:
    error = PlateError("the file does not exist", hint="Check the path", where=Where(file="plate.mp4"))
    ended = refused(toy_job, error)
    assert (ended.shot, ended.state, ended.failures[0].message) == ("sh010", "partial", "the file does not exist")
    assert code_of([ended], []) == 2
    assert code_of([ended, outcome()], []) == 4


@pytest.fixture
def toy_job() -> ShotJob:
    from footage import shot_job

    return shot_job("plate.mp4", "1-4")
