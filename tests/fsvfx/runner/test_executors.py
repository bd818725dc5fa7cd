"""The same runs on every executor: what is done, what fails, what is tried again, who dies, who is stopped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import toy_stages
from toy_stages import RunAll, Runs

from fsvfx.errors import WorkerLost
from fsvfx.executors import Executor
from fsvfx.executors.dask import Dask
from fsvfx.executors.processes import Processes
from fsvfx.executors.serial import Serial
from fsvfx.runner import Plan, Step, drive, plan
from fsvfx.runner.drive import Silent, run_plan
from fsvfx.store import Ledger, open_store
from fsvfx.store.address import Address
from schemas.job import ShotJob

CHUNKS = ["1001-1004", "1005-1008", "1009-1012"]
EVERYTHING = sorted(
    [*(f"{stage} {chunk}" for stage in ("ingest", "detect", "align") for chunk in CHUNKS), "track shot"]
)
MAKERS: dict[str, Callable[[], Executor]] = {
    "serial": Serial,
    "processes": lambda: Processes(2),
    "dask": lambda: Dask(2),
}
Drive = Callable[[ShotJob], Plan]


@pytest.fixture(params=MAKERS)
def make(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Executor]:
    monkeypatch.setattr(drive, "run_steps", toy_stages.run_steps)
    monkeypatch.setattr(drive, "FIRST_PAUSE", 0.01)
    return MAKERS[request.param]


@pytest.fixture
def run(make: Callable[[], Executor]) -> Drive:
    """Runs what is not done of a shot; how it stands then."""

    def run_shot(job: ShotJob) -> Plan:
        with make() as executor:
            return run_plan(plan(job), executor, Silent()).plan

    return run_shot


def dying(make: Callable[[], Executor]) -> None:
    if make is Serial:
        pytest.skip("it works in this process")


def test_everything_is_done_once_and_equals_what_a_loop_makes(
    job: ShotJob, run: Drive, runs: Runs, run_all: RunAll, tmp_path: Path, plate: Path
) -> None:
    after = run(job)
    assert after.is_complete
    assert runs() == EVERYTHING
    plain = run_all(toy_stages.toy_job(str(tmp_path / "another"), plate))
    assert {step: (one.key, one.digest, one.parts) for step, one in after.receipts.items()} == {
        Step(*step): (one.key, one.digest, one.parts) for step, one in plain.items()
    }
    assert run(job).is_complete
    assert len(runs()) == len(plain)  # those of the loop, none more


def test_a_broken_chunk_fails_by_name_and_once_fixed_only_what_is_missing_runs(
    job: ShotJob, run: Drive, runs: Runs, plate: Path
) -> None:
    good = plate.read_text()
    plate.write_text(good.replace("15 ", "x "))  # frame 1006
    after = run(job)
    assert [(one.stage, one.unit.name, str(one.frames)) for one in after.failures] == [("ingest", "1005-1008", "1006")]
    assert {str(step) for step in after.left} == {f"{stage} 1005-1008" for stage in ("ingest", "detect", "align")}
    assert {"align 1001-1004", "align 1009-1012"} <= set(runs())
    plate.write_text(good)
    assert run(job).is_complete
    again = runs()
    assert not {"ingest 1001-1004", "ingest 1009-1012"} & set(again)
    assert len(again) == len(set(again))


def test_what_may_pass_is_tried_again(job: ShotJob, run: Drive, runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOY_FLAKY", "detect 1005-1008")
    assert run(job).is_complete
    assert runs() == sorted([*EVERYTHING, *["detect 1005-1008"] * 2])


def test_what_does_not_pass_fails_at_once(
    job: ShotJob, run: Drive, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOY_FAIL", "detect 1005-1008")
    after = run(job)
    assert [one.error for one in after.failures] == ["RuntimeError"]
    assert runs().count("detect 1005-1008") == 1


def test_a_worker_that_dies_costs_no_step(
    job: ShotJob, make: Callable[[], Executor], run: Drive, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    dying(make)
    monkeypatch.setenv("TOY_DIES", "detect 1005-1008")
    assert run(job).is_complete
    assert runs() == sorted([*EVERYTHING, "detect 1005-1008"])


@pytest.mark.slow
def test_workers_that_die_again_and_again_fail_their_step_by_name(
    job: ShotJob, make: Callable[[], Executor], run: Drive, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    dying(make)
    monkeypatch.setenv("TOY_DIES", "detect 1005-1008")
    monkeypatch.setenv("TOY_DEATHS", "100")
    after = run(job)
    [failure] = after.failures
    assert (failure.stage, failure.unit.name, failure.error) == ("detect", "1005-1008", WorkerLost.__name__)
    assert "fewer workers" in failure.hint
    assert runs().count("detect 1005-1008") == Executor.TRIES
    assert {"align 1001-1004", "align 1009-1012"} <= {str(step) for step in after.receipts}


def test_an_interrupt_cancels_and_the_next_run_goes_on(
    job: ShotJob, make: Callable[[], Executor], run: Drive, runs: Runs
) -> None:
    with pytest.raises(KeyboardInterrupt), make() as executor:
        run_plan(plan(job), executor, Interrupting())
    done = {str(step) for step in plan(job).receipts}
    assert 0 < len(done) < len(EVERYTHING)
    runs()
    assert run(job).is_complete
    assert not done & set(runs())


class Interrupting(Silent):
    """As if Ctrl-C were pressed after the second step."""

    steps = 0

    def settled(self, step: Step, error: Exception | None) -> None:
        self.steps += 1
        if self.steps == 2:
            raise KeyboardInterrupt


def test_a_step_that_lost_its_workers_is_forgiven_if_its_receipt_is_there(job: ShotJob, run_all: RunAll) -> None:
    run_all(job)
    [step, *_] = plan(job).receipts
    drive._record_lost(plan(job), {step: WorkerLost("died")})
    at = Address(step.stage, step.unit.name, plan(job).steps[step].key or "")
    ledger = Ledger(open_store(job))
    assert ledger.failures(at, ledger.index()) == []
