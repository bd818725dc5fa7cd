"""Flow runs whose process has died without reporting, as after ``kill -9``: another process has to set their state."""

from __future__ import annotations

import os
import socket
from typing import Any

import psutil

from tasks.rest import Api

PROCESS = "fsvfx.process"
"""The label of a flow run that identifies its process."""
_SAID = "Its process is gone. Finished work is kept, and the same command continues from there."
_RUNNING = {"state": {"type": {"any_": ["RUNNING"]}}}
_SAME = 1.0
"""Tolerance, in seconds, between the clocks of a process's start time."""


def this_process() -> str:
    """``host:pid:start``, as another process may later get the same id."""
    return f"{socket.gethostname()}:{os.getpid()}:{psutil.Process().create_time():.2f}"


def is_gone(process: str) -> bool:
    """Whether it is known to have ended; unknown for other machines."""
    host, pid, start = (*process.rsplit(":", 2), "", "")[:3]
    if host != socket.gethostname() or not pid.isdigit():
        return False
    try:
        there = psutil.Process(int(pid))
        return bool(abs(there.create_time() - float(start)) > _SAME or there.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def tell_crashed(api: Api) -> list[str]:
    """Set flow runs left behind by this machine's processes to Crashed; returns their names.

    Raises the errors of ``Api``.
    """
    told = []
    for run in api.post("flow_runs/filter", {"flow_runs": {**_RUNNING, "tags": {"all_": ["fsvfx"]}}}):
        if is_gone(str((run.get("labels") or {}).get(PROCESS, ""))):
            within = {"flow_runs": {"id": {"any_": [run["id"]]}}, "task_runs": _RUNNING}
            for task in api.post("task_runs/filter", within):
                _set(api, f"task_runs/{task['id']}")
            _set(api, f"flow_runs/{run['id']}")
            told.append(str(run["name"]))
    return told


def _set(api: Api, what: str) -> None:
    state: dict[str, Any] = {"type": "CRASHED", "message": _SAID}
    api.post(f"{what}/set_state", {"state": state, "force": True})
