"""Fixtures that several tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest_plugins = ["servers", "actors_head"]

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def clips() -> Path:
    """Real footage, where there is some."""
    folder = SHARED / "clips"
    if not folder.is_dir():
        pytest.skip(f"no footage here: {folder} is absent")
    return folder


@pytest.fixture(scope="session")
def shared_models() -> Path:
    """Model data for tests, where there is some."""
    folder = SHARED / "models"
    if not folder.is_dir():
        pytest.skip(f"no model data here: {folder} is absent")
    return folder
