"""A real shot from end to end, as a user runs it: the demo's plate and identity, a few frames of them."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import OpenEXR
import pytest
from toy_packages import toy_package

import fsvfx
from fsvfx.colour import PlateColour
from fsvfx.demo import make
from fsvfx.manifests import jobs
from fsvfx.media import open_plate
from fsvfx.runner import plan
from schemas.receipts import Receipt

pytestmark = pytest.mark.slow
Cli = Callable[..., subprocess.CompletedProcess[str]]
FIRST, LAST, CHUNK = 1001, 1012, 6


@pytest.fixture(scope="module")
def cli(prefect_home: Path) -> Cli:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "AWS_"))}

    def run(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "flows.cli", *words],
            env={**kept, "FSVFX_PREFECT_HOME": str(prefect_home), "OMP_NUM_THREADS": "1", **more},
            capture_output=True,
            text=True,
            timeout=600,
        )

    return run


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The manifest of a short piece of the demo's shot."""
    manifest = make(tmp_path_factory.mktemp("shot"))
    text = (
        manifest.read_text().replace("1001-1072", f"{FIRST}-{LAST}").replace("chunk_size: 24", f"chunk_size: {CHUNK}")
    )
    manifest.write_text(text)
    return manifest


WATCHED = """
import os, sys, traceback

class Watch:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == "torch":
            log("".join(traceback.format_stack()))

def log(what):
    with open(os.path.join(os.path.dirname(__file__), f"{os.getpid()}.log"), "a") as file:
        file.write(what)

log(" ".join(sys.orig_argv) + "\\n")
sys.meta_path.insert(0, Watch)
"""
"""A ``sitecustomize`` that writes down every process that starts, and whence it imports torch."""


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("watched")
    (folder / "sitecustomize.py").write_text(WATCHED)
    return folder


