"""A toy shot with its manifest, for the front door."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
TOYS = HERE.parent / "runner"
ROOT = HERE.parents[2]
sys.path.insert(0, str(TOYS))

import toy_stages  # noqa: E402

MANIFEST = """\
schema_version: 1
production: toy
people: {}
shots:
  - name: sh01
    plate: {path: plate.mp4, first_frame: 1001, frames: 1001-1012, color_space: sRGB}
    chunk_size: 4
"""
LEVELS = [str(level) for level in range(10, 22)]


@pytest.fixture
def manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """In the working folder; the toy stages are in place of the real ones."""
    from fsvfx import media
    from fsvfx.preflight import checks
    from fsvfx.runner import dag

    monkeypatch.setattr(dag, "PATHS", dict(toy_stages.PATHS))
    monkeypatch.setattr(media, "source_for", toy_stages.source_for)
    monkeypatch.setattr(checks, "CHECKS", ())  # toy plates are no pictures
    monkeypatch.setenv("TOY_LOG", str(tmp_path / "runs.log"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plate.mp4").write_text(" ".join(LEVELS))
    path = tmp_path / "shot.yaml"
    path.write_text(MANIFEST)
    return path


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Of a process that runs toys."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "FSVFX_"))}
    paths = os.pathsep.join((str(ROOT), str(TOYS)))
    return {**kept, "PYTHONPATH": paths, "TOY_LOG": str(tmp_path / "runs.log")}
