"""What Dask leaves out here. Its loops look at themselves a hundred times a second, which on a run of a minute costs
seconds of the processor, and nobody reads what they find."""

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
    """For whatever is made of Dask's within it, or from then on."""
    settings: Any = dask.config.set
    made: AbstractContextManager[Any] = settings(_SETTINGS)
    return made
