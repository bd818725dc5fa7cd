"""The Dask scheduler named by the machine's owner, and whether it may be used. Does not import Dask."""

from __future__ import annotations

from fsvfx.errors import MachineError
from fsvfx.settings import MachineSettings


def check_scheduler(settings: MachineSettings) -> None:
    """Raises MachineError if ``FSVFX_SCHEDULER`` is open to everybody without explicit permission, or its keys are
    missing."""
    address = settings.scheduler
    if not address:
        return
    kind = address.partition("://")[0] if "://" in address else "no"
    if kind == "tls":
        _check_keys(settings)
    elif kind != "tcp":
        hint = "Write it as tls://HOST:PORT"
        raise MachineError(f"FSVFX_SCHEDULER={address} names {kind} protocol that is known here", hint=hint)
    elif not settings.scheduler_insecure:
        raise MachineError(
            f"FSVFX_SCHEDULER={address} has no encryption: everyone who reaches it can run code on its workers",
            hint="Use tls:// with FSVFX_SCHEDULER_CA, _CERT and _KEY; or set FSVFX_SCHEDULER_INSECURE=1 where only "
            "trusted people reach it",
        )


def _check_keys(settings: MachineSettings) -> None:
    named = {
        "FSVFX_SCHEDULER_CA": settings.scheduler_ca,
        "FSVFX_SCHEDULER_CERT": settings.scheduler_cert,
        "FSVFX_SCHEDULER_KEY": settings.scheduler_key,
    }
    lacking = [name for name, path in named.items() if path is None]
    if lacking and len(lacking) < len(named):
        raise MachineError(f"{lacking[0]} is not set", hint="Set all three; or none, for those of Dask's own settings")
    for name, path in named.items():
        if path is not None and not path.is_file():
            raise MachineError(f"{name}: there is no file {path}", hint="Correct the path")
