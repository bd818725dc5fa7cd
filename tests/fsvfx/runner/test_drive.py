"""The drive on its own: whom it blames when workers die, and whom it tells what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from toy_stages import Runs, Track

from fsvfx.errors import MachineError, WorkerLost
from fsvfx.executors import Ended
from fsvfx.executors.serial import Serial
from fsvfx.runner import Plan, Step, dag, plan
from fsvfx.runner.drive import Silent, run_plan
from fsvfx.stages.contract import Need
from fsvfx.store import Ledger, open_store
from fsvfx.store.address import Address
from schemas.job import ShotJob
from schemas.receipts import ChunkState, Waiver


class Deadly(Serial):
    """Its worker dies for good in ``poison``: the steps before it are committed, those after it never begin."""

    def __init__(self, poison: str) -> None:
        super().__init__()
        self.poison = poison

    def wait(self, timeout: float | None = None) -> Ended | None:
        *_, task = self._waiting[0]
        job, steps, *given = task.arguments
        names = [str(step) for step in steps]
        if self.poison not in names:
            return super().wait(timeout)
        before = steps[: names.index(self.poison)]
        self._waiting.pop(0)
        self.began(task)
        if before:
            replace(task, arguments=(job, before, *given)).run()
        return Ended(task, error=WorkerLost(f"The worker of {task.label} died 4 times"))


class Heard(Silent):
    def __init__(self) -> None:
        self.said: list[str] = []

    def began(self, label: str, steps: Sequence[Step]) -> None:
        self.said.append(f"began {label}: {', '.join(step.stage for step in steps)}")

    def settled(self, step: Step, error: Exception | None) -> None:
        self.said.append(f"{step} {'failed' if error else 'done'}")

    def ended(self, label: str, error: Exception | None) -> None:
        self.said.append(f"ended {label}")


def failures(after: Plan) -> list[tuple[str, str, str]]:
    return [(one.stage, one.unit.name, one.error) for one in after.failures]


@pytest.mark.parametrize("poison", ["ingest 1005-1008", "detect 1009-1012", "align 1001-1004"])
def test_only_the_step_that_kills_is_blamed(job: ShotJob, runs: Runs, poison: str) -> None:
    ran = run_plan(plan(job), Deadly(poison), Silent())
    stage, _, unit = poison.partition(" ")
    assert failures(ran.plan) == [(stage, unit, "WorkerLost")]
    assert [str(step) for step in ran.errors] == [poison]
    assert {step.unit.name for step in ran.plan.left} == {unit}  # all others are done
    assert len(runs()) == len(ran.plan.receipts)  # nothing twice
    assert run_plan(plan(job), Serial(), Silent()).plan.is_complete


def test_what_gathers_chunks_needs_one_of_them(job: ShotJob, plate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That people are there is not enough."""
    monkeypatch.setattr(dag, "PATHS", {"references": "toy_stages:References", **dag.PATHS})
    monkeypatch.setattr(Track, "needs", (*Track.needs, Need("references", of="people")))
    plate.write_text("x " * 12)
    ran = run_plan(plan(job), Serial(), Silent())
    assert {step.stage for step in ran.errors} == {"ingest"}
    assert {one.stage for one in ran.plan.failed} == {"ingest"}


def test_a_shot_that_is_waived_as_a_whole_is_complete_without_its_tracks(job: ShotJob) -> None:
    frames = job.shot.plate.frames
    Ledger(open_store(job)).waive(Waiver(frames=frames, by="ann", why="fog", at=datetime.now(UTC)))
    ran = run_plan(plan(job), Serial(), Silent())
    assert ran.plan.is_complete
    assert ran.plan.entry("track", "shot").state is ChunkState.WAIVED
    assert not ran.errors
    assert not ran.plan.todo


def test_what_a_lost_task_had_committed_after_all_is_done(job: ShotJob) -> None:
    class Late(Serial):
        def wait(self, timeout: float | None = None) -> Ended | None:
            ended = super().wait(timeout)
            return ended and Ended(ended.task, error=WorkerLost("died with its answer"))

    ran = run_plan(plan(job), Late(), Silent())
    assert ran.plan.is_complete
    assert not ran.errors
    [step, *_] = ran.plan.receipts
    ledger = Ledger(open_store(job))
    assert not ledger.failures(Address(step.stage, step.unit.name, ran.plan.steps[step].key or ""), ledger.index())


def test_who_follows_hears_of_every_task_and_every_step(job: ShotJob) -> None:
    heard = Heard()
    run_plan(plan(job), Deadly("align 1005-1008"), heard)
    began = [one for one in heard.said if one.startswith("began ")]
    assert len(began) == len([one for one in heard.said if one.startswith("ended ")])
    assert "align 1005-1008 failed" in heard.said
    assert sum(one.endswith(" done") for one in heard.said) == len(plan(job).receipts)


def test_people_go_first_as_every_chunk_waits_for_them(
    job: ShotJob, runs: Runs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(dag.PATHS, "references", "toy_stages:References")
    assert run_plan(plan(job), Serial(), Silent()).plan.is_complete
    first, *_ = (tmp_path / "runs.log").read_text().splitlines()
    assert first.startswith("references ")


def test_an_executor_that_fails_as_a_whole_ends_the_run(job: ShotJob) -> None:
    class Gone(Serial):
        cancelled = False

        def wait(self, timeout: float | None = None) -> Ended | None:
            raise MachineError("The scheduler has gone", hint="Start it")

        def cancel(self) -> None:
            self.cancelled = True

    gone = Gone()
    with pytest.raises(MachineError, match="scheduler has gone"):
        run_plan(plan(job), gone, Silent())
    assert gone.cancelled
