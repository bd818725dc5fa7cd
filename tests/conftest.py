"""Fixtures that several tests share."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["servers", "actors_head"]

# How long an example takes says more of the machine than of the code: a busy one must not fail the suite.
# In CI each change is judged by the same examples; elsewhere each run looks for new ones.
settings.register_profile(
    "any machine",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=bool(os.environ.get("CI")),
    database=None if os.environ.get("CI") else settings().database,
)
settings.load_profile("any machine")

# Of a suite that runs in the background the shell has SIGINT ignored, and what it starts would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

SHARED = Path(__file__).resolve().parents[2] / "shared"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that want a GPU are left out where there is none."""
    wanting = [item for item in items if item.get_closest_marker("gpu")]
    if wanting:
        import torch  # most collections need not wait for it

        if not torch.cuda.is_available():
            for item in wanting:
                item.add_marker(pytest.mark.skip(reason="no GPU"))


@pytest.fixture(scope="session")
def clips() -> Path:
    """Real footage, where there is some."""
    folder = SHARED / "clips"
    if not folder.is_dir():
        pytest.skip(f"no footage here: {folder} is absent")
    return folder


@pytest.fixture(scope="session")
def faces() -> Path:
    """Pictures of people, a folder each, where there are some."""
    folder = SHARED / "faces/people"
    if not folder.is_dir():
        pytest.skip(f"no faces here: {folder} is absent")
    return folder


@pytest.fixture(scope="session")
def shared_models() -> Path:
    """Model data for tests, where there is some."""
    folder = SHARED / "models"
    if not folder.is_dir():
        pytest.skip(f"no model data here: {folder} is absent")
    return folder


def pytest_runtest_logfinish() -> None:
    """The machine's settings are read once per process, from an environment that tests change and put back."""
    from fsvfx.settings import machine

    machine.cache_clear()
