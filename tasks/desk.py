"""Reports a run to Prefect: everything in an account that the server does not have yet. If the server loses its data,
all of it again."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from PIL import Image

from tasks.account import Account, Line, Shown, Told
from tasks.crashed import PROCESS, this_process
from tasks.forms import key_of, uri_of
from tasks.rest import Api, Gone

EVERY = 2.0
"""Seconds between updates of progress and table; more for large tables, as each is sent whole."""
ROWS_A_SECOND = 25


@dataclass(frozen=True)
class Run:
    """The flow run to update. ``id``: one that Prefect's engine has made and will end; by default a new one is made."""

    flow: str
    name: str
    production: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    id: str | None = None

    def key(self, kind: str) -> str:
        """The key of an artifact: stable, so that the UI shows its history."""
        return key_of(self.production, self.name, kind)


class Desk:
    """For one run. Raises the errors of ``Api``."""

    def __init__(self, api: Api, run: Run) -> None:
        self.run, self._api = run, api
        self.id = run.id
        self._forget()

    def _forget(self) -> None:
        self._tasks: dict[str, tuple[str, Told]] = {}
        self._artifacts: dict[str, tuple[str, object]] = {}
        self._logged = 0
        self._due = 0.0
        self._mark = str(uuid4())
        self.has_ended = False

    def tell(self, account: Account) -> None:
        """Send what is new; at the run's end, everything. A run of the engine's that is Gone stays so."""
        try:
            self._tell(account)
        except Gone:
            if self.run.id is not None:
                raise
            self.id = None
            self._forget()
            self._tell(account)

    def _tell(self, account: Account) -> None:
        if self.has_ended:
            return
        if self.id is None:
            self.id = self._new_run()
        if account.end or time.monotonic() >= self._due:
            for each in account.shown():
                self._artifact(each)
            self._due = time.monotonic() + max(EVERY, len(account.rows) / ROWS_A_SECOND)
        for label, told in list(account.tasks.items()):
            self._task(label, told)
        self._log(account.log)
        if account.end:
            self._end(account.end)

    def _new_run(self) -> str:
        flow = self._api.post("flows/", {"name": self.run.flow})
        asked = {
            "flow_id": flow["id"],
            "name": self.run.name,
            "parameters": dict(self.run.parameters),
            "tags": ["fsvfx", self.run.production],
            "state": {"type": "RUNNING"},
            "labels": {PROCESS: this_process()},
            "idempotency_key": self._mark,  # if a response is lost, the retry gets the same run
        }
        return str(self._api.post("flow_runs/", asked)["id"])

    def _artifact(self, shown: Shown) -> None:
        known, stamp = self._artifacts.get(shown.kind, ("", None))
        if stamp == shown.stamp:
            return
        content = shown.make()
        data = uri_of(content) if isinstance(content, Image.Image) else content
        if data is None:
            return
        if known:
            self._api.patch(f"artifacts/{known}", {"data": data})
        else:
            made = {"key": self.run.key(shown.kind), "type": shown.form, "description": shown.description}
            known = self._api.post("artifacts/", {**made, "data": data, "flow_run_id": self.id})["id"]
        self._artifacts[shown.kind] = (known, shown.stamp)

    def _task(self, label: str, told: Told) -> None:
        known, said = self._tasks.get(label, ("", None))
        if said == told:
            return
        state = {"type": told.state, "message": told.message or None}
        if known:
            self._api.post(f"task_runs/{known}/set_state", {"state": state, "force": True})
        else:
            made = {"flow_run_id": self.id, "task_key": label.partition(" ")[0], "dynamic_key": label, "name": label}
            known = self._api.post("task_runs/", {**made, "state": state})["id"]
        self._tasks[label] = (known, told)

    def _log(self, lines: Sequence[Line]) -> None:
        new = lines[self._logged :]
        if new:
            self._api.post("logs/", [self._line(each) for each in new])
            self._logged += len(new)

    def _line(self, line: Line) -> dict[str, Any]:
        when = line.when.isoformat()
        return {"name": "fsvfx", "level": line.level, "message": line.text, "timestamp": when, "flow_run_id": self.id}

    def _end(self, end: Told) -> None:
        if self.run.id is None:
            state = {"type": end.state, "message": end.message}
            self._api.post(f"flow_runs/{self.id}/set_state", {"state": state, "force": True})
        self.has_ended = True
