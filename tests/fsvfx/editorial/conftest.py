"""Plates that the edits of these tests cut."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from edits import template
from footage import write_video


@pytest.fixture(scope="module")
def plates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A001.mov: frames 0-99 from 01:00:00:00; M001.mov: frames 0-47 from 23:59:59:00; both at 24; and a template."""
    folder = tmp_path_factory.mktemp("plates")
    write_video(folder / "A001.mov", 100, metadata={"timecode": "01:00:00:00"})
    write_video(folder / "M001.mov", 48, metadata={"timecode": "23:59:59:00"})
    shutil.copy(folder / "A001.mov", folder / "A 001 v1.mov")
    shutil.copy(folder / "A001.mov", folder / "A001.C003.mov")
    template(folder)
    return folder
