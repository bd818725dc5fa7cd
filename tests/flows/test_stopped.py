"""Ctrl-C and SIGTERM in mid-stage: the same words and exit code, no worker left, nothing that blocks the next run."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest

WAYS = {"run": ["run", "--executor", "serial"], "submit": ["submit", "--wait", "--workers", "1"]}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
@pytest.mark.parametrize("way", WAYS)
def test_a_stopped_run_says_so_and_the_next_one_goes_on_at_once(
    way, number, toy_command, environment, manifest, cli, runs, tmp_path
):
    words = [*WAYS[way], str(manifest)]
    slow = {**environment, "TOY_SLOW_ALIGN": "300"}
    run = subprocess.Popen(
        [*toy_command, *words], env=slow, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    _wait_for(tmp_path / "runs.log", "align", run)
    workers = psutil.Process(run.pid).children(recursive=True)
    run.send_signal(number)
    _, err = run.communicate(timeout=120)
    assert run.returncode == 130, err
    assert "Stopped. Finished work is kept; run the same command again to continue." in err
    assert "Traceback" not in err
    _, alive = psutil.wait_procs([one for one in workers if _is_worker(one)], timeout=60)
    assert not alive
    done = set(runs()) - {f"align {chunk}" for chunk in ("1001-1004", "1005-1008", "1009-1012")}
    again = cli("run", "--executor", "serial", "--json", str(manifest), FSVFX_LEASE_SECONDS="3600")
    assert json.loads(again.stdout)["state"] == "done", again.stderr
    assert not done & set(runs())


def _is_worker(one: psutil.Process) -> bool:
    """Prefect's server is meant to live on."""
    try:
        return not any("flows.served" in word for word in one.cmdline())
    except psutil.Error:
        return False


def _wait_for(log: Path, stage: str, run: subprocess.Popen[str]) -> None:
    until = time.monotonic() + 300
    while not (log.exists() and f"{stage} " in log.read_text()):
        assert run.poll() is None, run.communicate()[1]
        assert time.monotonic() < until
        time.sleep(0.05)
