"""Runs in a process of their own: what they load, what may lie in the folder, and Ctrl-C."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

WORKERS = 2
"""Of ``toy_run.py``."""
SCRIPT = str(Path(__file__).resolve().parent / "toy_run.py")


def toy_run(manifest: Path, executor: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", SCRIPT, str(manifest), executor],
        env=environment, cwd=manifest.parent, capture_output=True, text=True, timeout=400,
    )  # fmt: skip


@pytest.mark.parametrize("executor", ["serial", "processes"])
def test_neither_prefect_nor_dask_is_loaded(manifest: Path, executor: str, environment: dict[str, str]) -> None:
    done = toy_run(manifest, executor, environment)
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.partition("loaded:")[2].split())
    assert "fsvfx" in loaded
    assert not loaded & {"prefect", "prefect_dask", "dask", "distributed"}


@pytest.mark.parametrize("executor", ["processes", "dask"])
def test_files_named_like_ours_in_the_working_folder_shadow_nothing(
    manifest: Path, executor: str, environment: dict[str, str]
) -> None:
    for name in ("tasks", "schemas", "fsvfx", "flows"):
        manifest.with_name(f"{name}.py").write_text("raise SystemExit('shadowed')\n")
    done = toy_run(manifest, executor, environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "10 of 10" in done.stdout


def begun(manifest: Path, executor: str, environment: dict[str, str]) -> tuple[subprocess.Popen[str], list[Any]]:
    """A run that is at work in ``detect``, and all its processes."""
    run = subprocess.Popen(
        [sys.executable, "-P", SCRIPT, str(manifest), executor],
        env={**environment, "TOY_SLOW_DETECT": "300"}, cwd=manifest.parent,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    log = Path(environment["TOY_LOG"])
    until = time.monotonic() + 300
    while not (log.exists() and "detect" in log.read_text()):
        assert run.poll() is None, run.communicate()[1]
        assert time.monotonic() < until
        time.sleep(0.1)
    workers = psutil.Process(run.pid).children(recursive=True)
    assert workers
    return run, workers


def test_ctrl_c_ends_the_run_and_its_workers(manifest: Path, environment: dict[str, str]) -> None:
    run, workers = begun(manifest, "processes", environment)
    run.send_signal(signal.SIGINT)
    _, err = run.communicate(timeout=60)
    assert run.returncode not in (0, None)
    assert "KeyboardInterrupt" in err
    _, alive = psutil.wait_procs(workers, timeout=30)
    assert not alive


@pytest.mark.parametrize("executor", ["processes", "dask"])
def test_a_killed_run_leaves_no_worker_and_nothing_that_the_next_one_waits_for(
    manifest: Path, executor: str, environment: dict[str, str]
) -> None:
    run, workers = begun(manifest, executor, {**environment, "FSVFX_LEASE_SECONDS": "3600"})
    run.kill()
    run.communicate(timeout=60)
    _, alive = psutil.wait_procs(workers, timeout=30)
    assert not alive
    again = toy_run(manifest, executor, {**environment, "FSVFX_LEASE_SECONDS": "3600"})
    assert again.returncode == 0, again.stderr
    assert "10 of 10" in again.stdout
    steps = [line.rpartition(" ")[0] for line in Path(environment["TOY_LOG"]).read_text().splitlines()]
    redone = {step for step in steps if steps.count(step) > 1}
    assert len(redone) <= WORKERS, "what each worker was at when it was killed, and nothing else"
