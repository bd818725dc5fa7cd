"""A scheduler that the settings name: used with its keys, waited for while it is away, and no longer than stated."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from distributed import LocalCluster
from distributed.security import Security

from fsvfx.errors import MachineError
from fsvfx.executors import Task
from fsvfx.executors.dask import Dask
from fsvfx.settings import machine


@pytest.fixture
def named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A cluster of somebody else's, which the settings name; it has a worker in this process."""
    keys: Any = Security.temporary()  # type: ignore[no-untyped-call]
    made: Any = LocalCluster
    address = {"protocol": "tls", "host": "127.0.0.1", "dashboard_address": "127.0.0.1:0"}
    with made(n_workers=1, threads_per_worker=2, processes=False, security=keys, **address) as cluster:
        found = {"CA": keys.tls_ca_file, "CERT": keys.tls_client_cert, "KEY": keys.tls_client_key}
        for name, text in found.items():
            (tmp_path / name).write_text(text)
            monkeypatch.setenv(f"FSVFX_SCHEDULER_{name}", str(tmp_path / name))
        monkeypatch.setenv("FSVFX_SCHEDULER", cluster.scheduler_address)
        monkeypatch.setenv("FSVFX_SCHEDULER_SECONDS", "3")
        machine.cache_clear()
        yield cluster
    machine.cache_clear()


def test_it_is_used_with_its_keys(named: Any) -> None:
    with Dask() as executor:
        executor.submit(Task("toy", "toy", os.getpid))
        ended = executor.wait(60)
    assert ended is not None
    assert (ended.value, ended.error) == (os.getpid(), None)


def test_without_workers_it_is_waited_for_and_no_longer_than_stated(named: Any) -> None:
    with Dask() as executor:
        named.sync(named.scheduler.retire_workers, close_workers=True)
        executor.submit(Task("toy", "toy", os.getpid))
        with pytest.raises(MachineError, match="has had no worker for 3 s"):
            executor.wait(60)


def test_one_that_is_away_is_told_with_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FSVFX_SCHEDULER", "tls://127.0.0.1:9")
    monkeypatch.setenv("FSVFX_SCHEDULER_SECONDS", "1")
    machine.cache_clear()
    with pytest.raises(MachineError, match=r"tls://127\.0\.0\.1:9 can't be reached"):
        Dask().start()
    machine.cache_clear()
