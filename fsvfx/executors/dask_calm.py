"""Disables parts of Dask that are not needed here. Its loops monitor themselves a hundred times a second, which costs
seconds of processor time in a run of a minute, and nobody reads the results."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import dask

_SETTINGS = {
    "distributed.admin.tick.interval": "2s",
    "distributed.admin.tick.limit": "1m",
    "distributed.admin.system-monitor.interval": "30s",
    "distributed.client.scheduler-info-interval": "1h",
    "distributed.diagnostics.nvml": False,
    "distributed.scheduler.active-memory-manager.start": False,
    "distributed.scheduler.work-stealing": False,  # each task has its worker, see Roster
    "distributed.worker.profile.enabled": False,
}


def calm() -> AbstractContextManager[Any]:
    """For Dask objects created within it, and from then on."""
    settings: Any = dask.config.set
    made: AbstractContextManager[Any] = settings(_SETTINGS)
    return made
