"""The FaceKit's head, where there is one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fsvfx.morphable.facekit import facekit
from fsvfx.settings import machine


@pytest.fixture(scope="module")
def head(shared_models: Path) -> Iterator[None]:
    """Skips where the file is absent."""
    file = shared_models / "ict_facekit_light.npz"
    if not file.is_file():
        pytest.skip(f"no FaceKit here: {file} is absent")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FSVFX_ICT_MODEL", str(file))
        machine.cache_clear()
        yield
    machine.cache_clear()


@pytest.fixture
def no_head(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A path where no FaceKit lies."""
    file = tmp_path / "absent.npz"
    monkeypatch.setenv("FSVFX_ICT_MODEL", str(file))
    machine.cache_clear()
    facekit.cache_clear()
    yield file
    machine.cache_clear()
    facekit.cache_clear()
