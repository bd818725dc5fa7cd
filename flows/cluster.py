"""The Dask cluster: worker processes of this machine, or a scheduler that the machine's settings name."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import dask
import psutil
from distributed import Nanny, Scheduler, SpecCluster

from fsvfx.errors import MachineError
from fsvfx.settings import machine

LEAST_MEMORY = 2 << 30
"""Bytes that a worker should have; fewer workers are started on small machines."""
PRELOAD = "tasks.work"
"""Imported by each worker as it starts, while the server starts too."""


def for_flow() -> SpecCluster:
    """The cluster of a flow run that was started by a deployment."""
    return local()


@contextmanager
def address(workers: int = 0) -> Iterator[str]:
    """Address of a scheduler: the one in ``FSVFX_SCHEDULER``, else a cluster that lives as long as the context."""
    named = machine().scheduler
    if named:
        yield named
        return
    try:
        cluster = local(workers)
    except (OSError, TimeoutError, RuntimeError) as error:
        hint = "Run fsvfx doctor; fewer --workers need less memory"
        raise MachineError(f"The Dask workers did not start: {error}", hint=hint, transient=True) from error
    with cluster:
        yield cluster.scheduler_address


def local(workers: int = 0) -> SpecCluster:
    """Start ``workers`` processes of one thread each (0: as the settings say), and one more for each GPU."""
    count = workers or machine().workers or _fitting()
    gpus = gpu_count()
    memory = int(psutil.virtual_memory().total * 0.9) // (count + gpus)
    threads = max(1, (os.cpu_count() or 1) // (count + gpus))
    nannies = {f"cpu-{n}": _nanny(memory, {"CUDA_VISIBLE_DEVICES": ""}) for n in range(count)}
    for n in range(gpus):
        nannies[f"gpu-{n}"] = _nanny(memory, {"CUDA_VISIBLE_DEVICES": str(n)}, resources={"GPU": 1})
    options = {"host": "127.0.0.1", "port": 0, "dashboard": False, "dashboard_address": "127.0.0.1:0"}
    wishes = dict.fromkeys(_THREADS, threads) | _MALLOC
    with dask.config.set({f"distributed.nanny.pre-spawn-environ.{name}": value for name, value in wishes.items()}):
        made: Any = SpecCluster  # which is not typed
        scheduler = {"cls": Scheduler, "options": options}
        return cast(SpecCluster, made(workers=nannies, scheduler=scheduler, silence_logs=50))


_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OPENIMAGEIO_THREADS")
_MALLOC = {"MALLOC_TRIM_THRESHOLD_": 128 << 20, "MALLOC_MMAP_THRESHOLD_": 32 << 20}
"""Bytes that glibc keeps, and from which on it asks the system. By Dask's own setting (64 KiB) every picture's memory
goes back at once: the composite stage took more than twice the processor's time, all of it page faults."""


def gpu_count() -> int:
    """How many NVIDIA GPUs the driver lists (none without a driver)."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return 0
    listed = subprocess.run([tool, "-L"], capture_output=True, text=True, timeout=30, check=False)
    return sum(line.startswith("GPU ") for line in listed.stdout.splitlines())


def has_gpu_workers(client: Any) -> bool:
    """Whether any worker of a ``distributed.Client`` offers the resource ``GPU``."""
    known = client.scheduler_info(n_workers=-1)["workers"].values()
    return any(worker.get("resources", {}).get("GPU") for worker in known)


def _fitting() -> int:
    by_memory = psutil.virtual_memory().total // LEAST_MEMORY
    return int(max(1, min(len(os.sched_getaffinity(0)), by_memory)))


def _nanny(memory: int, environment: dict[str, str], **options: Any) -> dict[str, Any]:
    fixed = {"host": "127.0.0.1", "nthreads": 1, "memory_limit": memory, "dashboard": False, "silence_logs": 40}
    environment |= {"DASK_LOGGING__DISTRIBUTED": "critical"}  # a closing cluster's workers complain at length
    return {"cls": Nanny, "options": {**fixed, "env": environment, "preload": [PRELOAD], **options}}
