"""One chunk-stage at a time: what runs, what does not, and what is recorded."""

from __future__ import annotations

import errno
from datetime import UTC, datetime
from pathlib import Path
from typing import Never

import archives
import numpy as np
import pytest
import toy_stages
from toy_stages import RunAll, Runs

from fsvfx.errors import IncompleteError, MachineError, PlateError
from fsvfx.runner import dag, execute, plan, revoke_named, run_unit, units_of, verify
from fsvfx.stages.contract import Work
from fsvfx.store import Address, Ledger, open_data, open_store
from schemas.frames import Chunk, FrameRange
from schemas.job import ShotJob
from schemas.receipts import ChunkState, Unit, Waiver

CHUNKS = ["1001-1004", "1005-1008", "1009-1012"]
EVERYTHING = sorted([f"{stage} {name}" for stage in ("ingest", "detect", "align") for name in CHUNKS] + ["track shot"])


def first(job: ShotJob) -> Unit:
    return units_of("ingest", job)[0]


def test_a_shot_runs_once(job: ShotJob, run_all: RunAll, runs: Runs) -> None:
    done = run_all(job)
    assert runs() == EVERYTHING
    again = run_all(job)
    assert runs() == []
    assert again == done
    assert plan(job).is_complete


def test_receipts_say_what_happened(job: ShotJob, run_all: RunAll) -> None:
    receipt = run_all(job)["ingest", first(job)]
    assert receipt.seconds >= 0
    assert receipt.peak_rss_mib > 20
    assert receipt.bytes > 0
    assert receipt.rights == job.rights
    assert set(receipt.inputs) == {f"media/{number}" for number in range(1001, 1005)}
    assert receipt.worker.count(":") == 1


def test_an_edited_parameter_redoes_only_what_depends_on_it(
    job: ShotJob, run_all: RunAll, runs: Runs, plate: Path
) -> None:
    run_all(job)
    runs()
    run_all(toy_stages.toy_job(job.store, plate, min_score=0.7))
    assert runs() == sorted(f"detect {name}" for name in CHUNKS)  # equal bytes stop the wave there


def test_a_changed_plate_frame_redoes_its_chunk_and_those_that_see_it(
    job: ShotJob, run_all: RunAll, runs: Runs, plate: Path
) -> None:
    run_all(job)
    runs()
    levels = plate.read_text().split()
    levels[0] = "99"  # frame 1001: no neighbour's halo
    plate.write_text(" ".join(levels))
    run_all(job)
    assert runs() == ["align 1001-1004", "detect 1001-1004", "detect 1005-1008", "ingest 1001-1004", "track shot"]


def test_a_corrupt_frame_stops_its_chunk_only_and_mending_it_runs_only_what_is_missing(
    job: ShotJob, run_all: RunAll, runs: Runs, plate: Path
) -> None:
    good = plate.read_text()
    levels = good.split()
    levels[9] = "x"
    plate.write_text(" ".join(levels))
    done = run_all(job)
    assert isinstance(run_all.errors["ingest", "1009-1012"], PlateError)
    assert isinstance(run_all.errors["align", "1009-1012"], IncompleteError)
    assert ("align", units_of("align", job)[0]) in done
    found = plan(job)
    assert [(one.stage, one.unit.name) for one in found.failed] == [("ingest", "1009-1012")]
    assert found.failed[0].failure.frames == FrameRange([1010])
    assert {str(one) for one in found.left} == {"ingest 1009-1012", "detect 1009-1012", "align 1009-1012"}
    runs()
    plate.write_text(good)
    run_all(job)
    # The neighbour's halo reaches over, and the tracks see every chunk; what the first chunk reads is as before.
    assert runs() == [
        "align 1005-1008", "align 1009-1012", "detect 1005-1008", "detect 1009-1012", "ingest 1009-1012", "track shot",
    ]  # fmt: skip
    assert plan(job).is_complete


