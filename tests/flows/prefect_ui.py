"""Prefect's API and its UI, as tests look at them."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any, TypeVar
from urllib.request import Request, urlopen

Found = TypeVar("Found", bound=Collection[Any])


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

    def runs(self) -> set[str]:
        """Every flow run of the server: other tests' too."""
        return {str(run["id"]) for run in self.ask("flow_runs", {})}

    def new_run(self, earlier: Collection[str]) -> str:
        """The one that was not there ``earlier``, as soon as it is."""
        [run] = self._found("no new flow run", lambda: self.runs() - set(earlier))
        return run

    def shows_run(self, run: str, tab: str, *texts: str) -> None:
        """The flow run's page, at one of its tabs, comes to show each of ``texts``."""
        self._shows(f"runs/flow-run/{run}?tab={tab}", texts)

    def shows_artifact(self, run: str, key: str, *texts: str) -> None:
        """The flow run's newest artifact of that key, by itself, comes to show each of ``texts``."""
        wanted = {
            "artifacts": {"key": {"any_": [key]}, "flow_run_id": {"any_": [run]}},
            "sort": "CREATED_DESC",
        }
        found = self._found(f"no artifact {key}", lambda: self.ask("artifacts", wanted))
        self._shows(f"artifacts/artifact/{found[0]['id']}", texts)

    def _found(self, otherwise: str, look: Callable[[], Found]) -> Found:
        """What ``look`` finds, once it finds something."""
        until = time.monotonic() + self.PATIENCE / 1000
        while not (found := look()):
            assert time.monotonic() < until, otherwise
            time.sleep(0.5)
        return found

    def _shows(self, path: str, texts: Sequence[str]) -> None:
        until, reload = time.monotonic() + self.PATIENCE / 1000, time.monotonic() + 20
        self.page.goto(f"{self.base}/v2/{path}")
        while lacks := [one for one in texts if one not in self.page.inner_text("body")]:
            assert time.monotonic() < until, f"{path} lacks {lacks}: {self.page.inner_text('body')}"
            self.page.wait_for_timeout(1000)
            if time.monotonic() > reload and self.page.inner_text("body").strip():  # a page that still loads is let be
                self.page.reload()
                reload = time.monotonic() + 20
