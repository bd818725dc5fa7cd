"""Damaged data and unreadable records: what is told to do fixes them, and nothing else is done again."""

from __future__ import annotations

import shlex

import archives
import pytest
from toy_stages import RunAll, Runs

from fsvfx import runner
from fsvfx.errors import DamagedError
from fsvfx.store import Ledger, open_store
from schemas.frames import FrameRange
from schemas.job import ShotJob


def flip(job: ShotJob, stage: str, unit: str) -> None:
    """One byte of what the stage stored."""
    store = open_store(job)
    [path] = store.names(f"stages/{stage}/{unit}")
    first = min(name for name in archives.members(store, path) if "/c/" in name)
    archives.changed(store, path, lambda name, old: old[:-1] + bytes([old[-1] ^ 1]) if name == first else old)


def obey(job: ShotJob, command: str, run_all: RunAll) -> None:
    """What ``fsvfx retry`` does with the words of the command."""
    words = shlex.split(command)
    assert words[:5] == ["fsvfx", "retry", job.manifest, "--shot", job.shot.name]
    options = list(zip(words[5::2], words[6::2], strict=True))
    frames = [FrameRange.parse(value) for name, value in options if name == "--frames"]
    stages = [value for name, value in options if name == "--stage"]
    if stages:
        runner.revoke_named(job, frames=frames[0] if frames else None, stages=stages)
    run_all(job)


@pytest.mark.parametrize(("stage", "unit", "reader"), [
    ("ingest", "1005-1008", "detect"),
    ("detect", "1001-1004", "track"),
    ("ingest", "1001-1004", "detect"),
])  # fmt: skip
def test_a_run_that_meets_damage_prints_one_command_and_it_helps(
    job: ShotJob, run_all: RunAll, runs: Runs, stage: str, unit: str, reader: str
) -> None:
    run_all(job)
    flip(job, stage, unit)
    (problem, *_) = runner.verify(job)
    assert isinstance(problem, DamagedError)
    runner.revoke_named(job, stages=[reader])
    run_all(job)
    outcome = runner.plan(job).outcome()
    assert outcome.state == "partial"
    assert f"--stage {stage}" in outcome.command
    assert {failure.hint for failure in outcome.failures} == {f"Do it again: {outcome.command}"}
    runs()
    obey(job, outcome.command, run_all)
    assert runner.plan(job).outcome().state == "done"
    assert runner.verify(job) == []
    assert [one for one in runs() if one.startswith(stage)] == [f"{stage} {unit}"]


@pytest.mark.parametrize("content", [b"", b'{"shot": "sh01", "st', b"{}", bytes(range(256)), b'{"schema_version": 2}'])
@pytest.mark.parametrize(("stage", "unit"), [("ingest", "1005-1008"), ("track", "shot"), ("align", "1001-1004")])
def test_an_unreadable_receipt_costs_its_own_work_only(
    job: ShotJob, run_all: RunAll, runs: Runs, stage: str, unit: str, content: bytes
) -> None:
    run_all(job)
    receipt = runner.plan(job).entry(stage, unit).receipt
    assert receipt is not None
    path = f"ledger/{stage}/{unit}/{receipt.key}.json"
    open_store(job).write(path, content)
    plan = runner.plan(job)
    assert plan.damaged == (path,)
    assert path in plan.notes[0]
    assert plan.outcome().state == "partial"
    assert [problem.where.file for problem in runner.verify(job)] == [
        f"{job.store}/{job.production}/{job.shot.name}/{path}"
    ]
    runs()
    obey(job, plan.outcome().command, run_all)
    assert runs() == [f"{stage} {unit}"]
    again = runner.plan(job)
    assert (again.outcome().state, again.notes, runner.verify(job)) == ("done", [], [])


@pytest.mark.parametrize("name", ["ingest/1001-1004/{key}.claim.0000.json", "ingest/1001-1004/{key}.failed.x.json",
                                  "waivers/0123.json", "ingest/1001-1004/{key}.claim.x.json"])  # fmt: skip
def test_other_unreadable_records_block_nothing(job: ShotJob, run_all: RunAll, name: str) -> None:
    done = run_all(job)
    key = next(receipt.key for (stage, unit), receipt in done.items() if (stage, unit.name) == ("ingest", "1001-1004"))
    store = open_store(job)
    store.write(f"ledger/{name.format(key=key)}", b'{"half')
    assert runner.plan(job).outcome().state == "done"
    runner.revoke_named(job, stages=["ingest"], frames=FrameRange([1001]))
    run_all(job)
    assert runner.plan(job).outcome().state == "done"
    assert Ledger(store).waived() == FrameRange(())
