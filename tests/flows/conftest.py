"""Toy shots for the command line, run by a real Prefect server and real Dask worker processes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from prefect_ui import Ui

HERE = Path(__file__).resolve().parent
TOYS = HERE.parent / "fsvfx" / "runner"
MANIFEST = """\
schema_version: 1
production: toy
people: {}
shots:
  - name: sh01
    plate: {path: plate.mp4, first_frame: 1001, frames: 1001-1012, color_space: sRGB}
    chunk_size: 4
"""
GOOD = [str(level) for level in range(10, 22)]

Cli = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def prefect_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Home of one server for all tests, which the first run starts."""
    home = tmp_path_factory.mktemp("prefect")
    yield home
    from flows import server

    server.stop(home)


@pytest.fixture(scope="session")
def ui(prefect_home: Path) -> Iterator[Ui]:
    """Prefect's UI in a browser, as a person sees it."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no browser here: Debian's package chromium is absent")
    playwright = pytest.importorskip("playwright.sync_api", reason="the package playwright is absent")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield Ui(prefect_home, browser.new_page(viewport={"width": 1280, "height": 800}))
        browser.close()


@pytest.fixture
def environment(prefect_home: Path, tmp_path: Path) -> dict[str, str]:
    paths = [str(HERE.parents[1]), str(HERE), str(TOYS)]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "FSVFX_"))}
    return {
        **kept,
        "PYTHONPATH": os.pathsep.join(paths),
        "FSVFX_PREFECT_HOME": str(prefect_home),
        "FSVFX_CACHE": str(tmp_path / "cache"),
        "TOY_LOG": str(tmp_path / "runs.log"),
    }


@pytest.fixture
def toy_command() -> list[str]:
    return [sys.executable, str(HERE / "toy_cli.py")]


@pytest.fixture
def cli(toy_command: list[str], environment: dict[str, str], tmp_path: Path) -> Cli:
    """The command line with toy stages, in a process of its own."""

    def run(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*toy_command, *words],
            env={**environment, **more},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=400,
        )

    return run


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    path = tmp_path / "shot.yaml"
    path.write_text(MANIFEST)
    write_plate(tmp_path, GOOD)
    return path


def write_plate(folder: Path, levels: list[str]) -> None:
    (folder / "plate.mp4").write_text(" ".join(levels))


@pytest.fixture
def plate_of(tmp_path: Path) -> Callable[[list[str]], None]:
    return lambda levels: write_plate(tmp_path, levels)


@pytest.fixture
def runs(tmp_path: Path) -> Callable[[], list[str]]:
    """What has run since the last call, as ``stage unit``."""
    log = tmp_path / "runs.log"

    def read() -> list[str]:
        lines = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return sorted(line.rpartition(" ")[0] for line in lines)

    return read
