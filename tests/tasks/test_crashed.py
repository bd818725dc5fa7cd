"""Flow runs whose process is gone are told as crashed; no other is."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from typing import Any

import pytest

from tasks.crashed import PROCESS, is_gone, tell_crashed, this_process


def ended() -> str:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return f"{socket.gethostname()}:{child.pid}:1.00"


def test_a_process_that_is_there_is_not_gone() -> None:
    assert not is_gone(this_process())


def test_one_that_has_ended_is() -> None:
    assert is_gone(ended())


def test_one_whose_id_another_process_has_now_is() -> None:
    assert is_gone(f"{socket.gethostname()}:{os.getpid()}:1.00")


@pytest.mark.parametrize("process", ["", "elsewhere:1:1.00", "nonsense", f"{socket.gethostname()}:x:1.00"])
def test_of_others_nobody_knows(process: str) -> None:
    assert not is_gone(process)


class Server:
    """As much of Prefect's API as is asked."""

    def __init__(self, *processes: str) -> None:
        self.runs = [{"id": str(at), "name": f"sh{at}", "labels": {PROCESS: each}} for at, each in enumerate(processes)]
        self.told: list[str] = []

    def post(self, path: str, body: Any) -> Any:
        if path == "flow_runs/filter":
            return self.runs
        if path == "task_runs/filter":
            return [{"id": f"t{body['flow_runs']['id']['any_'][0]}"}]
        assert body["state"]["type"] == "CRASHED"
        self.told.append(path)
        return {}


def test_what_is_left_behind_is_told_with_its_tasks() -> None:
    server = Server(this_process(), ended(), "elsewhere:1:1.00")
    assert tell_crashed(server) == ["sh1"]  # type: ignore[arg-type]
    assert server.told == ["task_runs/t1/set_state", "flow_runs/1/set_state"]
