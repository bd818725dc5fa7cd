"""``keep: results``: what only one task uses is not stored, and is computed again when it is needed later."""

from __future__ import annotations

from pathlib import Path

import pytest
import toy_stages
from toy_stages import KEEPING, Runs

from fsvfx.arrays import Result
from fsvfx.executors.serial import Serial
from fsvfx.runner import Plan, dag, plan, revoke_named, verify, workplace
from fsvfx.runner.drive import Silent, run_plan
from fsvfx.stages.contract import Need, Work
from fsvfx.store import open_store
from schemas.frames import FrameRange
from schemas.job import ShotJob
from schemas.manifest import Keep

UNITS = ["1001-1004", "1005-1008", "1009-1012"]
NOT_KEPT = ["align", "swap"]


@pytest.fixture(autouse=True)
def longer(toys: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dag, "PATHS", dict(KEEPING))


@pytest.fixture
def lean(job: ShotJob) -> ShotJob:
    return job.model_copy(update={"keep": "results"})


def run(job: ShotJob, until: str = "composite") -> Plan:
    return run_plan(plan(job, until=until), Serial(), Silent()).plan


def eroded(job: ShotJob) -> ShotJob:
    composite = job.shot.composite.model_copy(update={"erode": 7.0})
    return job.model_copy(update={"shot": job.shot.model_copy(update={"composite": composite})})


def keeping(job: ShotJob, keep: Keep) -> ShotJob:
    return job.model_copy(update={"keep": keep})


def stored(job: ShotJob) -> list[str]:
    """The stages that have arrays in the store."""
    return sorted({path.split("/")[1] for path in open_store(job).names("stages")})


def made(plan: Plan) -> dict[str, tuple[str, str]]:
    """Key and digest of every step."""
    return {str(step): (receipt.key, receipt.digest) for step, receipt in plan.receipts.items()}


def all_of(*stages: str) -> list[str]:
    return [f"{stage} {unit}" for stage in stages for unit in UNITS]


def test_less_is_stored_and_the_results_are_the_same(job: ShotJob, lean: ShotJob, runs: Runs, tmp_path: Path) -> None:
    every = run(job.model_copy(update={"store": str(tmp_path / "other")}))
    runs()
    found = run(lean)
    assert stored(lean) == ["composite", "detect", "ingest", "track"]
    assert made(found) == made(every)
    assert [one.bytes for one in found.receipts.values() if not one.kept] == [0] * 6
    assert (found.is_complete, verify(lean)) == (True, [])
    assert len(runs()) == len(set(map(str, found.wanted))), "each step ran once"


def test_a_changed_setting_of_the_composite_runs(job: ShotJob, lean: ShotJob, runs: Runs, tmp_path: Path) -> None:
    run(lean)
    runs()
    found = run(eroded(lean))
    assert found.is_complete
    assert runs() == all_of("align", "composite", "swap"), "two of them in memory"
    assert stored(lean) == ["composite", "detect", "ingest", "track"]
    assert made(found) == made(run(eroded(job.model_copy(update={"store": str(tmp_path / "other")}))))


def test_a_retry_in_mid_chunk_runs(lean: ShotJob, runs: Runs) -> None:
    run(lean)
    runs()
    revoke_named(lean, frames=FrameRange([1006]), stages=["swap"])
    assert run(lean).is_complete
    assert runs() == ["align 1005-1008", "swap 1005-1008"], "the same bytes: the composite need not run again"


def test_a_run_that_ended_in_mid_chunk_goes_on(lean: ShotJob, runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOY_FAIL", "composite 1005-1008")
    assert not run(lean).is_complete
    monkeypatch.delenv("TOY_FAIL")
    runs()
    assert run(lean).is_complete
    assert runs() == ["align 1005-1008", "composite 1005-1008", "swap 1005-1008"]


def test_what_comes_out_differently_is_named_and_the_command_helps(
    lean: ShotJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(lean)
    real = toy_stages.Align.make

    def other(self: toy_stages.Align, work: Work[toy_stages.ToySettings]) -> Result:
        found = real(self, work)
        return Result(frames={name: array + 1 for name, array in found.frames.items()})  # type: ignore[operator]

    monkeypatch.setattr(toy_stages.Align, "make", other)
    outcome = run(eroded(lean)).outcome()
    assert outcome.state == "partial"
    assert {one.message for one in outcome.failures} == {
        f"align {unit} was not kept, and this machine computes it differently" for unit in UNITS
    }
    assert "--stage align" in outcome.command
    assert stored(lean) == ["composite", "detect", "ingest", "track"]
    revoke_named(eroded(lean), stages=["align"])
    assert run(eroded(lean)).is_complete


def test_what_does_not_fit_into_memory_is_stored(lean: ShotJob, runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workplace, "KEEP", 1000)
    found = run(lean)
    assert all(receipt.kept for receipt in found.receipts.values())
    assert set(NOT_KEPT) < set(stored(lean))
    runs()
    assert run(eroded(lean)).is_complete
    assert runs() == all_of("composite")


def test_what_is_computed_again_and_does_not_fit_is_stored(
    lean: ShotJob, runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(lean)
    monkeypatch.setattr(workplace, "KEEP", 1000)
    assert run(eroded(lean)).is_complete
    assert set(NOT_KEPT) < set(stored(lean))
    runs()
    assert run(lean).is_complete
    assert runs() == []


def test_one_may_change_ones_mind(job: ShotJob, lean: ShotJob, runs: Runs) -> None:
    run(lean)
    runs()
    assert {str(step) for step in plan(job, until="composite").left} >= set(all_of(*NOT_KEPT))
    found = run(job)
    assert (found.is_complete, verify(job)) == (True, [])
    assert all(receipt.kept for receipt in found.receipts.values())
    assert runs() == all_of(*NOT_KEPT)
    assert run(keeping(job, "results")).is_complete
    assert runs() == []


def test_what_another_task_reads_is_kept(lean: ShotJob, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toy_stages.Blend, "needs", (Need("align"), Need("swap", halo=1)))
    run(lean)
    assert set(NOT_KEPT) < set(stored(lean))


def test_a_run_that_ends_before_the_readers_keeps_all(lean: ShotJob) -> None:
    run(lean, until="swap")
    assert set(NOT_KEPT) < set(stored(lean))
