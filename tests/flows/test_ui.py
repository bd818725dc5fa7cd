"""Prefect's UI as the window on a run: while it runs, after a failure, after the retry. In a real browser."""

from __future__ import annotations

import json
import shlex
import subprocess
from pathlib import Path

import pytest
from prefect_ui import Ui

GOOD = [str(level) for level in range(10, 22)]


@pytest.mark.slow
def test_a_run_its_failure_and_its_retry_are_seen(
    ui: Ui, toy_command, environment, cli, manifest: Path, plate_of, tmp_path: Path
) -> None:
    plate_of([*GOOD[:5], "x", *GOOD[6:]])
    command = [*toy_command, "submit", str(manifest), "--wait", "--workers", "1", "--json"]
    (held := tmp_path / "held").touch()
    slow = {**environment, "TOY_HOLD_ALIGN": str(held)}
    assert cli("up", "--detach").returncode == 0
    earlier = ui.runs()
    run = subprocess.Popen(command, env=slow, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        ui.sign_in()
        going = ui.new_run(earlier)
        ui.shows_artifact(going, "toy-sh01-chunks", "1001-1004", "running", "done")
        ui.shows_run(going, "TaskRuns", "sh01", "Running", "ingest 1001-1004")
        ui.shows_artifact(going, "toy-sh01-progress", "How much of sh01 is done")
    finally:
        held.unlink()
        out, err = run.communicate(timeout=400)
    assert run.returncode == 4, err
    [outcome] = json.loads(out)["shots"]
    ui.shows_run(going, "TaskRuns", "Failed", "ingest 1005-1008")
    ui.shows_run(going, "Logs", "Frame 1006 is corrupt")
    ui.shows_artifact(going, "toy-sh01-chunks", "failed", "missing")
    ui.shows_artifact(going, "toy-sh01-summary", "sh01: partial", outcome["command"])
    plate_of(GOOD)
    earlier = ui.runs()
    healed = cli(*shlex.split(outcome["command"])[1:], "--workers", "1")
    assert healed.returncode == 0, healed.stderr
    again = ui.new_run(earlier)
    ui.shows_run(again, "TaskRuns", "sh01", "Completed", "ingest 1005-1008")
    ui.shows_artifact(again, "toy-sh01-summary", "sh01: done", "10 of 10 steps are done")