@pytest.fixture(scope="module")
def finished(cli: Cli, made: Path, watched: Path) -> Path:
    paths = os.pathsep.join([str(watched), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = cli("submit", str(made), "--wait", "--workers", "2", PYTHONPATH=paths)
    assert done.returncode == 0, done.stdout + done.stderr
    return made


@pytest.fixture
def copied(finished: Path, tmp_path: Path) -> Path:
    """A finished shot that a test may harm."""
    shutil.copytree(finished.parent, tmp_path / "shot")
    return tmp_path / "shot" / finished.name


def receipts_of(manifest: Path, store: str | None = None) -> dict[tuple[str, str], Receipt]:
    [job] = jobs(manifest, store=store)
    return {(one.stage, one.unit.name): one.receipt for one in plan(job).entries if one.receipt}


def exr(manifest: Path, frame: int) -> dict[str, np.ndarray]:
    file = OpenEXR.File(str(manifest.parent / f"out/sq010_sh0010/sq010_sh0010.{frame}.exr"))
    return {name: channel.pixels for name, channel in file.channels().items()}


def test_no_process_of_a_shot_without_networks_imports_torch(finished: Path, watched: Path) -> None:
    """It would take two seconds in each."""
    said = [log.read_text() for log in watched.glob("*.log")]
    assert any("flows.cli submit" in log for log in said)
    assert any("executors.template" in log for log in said), "the process that workers are copies of"
    assert not [log for log in said if "importlib" in log], said


def test_outside_the_matte_every_delivered_pixel_is_the_plates(finished: Path) -> None:
    [job] = jobs(finished)
    numbers = range(FIRST, LAST + 1)
    for number, frame in zip(numbers, open_plate(job).pictures(numbers), strict=True):
        plate = PlateColour.of(job).to_comp(frame)
        layers = exr(finished, number)
        outside = layers["matte.A"] == 0
        assert 0.3 < outside.mean() < 0.99, "a matte that covers nothing, or everything, would prove nothing"
        assert np.array_equal(layers["RGB"].view(np.uint16)[outside], plate.view(np.uint16)[outside])
        assert not np.array_equal(layers["RGB"][~outside], plate[~outside])


def test_a_run_from_python_gives_the_same_store_and_the_same_files(finished: Path, tmp_path: Path) -> None:
    """Without server and cluster, in this process: receipts and deliverables equal those of submit, byte for byte."""
    kept = finished.parent / "kept"
    folders = ("work", "out")
    for folder in folders:
        shutil.move(finished.parent / folder, kept / folder)
    try:
        result = fsvfx.run(finished, executor="serial")
        assert result.ok, str(result)
        ran, files = receipts_of(finished), delivered(finished.parent / "out")
        for folder in folders:
            shutil.move(finished.parent / folder, tmp_path / folder)
    finally:
        for folder in folders:
            shutil.move(kept / folder, finished.parent / folder)
    submitted = receipts_of(finished)
    assert {at: (one.key, one.digest) for at, one in ran.items()} == {
        at: (one.key, one.digest) for at, one in submitted.items()
    }
    assert files == delivered(finished.parent / "out")
    assert {path.suffix for path in files} >= {".exr", ".mp4"}


def delivered(folder: Path) -> dict[Path, bytes]:
    """Every delivered file but the report, which says when each stage ran."""
    found = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".json")
    return {path.relative_to(folder): path.read_bytes() for path in found}


def test_a_finished_shot_runs_nothing_again(finished: Path, cli: Cli) -> None:
    before = receipts_of(finished)
    again = cli("submit", str(finished), "--wait", "--json")
    assert again.returncode == 0, again.stderr
    assert {key: one.attempt for key, one in receipts_of(finished).items()} == {
        key: one.attempt for key, one in before.items()
    }
    assert cli("verify", str(finished)).returncode == 0


def test_a_composite_setting_redoes_no_swap(copied: Path, cli: Cli) -> None:
    before = receipts_of(copied)
    copied.write_text(copied.read_text().replace("mode: seamless", "mode: seamless, erode: 3"))
    edited = cli("submit", str(copied), "--wait", "--workers", "1")
    assert edited.returncode == 0, edited.stdout + edited.stderr
    stages = [stage for stage, _ in _new(receipts_of(copied), before)]
    assert set(stages) == {"composite", "measure", "deliver"}


def test_one_flipped_byte_is_found_and_the_command_that_is_told_heals_it(copied: Path, cli: Cli) -> None:
    [piece] = (copied.parent / "work/demo/sq010_sh0010/stages/swap/1001-1006").iterdir()
    content = bytearray(piece.read_bytes())
    content[len(content) // 2] ^= 1
    piece.write_bytes(content)
    found = cli("verify", str(copied), "--json")
    assert found.returncode == 5, found.stdout + found.stderr
    assert "1001-1006" in found.stdout
    assert "swap" in found.stdout
    healed = cli("retry", str(copied), "--frames", "1001-1006", "--stage", "swap")
    assert healed.returncode == 0, healed.stdout + healed.stderr
    assert cli("verify", str(copied)).returncode == 0


def test_a_deleted_piece_is_found_before_delivery(copied: Path, cli: Cli) -> None:
    for piece in (copied.parent / "work/demo/sq010_sh0010/stages/composite/1007-1012").iterdir():
        piece.unlink()
    shutil.rmtree(copied.parent / "out")
    broken = cli("submit", str(copied), "--wait", "--workers", "1", "--json")
    assert broken.returncode == 4, broken.stdout + broken.stderr
    assert not list((copied.parent / "out").rglob("*.1007.exr")), "no frame may be made up"
    assert "composite" in broken.stdout
    [outcome] = json.loads(broken.stdout)["shots"]
    healed = cli("retry", str(copied), "--frames", "1007-1012", "--stage", "composite")
    assert healed.returncode == 0, healed.stdout + healed.stderr
    assert shlex.split(outcome["command"])[:2] == ["fsvfx", "retry"]
    assert np.array_equal(exr(copied, 1012)["matte.A"].shape, (480, 640))


def test_a_model_package_swaps_as_any_engine_does(copied: Path, cli: Cli) -> None:
    """From manifest to EXR; another package is another key, and none at all is told before anything runs."""
    before = receipts_of(copied)
    people = ("nobody", "sitter")
    for person in people:
        record = copied.parent / f"{person}.consent.yaml"
        record.write_text(record.read_text().replace("scope:\n", "scope:\n  training_allowed: true\n"))
    (one, first), (_, second) = (toy_package(copied.parent / "packages", "df", people, seed=n) for n in (1, 2))
    plain, text = "engine: landmark_warp", copied.read_text()
    assert plain in text

    def write(sha256: str) -> None:
        copied.write_text(text.replace(plain, f"engine: df, settings: {{model: toy, sha256: {sha256}}}"))

    write(first.sha256)
    done = cli("submit", str(copied), "--wait", "--workers", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert {stage for stage, _ in _new(receipts_of(copied), before)} == {"swap", "composite", "measure", "deliver"}
    matte = exr(copied, 1001)["matte.A"]
    assert 0.02 < (matte > 0).mean() < 0.7, "the learned matte shows something, and not everything"
    write(second.sha256)
    [job] = jobs(copied)
    missing = {one.stage for one in plan(job).entries if one.receipt is None}
    assert {"swap", "composite"} <= missing
    assert not {"align", "references"} & missing
    write(first.sha256)
    shutil.rmtree(one)
    for verb in ("plan", "submit"):
        gone = cli(verb, str(copied))
        assert gone.returncode == 2, gone.stdout
        assert f"Versions of 'toy': {second.sha256}" in gone.stderr
        assert "Traceback" not in gone.stderr


def test_on_s3_the_same_digests(finished: Path, cli: Cli, tmp_path: Path, s3_server, s3_bucket: str) -> None:
    shutil.copytree(finished.parent, tmp_path / "shot", ignore=shutil.ignore_patterns("work", "out"))
    manifest = tmp_path / "shot" / finished.name
    manifest.write_text(manifest.read_text().replace('"out/', f'"{s3_bucket}/out/'))
    environment = s3_server.environment
    done = cli("submit", str(manifest), "--wait", "--store", f"{s3_bucket}/work", "--workers", "2", **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    local, remote = receipts_of(finished), receipts_of(manifest, f"{s3_bucket}/work")
    assert local.keys() == remote.keys()
    assert {key: one.digest for key, one in remote.items() if key[0] != "deliver"} == {
        key: one.digest for key, one in local.items() if key[0] != "deliver"
    }
    assert _frames_delivered(local) == _frames_delivered(remote)
    wrong = {**environment, "AWS_SECRET_ACCESS_KEY": "not-it"}
    refused = cli("status", str(manifest), "--store", f"{s3_bucket}/work", **wrong)
    assert refused.returncode == 5
    assert "Traceback" not in refused.stderr + refused.stdout


def _frames_delivered(receipts: dict[tuple[str, str], Receipt]) -> dict[int, str]:
    files = [file for (stage, _), one in receipts.items() if stage == "deliver" for file in one.files]
    return {file.frame: file.digest for file in files if file.frame is not None}


def _new(now: dict[tuple[str, str], Receipt], before: dict[tuple[str, str], Receipt]) -> set[tuple[str, str]]:
    return {key for key, one in now.items() if key not in before or before[key].attempt != one.attempt}
