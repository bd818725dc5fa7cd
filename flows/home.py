"""The home of this machine's Prefect server: a folder for this user only, with the server's password in it."""

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
"""Background services of Prefect's server. Nothing is scheduled or automated here, and events add nothing to flow runs;
each service costs processor time from the first second."""


@dataclass(frozen=True)
class Home:
    """``folder`` is created with private permissions on first use."""

    folder: Path

    @property
    def note(self) -> Path:
        """The file that records the running server."""
        return self.folder / "fsvfx-server.json"

    @property
    def log(self) -> Path:
        return self.note.with_suffix(".log")

    @property
    def password_file(self) -> Path:
        return self.folder / "password"

    def read_note(self) -> dict[str, Any]:
        """Empty if there is none, or it is unreadable."""
        with contextlib.suppress(OSError, ValueError):
            said = json.loads(self.note.read_text())
            return said if isinstance(said, dict) else {}
        return {}

    def password(self) -> str:
        """The password of the API and the UI, as ``user:secret``; generated on first use. Raises MachineError."""
        try:
            with contextlib.suppress(FileExistsError):
                made = os.open(self.password_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(made, "w") as file:
                    file.write(f"fsvfx:{secrets.token_urlsafe(24)}\n")
            return self.password_file.read_text().strip()
        except OSError as error:
            raise self._unusable(error) from error

    def environment(self, api: str) -> dict[str, str]:
        """For the server and all of its clients."""
        return {
            "PREFECT_HOME": str(self.folder),
            "PREFECT_API_URL": api,
            "PREFECT_API_AUTH_STRING": self.password(),
            "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "DO_NOT_TRACK": "1",
        }

    def server_environment(self, api: str) -> dict[str, str]:
        """For the server alone."""
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
        """A lock: two simultaneous submits must not start two servers. Makes the folder private."""
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
