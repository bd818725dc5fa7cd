"""The Prefect server of this machine: a real process on loopback with a home of its own, never an ephemeral one.

Nothing here imports Prefect: the environment has to be right before it is imported.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from fsvfx.errors import MachineError, Where
from fsvfx.settings import machine

PATIENCE = 120.0
"""Seconds for a server to become healthy; it takes 4-10 on an idle machine."""


@dataclass(frozen=True)
class Server:
    """A Prefect server: its API's address, and its process if it is ours."""

    api: str
    pid: int | None = None
    log: Path | None = None

    @property
    def ui(self) -> str:
        return self.api.removesuffix("/api")

    def healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.api}/health", timeout=5) as answer:
                return bool(answer.status == 200)
        except (OSError, ValueError):
            return False


def begin(home: Path | None = None) -> Server:
    """Name the server to use, starting one if there is none, and point this process and its children at it.

    Does not wait until it is healthy (see ``wait``), so that a cluster can start meanwhile.
    """
    named = os.environ.get("PREFECT_API_URL")
    if named and "FSVFX_OWN_SERVER" not in os.environ:
        _quieten()
        return Server(api=named.rstrip("/"))
    home = home or machine().prefect_home
    with _locked(home):
        server = running(home) or _start(home)
    os.environ.update(_environment(home, server.api), FSVFX_OWN_SERVER="1")
    _quieten()
    return server


def wait(server: Server, patience: float = PATIENCE) -> Server:
    """Return when ``server`` answers; MachineError if it dies or never does."""
    until = time.monotonic() + patience
    while not server.healthy():
        if server.pid is not None and not psutil.pid_exists(server.pid):
            raise _not_up(server, "The Prefect server ended while it started")
        if time.monotonic() > until:
            raise _not_up(server, f"The Prefect server at {server.api} did not answer within {patience:.0f} s")
        time.sleep(0.2)
    return server


def running(home: Path | None = None) -> Server | None:
    """The server that was started here and still lives."""
    note = _note(home or machine().prefect_home)
    try:
        said = json.loads(note.read_text())
        process = psutil.Process(said["pid"])
        alive = abs(process.create_time() - said["created"]) < 2 and process.status() != psutil.STATUS_ZOMBIE
    except (OSError, ValueError, KeyError, psutil.Error):
        return None
    return Server(api=said["api"], pid=said["pid"], log=note.with_suffix(".log")) if alive else None


def stop(home: Path | None = None, patience: float = 15.0) -> bool:
    """End the server that was started here, by its process id; False if there was none."""
    home = home or machine().prefect_home
    with _locked(home):
        server = running(home)
        if server is None or server.pid is None:
            return False
        process = psutil.Process(server.pid)
        family = [process, *process.children(recursive=True)]
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
        for survivor in psutil.wait_procs(family, timeout=patience)[1]:
            with contextlib.suppress(psutil.NoSuchProcess):
                survivor.kill()
        _note(home).unlink(missing_ok=True)
    return True


def _start(home: Path) -> Server:
    port = _free_port()
    api = f"http://127.0.0.1:{port}/api"
    log = _note(home).with_suffix(".log")
    command = [sys.executable, "-P", "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    with log.open("ab") as sink:
        child = subprocess.Popen(
            command,
            env={**os.environ, **_environment(home, api)},
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            start_new_session=True,  # Ctrl-C in the terminal is not for the server
        )
    created = psutil.Process(child.pid).create_time()
    _note(home).write_text(json.dumps({"pid": child.pid, "api": api, "created": created}))
    return Server(api=api, pid=child.pid, log=log)


def _environment(home: Path, api: str) -> dict[str, str]:
    return {
        "PREFECT_HOME": str(home),
        "PREFECT_API_URL": api,
        "PREFECT_UI_API_URL": api,
        "PREFECT_SERVER_UI_API_URL": api,
        "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_API_SSL_CERT_FILE": str(_one_authority(home)),
    }


def _one_authority(home: Path) -> Path:
    """A file with a single certificate authority.

    Our server speaks plain HTTP on loopback. Still each of Prefect's clients loads every authority that it is given,
    two of them a task run: 0.1 s each with the usual bundle, nothing with one.
    """
    import certifi

    path = home / "authority.pem"
    if not path.exists():
        end = "-----END CERTIFICATE-----"
        bundle = Path(certifi.where()).read_text(encoding="utf-8")
        path.write_text(f"{bundle[bundle.index('-----BEGIN') :].partition(end)[0]}{end}\n", encoding="utf-8")
    return path


def _quieten() -> None:
    """Prefect's console log would tear the progress bars; the server keeps the whole log."""
    os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _note(home: Path) -> Path:
    return home / "fsvfx-server.json"


@contextlib.contextmanager
def _locked(home: Path) -> Iterator[None]:
    """One at a time: two submits at once must not start two servers."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        gate = (home / "fsvfx-server.lock").open("w")
    except OSError as error:
        hint = "Set FSVFX_PREFECT_HOME to a folder that you may write"
        raise MachineError(f"{home} can't be used: {error.strerror}", hint=hint) from error
    with gate:
        fcntl.flock(gate, fcntl.LOCK_EX)
        yield


def _not_up(server: Server, what: str) -> MachineError:
    if server.log is None:
        hint = "Check PREFECT_API_URL, or unset it to have one started here"
        return MachineError(what, hint=hint, where=Where(file=server.api))
    return MachineError(what, hint="Its log says why", where=Where(file=str(server.log)), transient=True)
