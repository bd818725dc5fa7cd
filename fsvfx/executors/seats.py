"""How many workers this machine supports, and the resources of each: memory, threads, a GPU."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
from dataclasses import dataclass

import psutil

from fsvfx.executors.allocator import ENVIRONMENT
from fsvfx.settings import machine

log = logging.getLogger(__name__)

LEAST_MEMORY = 2 << 30
"""Bytes that a worker should have; small machines get fewer workers."""
_THREADS = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "OPENIMAGEIO_THREADS",
    "OPENCV_FOR_THREADS_NUM",
)


@dataclass(frozen=True)
class Seat:
    """One worker's share of the machine."""

    name: str
    gpu: int | None
    """The number of its GPU."""
    memory: int
    """Bytes."""
    threads: int

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables of its process, set before it starts."""
        shown = {"CUDA_VISIBLE_DEVICES": "" if self.gpu is None else str(self.gpu)}
        return dict.fromkeys(_THREADS, str(self.threads)) | ENVIRONMENT | shown


def seats(workers: int = 0) -> list[Seat]:
    """``workers`` seats (0: as set by ``FSVFX_WORKERS``, otherwise one per core), and one more for each GPU."""
    count, gpus = workers or machine().workers or _fitting(), gpu_count()
    if trouble := crowded(count + gpus, _cores(), psutil.virtual_memory().total):
        log.warning("%s", trouble)
    memory = int(psutil.virtual_memory().total * 0.9) // (count + gpus)
    threads = max(1, (os.cpu_count() or 1) // (count + gpus))
    plain = [Seat(f"cpu-{n}", None, memory, threads) for n in range(count)]
    return plain + [Seat(f"gpu-{n}", n, memory, threads) for n in range(gpus)]


def gpu_count() -> int:
    """Number of NVIDIA GPUs listed by the driver (none without a driver)."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return 0
    listed = subprocess.run([tool, "-L"], capture_output=True, text=True, timeout=30, check=False)
    return sum(line.startswith("GPU ") for line in listed.stdout.splitlines())


def crowded(workers: int, cores: int, memory: int) -> str:
    """The warning if there are more workers than cores, or than ``memory`` (bytes) allows; empty if there is room."""
    held = max(1, memory // LEAST_MEMORY)
    if workers > held:
        each = memory / workers / 2**30
        return f"{workers} workers have {each:.1f} GiB of memory each, and may run out of it: try --workers {held}"
    if workers > cores:
        return f"{workers} workers share {cores} cores, so some of them only wait: try --workers {cores}"
    return ""


def _fitting() -> int:
    return int(max(1, min(_cores(), psutil.virtual_memory().total // LEAST_MEMORY)))


def _cores() -> int:
    return len(os.sched_getaffinity(0))
