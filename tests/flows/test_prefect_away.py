"""Faults of Prefect's server in a run: no frame is lost or made twice, and the exit code is the run's own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from prefect_ui import listed

from flows import server

STEPS = 10
CHUNKS = ("1001-1004", "1005-1008", "1009-1012")
EVERY = sorted([*(f"{stage} {chunk}" for stage in ("ingest", "detect", "align") for chunk in CHUNKS), "track shot"])


def begun(command: list[str], environment: dict[str, str], folder: Path, **more: str) -> subprocess.Popen[str]:
    """A run whose last stage has begun."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    run = subprocess.Popen(command, env={**environment, **more}, cwd=folder, text=True, **pipes)  # type: ignore[call-overload]
    log = folder / "runs.log"
    until = time.monotonic() + 300
    while not (log.exists() and "align " in log.read_text()):
        assert run.poll() is None, run.communicate()
        assert time.monotonic() < until
        time.sleep(0.05)
    return run


def flow_runs(home: Path) -> list[str]:
    """The states of the shot's flow runs, as the server has them."""
    return [each["state_type"] for each in listed(home, "flow_runs", {"flow_runs": {"name": {"any_": ["sh01"]}}})]


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["killed", "restarted", "database lost"])
def test_a_server_that_goes_in_mid_run_costs_nothing(
    fault, toy_command, environment, manifest, cli, runs, tmp_path
) -> None:
    home = tmp_path / "prefect"
    own = {**environment, "FSVFX_PREFECT_HOME": str(home)}
    assert cli("up", "--detach", FSVFX_PREFECT_HOME=str(home)).returncode == 0
    words = [*toy_command, "submit", str(manifest), "--wait", "--workers", "1", "--json"]
    held = tmp_path / "held"
    held.touch()
    run = begun(words, own, tmp_path, TOY_HOLD_ALIGN=str(held))
    try:
        found = server.running(home)
        assert found is not None
        assert found.pid is not None
        os.kill(found.pid, signal.SIGKILL)
        while server.running(home):
            time.sleep(0.05)
        if fault == "database lost":
            for path in home.glob("prefect.db*"):
                path.unlink()
        if fault != "killed":
            assert cli("up", "--detach", FSVFX_PREFECT_HOME=str(home)).returncode == 0
            while flow_runs(home) != ["RUNNING"]:
                assert run.poll() is None, run.communicate()
                time.sleep(0.5)
        held.unlink()
        out, err = run.communicate(timeout=400)
        assert run.returncode == 0, err
        [outcome] = json.loads(out)["shots"]
        assert (outcome["state"], outcome["done"]) == ("done", STEPS)
        assert runs() == EVERY  # each once
        if fault == "killed":
            assert "Prefect's UI does not show all of sh01" in err
        else:
            assert flow_runs(home) == ["COMPLETED"]
    finally:
        server.stop(home)


@pytest.mark.slow
def test_without_a_server_from_the_start_a_shot_is_done(cli, manifest, runs) -> None:
    """``PREFECT_API_URL`` names one that is not there."""
    done = cli("submit", str(manifest), "--wait", "--workers", "1", "--json", PREFECT_API_URL="http://127.0.0.1:9/api")
    assert done.returncode == 0, done.stderr
    assert runs() == EVERY
    assert done.stderr.count("Prefect's UI does not show all of sh01") == 1


@pytest.mark.slow
def test_a_submit_that_was_killed_goes_on_where_it_was(toy_command, environment, manifest, cli, runs, tmp_path) -> None:
    assert cli("up", "--detach").returncode == 0
    words = [*toy_command, "submit", str(manifest), "--wait", "--workers", "1"]
    run = begun(words, environment, tmp_path, TOY_SLOW_ALIGN="300")
    home = Path(environment["FSVFX_PREFECT_HOME"])
    asked = {"flow_runs": {"name": {"any_": ["sh01"]}}, "sort": "START_TIME_DESC", "limit": 1}
    while not (told := listed(home, "flow_runs", asked)) or told[0]["state_type"] != "RUNNING":
        assert run.poll() is None
        time.sleep(0.2)
    run.kill()
    run.communicate(timeout=60)
    until = time.monotonic() + 120
    while listed(home, "flow_runs", {"flow_runs": {"id": {"any_": [told[0]["id"]]}}})[0]["state_type"] != "CRASHED":
        assert time.monotonic() < until
        time.sleep(0.5)
    before = runs()
    again = cli("submit", str(manifest), "--wait", "--workers", "1", "--json")
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["state"] == "done"
    assert not {one for one in before if not one.startswith("align")} & set(runs())