def test_an_unknown_fault_is_recorded_and_told_plainly(job: ShotJob, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOY_FAIL", "ingest 1001-1004")
    with pytest.raises(MachineError, match="RuntimeError: toy fault") as caught:
        run_unit(job, "ingest", first(job), [])
    assert isinstance(caught.value.__cause__, RuntimeError)
    assert caught.value.where.frames == FrameRange.span(1001, 1004)
    assert "fsvfx retry toy.yaml --shot sh01 --frames 1001-1004 --stage ingest" in caught.value.hint
    entry = plan(job).entry("ingest", "1001-1004")
    assert entry.state is ChunkState.FAILED
    assert (entry.failure.error, entry.failure.transient) == ("RuntimeError", False)
    assert "fsvfx status toy.yaml --shot sh01 --json" in caught.value.hint
    assert entry.failure.trace.startswith("Traceback")
    assert entry.failure.trace.endswith("RuntimeError: toy fault")
    monkeypatch.delenv("TOY_FAIL")
    run_unit(job, "ingest", first(job), [])
    assert plan(job).entry("ingest", "1001-1004").state is ChunkState.DONE


@pytest.mark.parametrize(
    ("error", "said", "transient"),
    [
        pytest.param(MemoryError(), "out of memory", True, id="memory"),
        pytest.param(OSError(errno.ENOSPC, "full"), "No space", False, id="disk full"),
        pytest.param(OSError(errno.EIO, "I/O"), "failed", True, id="disk hiccup"),
        pytest.param(RuntimeError("CUDA error: device-side assert"), "GPU failed", True, id="cuda"),
        pytest.param(type("OutOfMemoryError", (RuntimeError,), {})("x"), "GPU ran out", True, id="cuda memory"),
        pytest.param(ValueError("odd\nlines"), "ValueError: odd", False, id="a fault"),
    ],
)
def test_errors_are_classed(
    job: ShotJob, monkeypatch: pytest.MonkeyPatch, error: Exception, said: str, transient: bool
) -> None:
    def fail(self: toy_stages.Ingest, work: Work) -> Never:
        raise error

    monkeypatch.setattr(toy_stages.Ingest, "make", fail)
    with pytest.raises(MachineError, match=said) as caught:
        run_unit(job, "ingest", first(job), [])
    assert caught.value.transient is transient
    assert open_store(job).names("stages") == []  # a failed attempt leaves no data


def test_required_inputs_are_required(job: ShotJob) -> None:
    with pytest.raises(IncompleteError, match="needs ingest 1001-1004"):
        run_unit(job, "detect", first(job), [])


def test_neighbours_that_failed_are_left_out(job: ShotJob) -> None:
    units = units_of("ingest", job)
    receipt = run_unit(job, "ingest", units[1], [])
    alone = run_unit(job, "detect", units[1], [receipt])
    both = run_unit(job, "detect", units[1], [receipt, run_unit(job, "ingest", units[0], [])])
    assert alone.key != both.key
    around = [open_data(open_store(job), [one]).table("faces")["around"][0] for one in (alone, both)]
    assert around == [14 + 15 + 16 + 17, 13 + 14 + 15 + 16 + 17]


def test_revoked_work_is_done_anew_and_equal_bytes_stop_the_wave(job: ShotJob, run_all: RunAll, runs: Runs) -> None:
    run_all(job)
    runs()
    revoked = revoke_named(job, FrameRange.span(1006, 1007), ["ingest"])
    assert [str(one) for one in revoked] == ["ingest 1005-1008"]
    assert "ingest 1005-1008" in {str(one) for one in plan(job).todo}
    run_all(job)
    assert runs() == ["ingest 1005-1008"]


def test_the_loser_of_a_race_gets_the_winners_receipt_and_leaves_nothing(
    job: ShotJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(job)
    winner = run_unit(job, "ingest", first(job), [])
    monkeypatch.setattr(execute.UnitRun, "_done", lambda self, at: None)  # as if it had looked just before the commit
    late = run_unit(job, "ingest", first(job), [])
    assert late == winner
    assert store.names("stages") == [winner.path]
    assert verify(job) == []


def test_waits_for_another_run_and_takes_its_receipt(job: ShotJob, monkeypatch: pytest.MonkeyPatch) -> None:
    unit = first(job)
    at = Address("ingest", unit.name, _key(job, unit))
    ledger = Ledger(open_store(job))
    held = ledger.claim(at, run_id="another", attempt="b", worker="elsewhere:1")
    said = []
    monkeypatch.setattr(execute, "_POLL_SECONDS", 0.01)

    def commit_meanwhile(message: str) -> None:
        said.append(message)
        other = job.model_copy(update={"run_id": "another"})
        run_unit(other, "ingest", unit, [])

    receipt = run_unit(job, "ingest", unit, [], report=commit_meanwhile)
    assert said == ["ingest 1001-1004: waiting for elsewhere:1, which is working on it"]
    assert receipt == ledger.receipt(at)
    assert held.claim.run_id == "another"


def _key(job: ShotJob, unit: Unit) -> str:
    return execute.recipe_of(job, "ingest", unit, [], source=toy_stages.source_for(job, unit)).key


def test_waived_chunks_count_as_complete(
    job: ShotJob, run_all: RunAll, plate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOY_FAIL", "detect 1009-1012")
    run_all(job)
    assert not plan(job).is_complete
    Ledger(open_store(job)).waive(Waiver(frames=FrameRange.span(1009, 1012), by="ann", why="fog", at=datetime.now(UTC)))
    found = plan(job)
    assert found.is_complete
    assert found.entry("detect", "1009-1012").state is ChunkState.WAIVED
    assert found.todo == ()


def test_plan_limits_what_is_wanted(job: ShotJob, run_all: RunAll) -> None:
    found = plan(job, frames=FrameRange.span(1005, 1005), stages=["ingest"])
    assert {str(one) for one in found.todo} == set(EVERYTHING)  # the tracks depend on it, and need every chunk
    assert [str(one) for one in plan(job, frames=FrameRange.span(1005, 1005), until="ingest").todo] == [
        "ingest 1005-1008"
    ]
    run_all(job)
    assert plan(job, frames=FrameRange.span(1005, 1005)).todo == ()


def test_plan_writes_nothing(job: ShotJob, tmp_path: Path) -> None:
    found = plan(job)
    assert {str(one) for one in found.todo} == set(EVERYTHING)
    assert not (tmp_path / "store").exists()
    assert found.entry("track", "shot").reason.startswith("known once")


def test_estimates_come_from_receipts(job: ShotJob, run_all: RunAll, plate: Path) -> None:
    run_all(job)
    longer = toy_stages.toy_job(job.store, plate, last=1016)
    plate.write_text(plate.read_text() + " 1 2 3 4")
    found = plan(longer).estimate
    assert found.seconds["ingest"] > 0
    assert found.bytes["ingest"] > 0
    assert found.unknown == ()


def test_deliver_needs_the_plate_always_and_the_comp_unless_waived(
    job: ShotJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dag, "PATHS", {**dag.PATHS, "composite": "toy_stages:Align", "measure": "toy_stages:Align"})
    unit = Unit.of_chunk(Chunk(first=1001, last=1004))
    required = {one.stage: one.required for one in dag.sources_of("deliver", unit, job)}
    assert required == {"ingest": True, "composite": True}
    waived = dag.sources_of("deliver", unit, job, FrameRange.span(1001, 1004))
    assert {one.stage: one.required for one in waived} == {"ingest": True, "composite": False}


def test_a_black_frame_survives(job: ShotJob, run_all: RunAll, plate: Path) -> None:
    plate.write_text(" ".join("0" for _ in range(12)))
    receipt = run_all(job)["ingest", first(job)]
    store = open_store(job)
    assert len([name for name in archives.members(store, receipt.path) if "/c/" in name]) == 4
    assert not np.any(open_data(store, [receipt]).frames("frames"))
