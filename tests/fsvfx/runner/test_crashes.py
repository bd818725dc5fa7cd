"""Real processes, killed, frozen and racing: nothing is committed twice, nothing half."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Never

import archives
import pytest
import toy_stages
from servers import S3Server
from toy_stages import RunAll, Runs

from fsvfx.runner import plan, run_unit, units_of, verify
from fsvfx.store import Ledger, open_store
from schemas.job import ShotJob

HERE = Path(__file__).resolve().parent
PATHS = os.pathsep.join(map(str, (HERE.parents[2], HERE)))  # this checkout, then the toys
Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def work(job: ShotJob, tmp_path: Path) -> Iterator[Start]:
    """Starts a worker process on the first ingest unit."""
    started = []

    def start(*, slow: float = 0.0, run_id: str = "run-1", **more: str) -> subprocess.Popen:
        environment = os.environ | {
            "PYTHONPATH": PATHS, "TOY_SLOW_INGEST": str(slow), "TOY_LOG": str(tmp_path / "runs.log"), **more,
        }  # fmt: skip
        command = [sys.executable, str(HERE / "toy_worker.py"), job.store, job.shot.plate.path, run_id]
        process = subprocess.Popen(
            [*command, "ingest", "1001-1004"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def wait_for(path: Path, pattern: str, seconds: float = 60) -> list[Path]:
    until = time.monotonic() + seconds
    while not (found := sorted(path.glob(pattern))):
        assert time.monotonic() < until, f"nothing at {pattern}"
        time.sleep(0.02)
    return found


def begun(tmp_path: Path) -> None:
    """Waits until the stage's function is at work."""
    wait_for(tmp_path, "runs.log")


def test_a_killed_worker_commits_nothing_and_the_rerun_works(
    job: ShotJob, work: Start, tmp_path: Path, runs: Runs
) -> None:
    process = work(slow=60)
    begun(tmp_path)
    process.kill()
    process.wait()
    assert not list((tmp_path / "store").glob("**/ledger/ingest/*/" + "[0-9a-f]" * 40 + ".json"))
    assert plan(job).entry("ingest", "1001-1004").receipt is None
    another = job.model_copy(update={"run_id": "run-2"})  # not even the run that held the claim
    started = time.monotonic()
    run_unit(another, "ingest", units_of("ingest", job)[0], [])
    assert time.monotonic() - started < 20  # the process is seen to be gone: no waiting for the lease
    assert plan(job).entry("ingest", "1001-1004").receipt is not None
    assert runs() == ["ingest 1001-1004"] * 2


