"""Whole runs: a real server, real worker processes; a broken chunk, its repair, and a worker's sudden death."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import time
from pathlib import Path

import archives
import psutil
import pytest

from fsvfx.store import open_store

CHUNKS = ["1001-1004", "1005-1008", "1009-1012"]
LEVELS = [str(level) for level in range(10, 22)]


def committed(folder: Path) -> list[str]:
    """Every receipt, as ``stage unit``; one entry for each key."""
    found = [path.relative_to(folder) for path in folder.glob("work/toy/sh01/ledger/*/*/*.json")]
    return sorted(f"{path.parts[-3]} {path.parts[-2]}" for path in found if path.name.count(".") == 1)


@pytest.mark.slow
def test_a_corrupt_frame_fails_its_chunk_only_and_the_command_that_is_told_heals_it(
    cli, manifest, plate_of, runs, tmp_path
):
    plate_of([*LEVELS[:5], "x", *LEVELS[6:]])
    broken = cli("submit", str(manifest), "--wait", "--workers", "2", "--json")
    assert broken.returncode == 4, broken.stderr
    [outcome] = json.loads(broken.stdout)["shots"]
    assert outcome["unfinished"] == ["1005-1008"]
    assert [(one["stage"], one["frames"]) for one in outcome["failures"]] == [("ingest", "1006")]
    assert {"align 1001-1004", "align 1009-1012", "track shot"} <= set(runs())
    plate_of(LEVELS)
    healed = cli(*shlex.split(outcome["command"])[1:], "--workers", "2")
    assert healed.returncode == 0, healed.stderr
    # The broken chunk and the tracks; of its neighbours only what saw it over the halo. No other plate is read again.
    again = runs()
    assert {"ingest 1005-1008", "detect 1005-1008", "align 1005-1008", "track shot"} <= set(again)
    assert not {"ingest 1001-1004", "ingest 1009-1012"} & set(again)
    assert len(again) == len(set(again))
    finished = cli("submit", str(manifest), "--wait", "--json")
    assert json.loads(finished.stdout)["state"] == "done"
    assert runs() == []


@pytest.mark.slow
def test_a_worker_killed_in_mid_stage_costs_no_frame(toy_command, environment, manifest, runs, tmp_path):
    command = [*toy_command, "submit", str(manifest), "--wait", "--workers", "2"]
    slow = {**environment, "TOY_SLOW_ALIGN": "6"}
    run = subprocess.Popen(command, env=slow, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    log = tmp_path / "runs.log"
    victim = _who_runs(log, "align", run)
    assert victim in {child.pid for child in psutil.Process(run.pid).children(recursive=True)}
    os.kill(victim, signal.SIGKILL)
    out, err = run.communicate(timeout=400)
    assert run.returncode == 0, err
    assert "10 of 10" in out
    every = [f"{stage} {chunk}" for stage in ("ingest", "detect", "align") for chunk in CHUNKS]
    assert committed(tmp_path) == sorted([*every, "track shot"])
    assert len([one for one in runs() if one.startswith("align")]) > len(CHUNKS)  # it was in mid-stage indeed


def _who_runs(log: Path, stage: str, run: subprocess.Popen[str]) -> int:
    """The process that first runs ``stage``."""
    until = time.monotonic() + 300
    while time.monotonic() < until and run.poll() is None:
        lines = log.read_text().splitlines() if log.exists() else []
        for line in lines:
            if line.startswith(f"{stage} "):
                return int(line.rpartition(" ")[2])
        time.sleep(0.1)
    raise AssertionError(f"{stage} never ran: {run.communicate()[1] if run.poll() is not None else 'still running'}")


@pytest.mark.slow
def test_a_flipped_byte_in_the_store_is_fixed_by_the_one_command_that_is_printed(cli, manifest, tmp_path):
    assert cli("submit", str(manifest), "--wait", "--workers", "2").returncode == 0
    store = open_store(str(tmp_path / "work/toy/sh01"))
    [path] = store.names("stages/ingest/1005-1008")
    first = min(name for name in archives.members(store, path) if "/c/" in name)
    archives.changed(store, path, lambda name, old: old[:-1] + bytes([old[-1] ^ 1]) if name == first else old)
    verified = cli("verify", str(manifest), "--json")
    assert verified.returncode == 5
    told = json.loads(verified.stdout)
    [command] = told["commands"].values()
    assert "--stage ingest" in command
    assert all("ingest 1005-1008" in one for problems in told["problems"].values() for one in problems)
    assert cli(*shlex.split(command)[1:], "--workers", "2").returncode == 0
    assert cli("verify", str(manifest)).returncode == 0
