"""Nobody else on the machine gets in: not to scheduler, worker or template, not into folders, and no open ports."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from fsvfx import disk
from fsvfx.errors import MachineError
from fsvfx.executors.dask import Dask
from fsvfx.executors.schedulers import check_scheduler
from fsvfx.settings import MachineSettings

INTRUDER = str(Path(__file__).with_name("intruder.py"))


@pytest.fixture(scope="module")
def before() -> frozenset[int]:
    """Ports that servers of other tests listen on, in this process and its children."""
    return frozenset(one.port for one in _listening())


@pytest.fixture(scope="module")
def executor(before: frozenset[int]) -> Any:
    with Dask(1) as running:
        yield running


def test_another_user_gets_in_nowhere(executor: Any, tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    tmp_path.chmod(0o755)
    private = disk.private(tmp_path / "home")
    (open_to_all := tmp_path / "open").mkdir()
    open_to_all.chmod(0o777)
    executor._client.wait_for_workers(1, timeout=300)
    workers = list(executor._client.scheduler_info(n_workers=-1)["workers"])
    addresses = [executor._cluster.scheduler_address, *workers]
    command = [sys.executable, INTRUDER, "nobody", str(open_to_all / "in"), str(private), *addresses]
    said = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True).stdout.splitlines()
    assert len(said) == 4 * len(addresses) + 1
    assert all(one.startswith("refused: ") for one in said), said
    assert not list(open_to_all.iterdir())


def test_the_same_attempts_get_in_where_there_are_no_keys(tmp_path: Path) -> None:
    """Or the test above would pass whatever happens."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    from distributed import LocalCluster

    made: Any = LocalCluster
    tmp_path.chmod(0o777)
    address = {"protocol": "tcp", "host": "127.0.0.1", "dashboard_address": "127.0.0.1:0"}
    with made(n_workers=0, processes=False, **address) as cluster:
        command = [sys.executable, INTRUDER, "nobody", str(tmp_path / "in"), "/", cluster.scheduler_address]
        said = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True).stdout
    assert "IN: tcp as a client" in said
    assert (tmp_path / "in").read_text() == "in"


def _listening() -> list[Any]:
    here = psutil.Process()
    return [
        connection.laddr
        for process in (here, *here.children(recursive=True))
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]


def test_all_ports_are_on_loopback_and_speak_tls(executor: Any, before: frozenset[int]) -> None:
    executor._client.wait_for_workers(1, timeout=300)
    workers = executor._client.scheduler_info(n_workers=-1)["workers"]
    known = {int(one.rpartition(":")[2]) for one in (executor._cluster.scheduler_address, *workers)}
    found = [one for one in _listening() if one.port not in before]
    assert {one.port for one in found} == known
    assert {one.ip for one in found} == {"127.0.0.1"}
    assert all(one.startswith("tls://") for one in workers)


def test_keys_are_in_no_list_of_processes(executor: Any) -> None:
    words = [word for one in psutil.Process().children(recursive=True) for word in (*one.cmdline(), *one.environ())]
    assert words
    assert not any("PRIVATE KEY" in word for word in words)


def test_folders_are_their_owners_alone(executor: Any, tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.mkdir(mode=0o755)
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o2775)
    for folder in (old, tmp_path / "new", Path(executor._cluster._folder)):
        assert stat.S_IMODE(disk.private(folder).stat().st_mode) == 0o700
    assert stat.S_IMODE(disk.private(shared).stat().st_mode) == 0o2775  # its owner wants that


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"scheduler": "tcp://10.0.0.5:8786"}, "everyone who reaches it can run code"),
        ({"scheduler": "10.0.0.5:8786"}, "Write it as tls://"),
        ({"scheduler": "tls://10.0.0.5:8786", "scheduler_ca": "/none.pem"}, "FSVFX_SCHEDULER_CERT is not set"),
        (
            {"scheduler": "tls://a:1", "scheduler_ca": "/no", "scheduler_cert": "/no", "scheduler_key": "/no"},
            "there is no file /no",
        ),
    ],
)
def test_an_open_scheduler_is_refused_by_name(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(MachineError, match="FSVFX_SCHEDULER") as told:
        check_scheduler(MachineSettings(**settings))
    assert said in str(told.value)


@pytest.mark.parametrize(
    "settings", [{}, {"scheduler": "tls://a:1"}, {"scheduler": "tcp://a:1", "scheduler_insecure": True}]
)
def test_others_are_taken(settings: dict[str, Any]) -> None:
    check_scheduler(MachineSettings(**settings))
