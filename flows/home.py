"""The home of this machine's Prefect server: a folder of this user only, with the server's password in it."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fsvfx.errors import MachineError

_SERVICES = (
    "CANCELLATION_CLEANUP",
    "CLEANUP_RECONCILER",
    "EVENT_PERSISTER",
    "FOREMAN",
    "LATE_RUNS",
    "PAUSE_EXPIRATIONS",
    "REPOSSESSOR",
    "SCHEDULER",
    "TRIGGERS",
)
"""What Prefect's server does besides answering. Nothing is scheduled or automated here, and events tell nothing that
flow runs do not; each takes the processor's time, from the first second on."""


@dataclass(frozen=True)
class Home:
    """``folder`` is made, and closed to others, when it is first used."""

    folder: Path

    @property
    def note(self) -> Path:
        """Which server runs."""
        return self.folder / "fsvfx-server.json"

    @property
    def log(self) -> Path:
        return self.note.with_suffix(".log")

    @property
    def password_file(self) -> Path:
        return self.folder / "password"

    def read_note(self) -> dict[str, Any]:
        """Empty if there is none that can be read."""
        with contextlib.suppress(OSError, ValueError):
            said = json.loads(self.note.read_text())
            return said if isinstance(said, dict) else {}
        return {}

    def password(self) -> str:
        """What the API and the UI ask for, as ``user:secret``; chosen at the first look. Raises MachineError."""
        try:
            with contextlib.suppress(FileExistsError):
                made = os.open(self.password_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(made, "w") as file:
                    file.write(f"fsvfx:{secrets.token_urlsafe(24)}\n")
            return self.password_file.read_text().strip()
        except OSError as error:
            raise self._unusable(error) from error

    def environment(self, api: str) -> dict[str, str]:
        """Of the server and of all that speak to it."""
        return {
            "PREFECT_HOME": str(self.folder),
            "PREFECT_API_URL": api,
            "PREFECT_API_AUTH_STRING": self.password(),
            "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "DO_NOT_TRACK": "1",
        }

    def server_environment(self, api: str) -> dict[str, str]:
        """Of the server alone."""
        return {
            **self.environment(api),
            "PREFECT_SERVER_API_AUTH_STRING": self.password(),
            "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": api.removesuffix("/api"),
            "PREFECT_UI_API_URL": api,
            "PREFECT_SERVER_UI_API_URL": api,
            **{f"PREFECT_SERVER_SERVICES_{name}_ENABLED": "false" for name in _SERVICES},
        }

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """One at a time: two submits at once must not start two servers. Closes the folder to others."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.folder.chmod(0o700)
            gate = (self.folder / "fsvfx-server.lock").open("w")
        except OSError as error:
            raise self._unusable(error) from error
        with gate:
            fcntl.flock(gate, fcntl.LOCK_EX)
            yield

    def _unusable(self, error: OSError) -> MachineError:
        hint = "Set FSVFX_PREFECT_HOME to a folder that you own and can write to"
        return MachineError(f"{self.folder} can't be used: {error.strerror}", hint=hint)
