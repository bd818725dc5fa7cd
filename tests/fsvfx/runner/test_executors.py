"""The same runs on every executor: what is done, what fails, what is tried again, who is stopped."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import toy_stages
from toy_stages import RunAll, Runs

from fsvfx.executors import Executor
from fsvfx.executors.dask import Dask
from fsvfx.executors.processes import Processes
from fsvfx.executors.serial import Serial
from fsvfx.runner import Plan, Step, drive, plan
from fsvfx.runner.drive import Silent, run_plan
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
Toys = Callable[..., None]


@pytest.fixture(scope="module", params=MAKERS)
def executor(request: pytest.FixtureRequest) -> Iterator[Executor]:
    with MAKERS[request.param]() as running:
        yield running


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drive, "run_steps", toy_stages.run_steps)
    monkeypatch.setattr(drive, "FIRST_PAUSE", 0.01)


@pytest.fixture
def asked(executor: Executor, plate: Path, monkeypatch: pytest.MonkeyPatch) -> Toys:
    """Says what the stages of a shot do (``TOY_*``), to workers that are older than the test too."""

    def say(**more: str) -> None:
        if isinstance(executor, Serial):
            for name, value in more.items():
                monkeypatch.setenv(name, value)
            return
        said = {"TOY_LOG": str(plate.with_name("runs.log")), **more}
        plate.with_name("toys.json").write_text(json.dumps(said))

    say()
    return say


@pytest.fixture
def run(executor: Executor, asked: Toys) -> Drive:
    """Runs what is not done of a shot; how it stands then."""
    return lambda job: run_plan(plan(job), executor, Silent()).plan


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


def test_what_may_pass_is_tried_again(job: ShotJob, run: Drive, runs: Runs, asked: Toys) -> None:
    asked(TOY_FLAKY="detect 1005-1008")
    assert run(job).is_complete
    assert runs() == sorted([*EVERYTHING, *["detect 1005-1008"] * 2])


def test_what_does_not_pass_fails_at_once(job: ShotJob, run: Drive, runs: Runs, asked: Toys) -> None:
    asked(TOY_FAIL="detect 1005-1008")
    after = run(job)
    assert [one.error for one in after.failures] == ["RuntimeError"]
    assert runs().count("detect 1005-1008") == 1


def test_an_interrupt_cancels_and_the_next_run_goes_on(
    job: ShotJob, executor: Executor, run: Drive, runs: Runs
) -> None:
    with pytest.raises(KeyboardInterrupt):
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
