"""glibc's allocator, told to keep what the next picture asks for again."""

from __future__ import annotations

import ctypes

KEPT = 128 << 20
"""Bytes of free memory that a process keeps, and does not hand back to the system."""
APART = 32 << 20
"""From so many bytes on, memory is the system's own, and goes back at once."""
ENVIRONMENT = {"MALLOC_TRIM_THRESHOLD_": str(KEPT), "MALLOC_MMAP_THRESHOLD_": str(APART)}
"""For processes that are yet to start. By Dask's own setting (64 KiB) every picture's memory goes back at once: the
composite stage took more than twice the processor's time, all of it page faults."""
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""Of glibc's malloc.h."""


def keep_memory() -> None:
    """For this process. Does nothing where the C library has no such setting (musl, macOS)."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_TRIM_THRESHOLD, KEPT)
        mallopt(_MMAP_THRESHOLD, APART)
