"""Where the work of a run is done: in this process, in its own processes, on Dask; others register by entry point."""

from __future__ import annotations

from fsvfx.executors.contract import Ended, Executor, Task
from fsvfx.executors.registry import executor, names

__all__ = ["Ended", "Executor", "Task", "contract", "dask", "dask_ahead", "executor", "names", "schedulers", "seats"]
