"""Runs in a process of their own: what they load, what may lie in the folder, and Ctrl-C."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

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


def test_ctrl_c_ends_the_run_and_its_workers(manifest: Path, environment: dict[str, str]) -> None:
    run = subprocess.Popen(
        [sys.executable, "-P", SCRIPT, str(manifest), "processes"],
        env={**environment, "TOY_SLOW_DETECT": "300"}, cwd=manifest.parent,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    log = Path(environment["TOY_LOG"])
    until = time.monotonic() + 300
    while not (log.exists() and "detect" in log.read_text()):
        assert run.poll() is None, run.communicate()[1]
        assert time.monotonic() < until
        time.sleep(0.1)
    workers = psutil.Process(run.pid).children()
    assert workers
    run.send_signal(signal.SIGINT)
    _, err = run.communicate(timeout=60)
    assert run.returncode not in (0, None)
    assert "KeyboardInterrupt" in err
    _, alive = psutil.wait_procs(workers, timeout=30)
    assert not alive