def test_two_processes_racing_commit_once(job: ShotJob, work: Start, runs: Runs, tmp_path: Path) -> None:
    both = [work(slow=0.5, run_id=f"run-{i}") for i in range(2)]
    said = [process.communicate(timeout=90) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    attempts = {out.strip() for out, _ in said}
    assert len(attempts) == 1
    assert runs() == ["ingest 1001-1004"]  # the other one waited
    assert verify(job) == []


def test_two_tasks_of_one_run_racing_commit_once(job: ShotJob, work: Start, runs: Runs, tmp_path: Path) -> None:
    both = [work(slow=1.5) for _ in range(2)]  # Dask started the task anew, but the first worker lives
    said = [process.communicate(timeout=90) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert len({out.strip() for out, _ in said}) == 1
    assert len(list((tmp_path / "store").glob("**/ledger/ingest/1001-1004/" + "[0-9a-f]" * 40 + ".json"))) == 1
    assert verify(job) == []


def test_a_zombie_that_wakes_late_harms_nothing(job: ShotJob, work: Start, tmp_path: Path) -> None:
    zombie = work(slow=1, FSVFX_LEASE_SECONDS="1")
    begun(tmp_path)
    zombie.send_signal(signal.SIGSTOP)
    receipt = run_unit(job, "ingest", units_of("ingest", job)[0], [])
    folder = (tmp_path / "store/toy/sh01" / receipt.path).parent
    before = {path: path.read_bytes() for path in folder.iterdir()}
    zombie.send_signal(signal.SIGCONT)
    out, error = zombie.communicate(timeout=60)
    assert zombie.returncode == 0, error
    assert out.strip() == receipt.attempt  # it was given the winner's
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
    assert plan(job).entry("ingest", "1001-1004").receipt == receipt


def test_a_living_worker_keeps_its_claim_beyond_the_lease(
    job: ShotJob, work: Start, tmp_path: Path, runs: Runs
) -> None:
    process = work(slow=3, FSVFX_LEASE_SECONDS="0.6")
    begun(tmp_path)
    other = job.model_copy(update={"run_id": "run-2"})
    receipt = run_unit(other, "ingest", units_of("ingest", job)[0], [])
    out, _ = process.communicate(timeout=60)
    assert out.strip() == receipt.attempt
    assert runs() == ["ingest 1001-1004"]


def test_a_deleted_zarr_chunk_is_found(job: ShotJob, run_all: RunAll) -> None:
    run_all(job)
    receipt = plan(job).entry("ingest", "1005-1008").receipt
    archives.without(open_store(job), receipt.path, "frames/frames/c/2/0/0/0")
    (problem,) = verify(job)
    assert "is missing a Zarr chunk" in problem.what
    assert str(problem.where.frames) == "1007"
    assert receipt.path in (problem.where.file or "")
    assert problem.hint == "Recreate it: fsvfx retry toy.yaml --shot sh01 --frames 1007 --stage ingest"


def test_one_flipped_byte_in_any_member_is_found(job: ShotJob, run_all: RunAll) -> None:
    run_all(job)
    receipt = plan(job).entry("ingest", "1001-1004").receipt
    store = open_store(job)
    good = store.read(receipt.path) or b""
    stored = archives.members(store, receipt.path)
    assert len([name for name in stored if "/c/" in name]) == 4
    for name, content in stored.items():
        begin, size = good.index(content), len(content)
        for at in {begin + size // 2, begin + size - 1}:
            store.write(receipt.path, good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :])
            harmless = name.endswith("zarr.json") and _same(content, (store.read(receipt.path) or b"")[begin:][:size])
            assert bool(verify(job)) != harmless, (name, at)
    store.write(receipt.path, good)
    assert verify(job) == []


@pytest.mark.parametrize("left", [0, 10, 0.5, 0.99])
def test_a_truncated_object_is_found(job: ShotJob, run_all: RunAll, left: float) -> None:
    run_all(job)
    receipt = plan(job).entry("ingest", "1001-1004").receipt
    store = open_store(job)
    good = store.read(receipt.path) or b""
    store.write(receipt.path, good[: int(left if left >= 1 else left * len(good))])
    (problem,) = verify(job)
    assert "--frames 1001-1004 --stage ingest" in problem.hint


def _same(one: bytes, other: bytes) -> bool:
    """Whether the group's attributes say the same; those of arrays are for other readers."""
    try:
        said = [json.loads(each).get("attributes", {}).get("fsvfx") for each in (one, other)]
    except ValueError:
        return b"array" in one or b"numbers" not in one
    return said[0] == said[1]


@pytest.mark.slow
@pytest.mark.parametrize("way", ["frozen", "killed"])
def test_an_s3_server_away_for_ten_seconds_is_survived(
    s3_server: S3Server, s3_bucket: str, plate: Path, run_all: RunAll, monkeypatch: pytest.MonkeyPatch, way: str
) -> Never:
    monkeypatch.setenv("TOY_SLOW_INGEST", "0.5")
    job = toy_stages.toy_job(f"{s3_bucket}/work", plate)
    leave, come_back = (s3_server.pause, s3_server.resume) if way == "frozen" else (s3_server.kill, s3_server.start)
    gone = threading.Timer(0.8, leave)
    back = threading.Timer(10.8, come_back)
    started = time.monotonic()
    gone.start()
    back.start()
    try:
        run_all(job)
    finally:
        gone.join()
        back.join()
    assert time.monotonic() - started > 10
    for error in run_all.errors.values():
        raise error
    assert plan(job).is_complete
    assert verify(job) == []


def test_the_same_shot_on_s3_has_the_same_digests(s3_bucket: str, job: ShotJob, plate: Path, run_all: RunAll) -> None:
    local = run_all(job)
    remote = run_all(toy_stages.toy_job(f"{s3_bucket}/work", plate))
    assert {name: (one.key, one.digest, one.parts) for name, one in remote.items()} == {
        name: (one.key, one.digest, one.parts) for name, one in local.items()
    }
    assert Ledger(open_store(toy_stages.toy_job(f"{s3_bucket}/work", plate))).index().receipts()
