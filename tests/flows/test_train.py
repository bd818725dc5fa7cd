"""A real training, as a user runs it: from footage to an evaluated package, on a real server and workers."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from trainings import ALLOWED, ITERATIONS, make_training

from fsvfx import packages
from fsvfx.training import curves

pytestmark = pytest.mark.slow
PATIENCE = 600


@pytest.fixture(scope="module")
def environment(prefect_home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "AWS_"))}
    return {**kept, "FSVFX_PREFECT_HOME": str(prefect_home), "OMP_NUM_THREADS": "1"}


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_training(tmp_path_factory.mktemp("training"))


def command_for(manifest: Path) -> list[str]:
    return [sys.executable, "-m", "flows.cli", "train", str(manifest), "--workers", "1", "--json"]


def train(manifest: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command_for(manifest), env=environment, capture_output=True, text=True, timeout=PATIENCE)


def facesets(manifest: Path, environment: dict[str, str], *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "flows.cli", "facesets", str(manifest), "--out", str(manifest.parent), *options]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE)


@pytest.fixture(scope="module")
def built(manifest: Path, environment: dict[str, str]) -> dict[str, Any]:
    """The facesets, which are shown once they are built."""
    before = facesets(manifest, environment)
    assert before.returncode == 2
    assert f"fsvfx facesets {manifest} --build" in before.stderr
    done = facesets(manifest, environment, "--build", "--workers", "1", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_facesets_are_built_without_a_training(built: dict[str, Any], manifest: Path) -> None:
    assert {one["person"] for one in built["facesets"]} == {"nobody", "sitter"}
    assert all(one["faces"] > 0 for one in built["facesets"])
    assert not list(manifest.parent.glob("training/**/events.jsonl"))


@pytest.fixture(scope="module")
def killed(built: dict[str, Any], manifest: Path, environment: dict[str, str]) -> dict[str, Any]:
    """What is told once the training's process was killed in the middle."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    run = subprocess.Popen(command_for(manifest), env=environment, text=True, **pipes)
    os.kill(trainer_of(run, manifest.parent / "training/nobody_on_sitter"), signal.SIGKILL)
    out, err = run.communicate(timeout=PATIENCE)
    assert run.returncode == 5, out + err
    told: dict[str, Any] = json.loads(out)
    return told


@pytest.fixture(scope="module")
def finished(killed: dict[str, Any], manifest: Path, environment: dict[str, str]) -> dict[str, Any]:
    """The outcome of the run after that."""
    done = train(manifest, environment)
    assert done.returncode == 0, done.stdout + done.stderr
    outcome: dict[str, Any] = json.loads(done.stdout)
    return outcome


def trainer_of(run: subprocess.Popen[str], folder: Path) -> int:
    """The training's process, once it has saved a checkpoint."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and run.poll() is None:
        if list(folder.glob("checkpoints/step-*")):
            return next(child.pid for child in _descendants(run.pid) if "fsvfx.training" in _words(child))
        time.sleep(0.02)
    raise AssertionError(f"it never trained: {run.communicate()}")


def _descendants(pid: int) -> Iterator[psutil.Process]:
    yield from psutil.Process(pid).children(recursive=True)


def _words(process: psutil.Process) -> list[str]:
    """Of its command; none of a process that has ended and was not asked about yet, as the one that reads new files."""
    try:
        return process.cmdline()
    except (psutil.ZombieProcess, psutil.NoSuchProcess):
        return []


def test_a_killed_training_tells_the_command_that_goes_on(killed: dict[str, Any], manifest: Path) -> None:
    assert killed["exit_code"] == 5
    assert "signal 9" in killed["error"]["what"]
    assert f"fsvfx train {manifest}" in killed["error"]["hint"]


def test_its_facesets_can_be_looked_at(finished: dict[str, Any], manifest: Path, tmp_path: Path) -> None:
    words = [sys.executable, "-m", "flows.cli", "facesets", str(manifest), "--out", str(tmp_path), "--json"]
    said = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE)
    assert said.returncode == 0, said.stdout + said.stderr
    told = json.loads(said.stdout)["facesets"]
    card = packages.card_of(Path(finished["package"]))
    assert [(one["person"], one["digest"]) for one in told] == [(each.name, each.faceset) for each in card.people]
    assert all(0 < one["held_out"] < one["faces"] for one in told)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        Path(sheet).name for one in told for sheet in one["sheets"]
    )


def test_run_again_it_resumes_and_ends_in_a_package_that_is_evaluated(finished: dict[str, Any], manifest: Path) -> None:
    assert (finished["state"], finished["iterations"]) == ("done", ITERATIONS)
    folder = Path(finished["folder"])
    assert "Resumed at iteration" in (folder / "events.jsonl").read_text()
    assert [point.step for point in curves.read(folder / "curves.jsonl")] == list(range(1, ITERATIONS + 1))
    package = Path(finished["package"])
    card = packages.card_of(package)
    assert package.parent.parent == manifest.parent / "packages"
    assert (card.sha256, card.names, card.iterations) == (finished["sha256"], ("nobody", "sitter"), ITERATIONS)
    assert [person.consent for person in card.people] == ["demo-nobody", "demo-sitter"]
    assert all(person.is_test_record and person.held_out for person in card.people)
    assert card.figures is not None
    assert {"evaluation.json", "evaluation.png", "preview.png"} <= {file.name for file in package.iterdir()}
    assert not list(folder.glob("result.*"))


def test_a_finished_training_does_nothing_and_says_where_the_package_is(
    finished: dict[str, Any], manifest: Path, environment: dict[str, str]
) -> None:
    before = {path: path.stat().st_mtime_ns for path in manifest.parent.rglob("*")}
    again = train(manifest, environment)
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout) == finished | {"seconds": 0.0}
    assert {path: path.stat().st_mtime_ns for path in manifest.parent.rglob("*")} == before


def test_without_consent_to_training_nothing_runs(manifest: Path, environment: dict[str, str], tmp_path: Path) -> None:
    for path in manifest.parent.glob("*.yaml"):
        shutil.copy(path, tmp_path)
    record = tmp_path / "sitter.consent.yaml"
    record.write_text(record.read_text().replace(ALLOWED, ""))
    refused = train(tmp_path / manifest.name, environment)
    assert refused.returncode == 3, refused.stdout + refused.stderr
    [reason] = json.loads(refused.stdout)["error"]["reasons"]
    assert "sitter" in reason
    assert not (tmp_path / "training").exists()
