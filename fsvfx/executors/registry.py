"""Executors by name, as registered by packages in the entry point group ``fsvfx.executors``."""

from __future__ import annotations

from typing import TypeGuard

from fsvfx.executors.contract import Executor
from fsvfx.plugins import Plugins

REGISTERED = Plugins("fsvfx.executors", "executor")


def executor(name: str, workers: int = 0) -> Executor:
    """The executor with that name, not started. Raises InputError if there is none, MachineError if it fails to
    load."""
    return REGISTERED.load(name, _is_executor, "subclass of fsvfx.executors.Executor")(workers)


def names() -> tuple[str, ...]:
    """All installed ones."""
    return REGISTERED.names()


def _is_executor(loaded: object) -> TypeGuard[type[Executor]]:
    return isinstance(loaded, type) and issubclass(loaded, Executor)
