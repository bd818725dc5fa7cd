"""The Prefect server of this machine: a real process on loopback with a home of its own, never an ephemeral one.

Nothing here imports Prefect: the environment must be set before it is imported.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from flows.home import Home
from fsvfx.errors import MachineError, Where
from fsvfx.settings import machine

PATIENCE = 120.0
"""Seconds for a server to become healthy; it takes 4-10 on an idle machine."""
NICENESS = 5
"""Actual work takes precedence over the server, which is only for viewing it."""


@dataclass(frozen=True)
class Server:
    """A Prefect server: its API's address, and its process if it is ours."""

    api: str
    pid: int | None = None
    log: Path | None = None

    @property
    def ui(self) -> str:
        return self.api.removesuffix("/api")

    @property
    def signed_in(self) -> str:
        """An address that opens the UI of this machine's server without asking for its password."""
        if self.pid is None:
            return self.ui
        return f"{self.ui}/sign-in#{base64.b64encode(password_file().read_bytes().strip()).decode()}"

    def shown_to(self, is_person: bool) -> str:
        """The UI's address: with the password for people, without it for a log."""
        return self.signed_in if is_person else self.ui

    def healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.api}/health", timeout=5) as answer:
                return bool(answer.status == 200)
        except (OSError, ValueError):
            return False


def password_file() -> Path:
    """The file with the password of this machine's server."""
    return Home(machine().prefect_home).password_file


def begin(home: Path | None = None) -> Server:
    """Determine the server to use, starting one if there is none, and point this process and its children at it.

    Does not wait until it is healthy (see ``wait``), so that a cluster can start meanwhile.
    """
    named = os.environ.get("PREFECT_API_URL")
    if named and "FSVFX_OWN_SERVER" not in os.environ:
        _quieten()
        return Server(api=named.rstrip("/"))
    found = Home(home or machine().prefect_home)
    with found.locked():
        server = running(found.folder) or _start(found)
        os.environ.update(found.environment(server.api), FSVFX_OWN_SERVER="1")
    _quieten()
    return server


def wait(server: Server, patience: float = PATIENCE) -> Server:
    """Return when ``server`` answers; MachineError if it dies or never does."""
    until = time.monotonic() + patience
    while not server.healthy():
        if server.pid is not None and not psutil.pid_exists(server.pid):
            raise _not_up(server, "The Prefect server exited while starting")
        if time.monotonic() > until:
            raise _not_up(server, f"The Prefect server at {server.api} did not answer within {patience:.0f} s")
        time.sleep(0.2)
    return server


def running(home: Path | None = None) -> Server | None:
    """The server that was started here and is still running."""
    found = Home(home or machine().prefect_home)
    said = found.read_note()
    try:
        process = psutil.Process(said["pid"])
        alive = abs(process.create_time() - said["created"]) < 2 and process.status() != psutil.STATUS_ZOMBIE
        return Server(api=said["api"], pid=said["pid"], log=found.log) if alive else None
    except (KeyError, TypeError, psutil.Error):
        return None


def stop(home: Path | None = None, patience: float = 15.0) -> bool:
    """End the server that was started here, by its process id; False if there was none."""
    found = Home(home or machine().prefect_home)
    with found.locked():
        server = running(found.folder)
        if server is None or server.pid is None:
            return False
        process = psutil.Process(server.pid)
        family = [process, *process.children(recursive=True)]
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
        for survivor in psutil.wait_procs(family, timeout=patience)[1]:
            with contextlib.suppress(psutil.NoSuchProcess):
                survivor.kill()
    return True


def _start(home: Home) -> Server:
    port = _port(home)
    api = f"http://127.0.0.1:{port}/api"
    serve = ["-m", "uvicorn", "--factory", "flows.served:app", "--host", "127.0.0.1", "--port", str(port)]
    with os.fdopen(os.open(home.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as sink:
        child = subprocess.Popen(
            [sys.executable, "-P", *serve, "--no-access-log"],
            env={**os.environ, **home.server_environment(api)},
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            start_new_session=True,  # Ctrl-C in the terminal must not reach the server
        )
    process = psutil.Process(child.pid)
    process.nice(NICENESS)
    home.note.write_text(json.dumps({"pid": child.pid, "api": api, "created": process.create_time()}))
    return Server(api=api, pid=child.pid, log=home.log)


def _port(home: Home) -> int:
    """The last server's, if it is free: so open browser pages, and runs in progress, find the new one."""
    last = urlsplit(str(home.read_note().get("api"))).port or 0
    for port in (last, 0):
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    raise MachineError("No free port on 127.0.0.1", hint="Stop some programs that use ports there", transient=True)


def _quieten() -> None:
    """Prefect's console log would break the progress bars; the server keeps the complete log."""
    os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")


def _not_up(server: Server, what: str) -> MachineError:
    if server.log is None:
        hint = "Check PREFECT_API_URL, or unset it to start a server here"
        return MachineError(what, hint=hint, where=Where(file=server.api))
    return MachineError(what, hint="Its log says why", where=Where(file=str(server.log)), transient=True)
