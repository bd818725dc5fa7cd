"""Toy shots for the command line, run by a real Prefect server and real Dask worker processes."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

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


def listed(home: Path, path: str, body: object) -> list[dict[str, Any]]:
    """What the API of a home's server lists."""
    api = json.loads((home / "fsvfx-server.json").read_text())["api"]
    password = base64.b64encode((home / "password").read_bytes().strip()).decode()
    headers = {"Authorization": f"Basic {password}", "Content-Type": "application/json"}
    with urlopen(Request(f"{api}/{path}/filter", json.dumps(body).encode(), headers), timeout=60) as told:
        return list(json.loads(told.read()))


class Ui:
    """A page of the UI. It is signed in as ``fsvfx open --ui`` does it."""

    PATIENCE = 120_000
    """Milliseconds for something to show."""

    def __init__(self, home: Path, page: Any) -> None:
        self.page, self._home = page, home
        self.page.set_default_timeout(self.PATIENCE)

    @property
    def base(self) -> str:
        return str(json.loads((self._home / "fsvfx-server.json").read_text())["api"]).removesuffix("/api")

    def sign_in(self) -> None:
        password = (self._home / "password").read_bytes().strip()
        self.page.goto(f"{self.base}/sign-in#{base64.b64encode(password).decode()}")
        self.page.get_by_text("Dashboard").first.wait_for()

    def ask(self, path: str, body: object) -> list[dict[str, Any]]:
        return listed(self._home, path, body)

    def last_run(self) -> str:
        return str(self.ask("flow_runs", {"sort": "START_TIME_DESC", "limit": 1})[0]["id"])

    def shows_run(self, run: str, tab: str, *texts: str) -> None:
        """The flow run's page, at one of its tabs, comes to show each of ``texts``."""
        self._shows(f"runs/flow-run/{run}?tab={tab}", texts)

    def shows_artifact(self, key: str, *texts: str) -> None:
        """The newest artifact of that key, by itself, comes to show each of ``texts``."""
        self._shows(f"artifacts/artifact/{self._latest(key)}", texts)

    def _latest(self, key: str) -> str:
        until = time.monotonic() + self.PATIENCE / 1000
        while not (found := self.ask("artifacts", {"artifacts": {"key": {"any_": [key]}}, "sort": "CREATED_DESC"})):
            assert time.monotonic() < until, f"no artifact {key}"
            time.sleep(0.5)
        return str(found[0]["id"])

    def _shows(self, path: str, texts: Sequence[str]) -> None:
        until, reload = time.monotonic() + self.PATIENCE / 1000, time.monotonic() + 20
        self.page.goto(f"{self.base}/v2/{path}")
        while lacks := [one for one in texts if one not in self.page.inner_text("body")]:
            assert time.monotonic() < until, f"{path} lacks {lacks}: {self.page.inner_text('body')}"
            self.page.wait_for_timeout(1000)
            if time.monotonic() > reload:
                self.page.reload()
                reload += 20


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
