"""Sets glibc's allocator to keep memory that the next picture will need again."""

from __future__ import annotations

import ctypes

KEPT = 128 << 20
"""Bytes of free memory that a process keeps instead of returning them to the system."""
APART = 32 << 20
"""Allocations from this size up are mapped separately, and returned at once."""
ENVIRONMENT = {"MALLOC_TRIM_THRESHOLD_": str(KEPT), "MALLOC_MMAP_THRESHOLD_": str(APART)}
"""For processes that have not started yet. With Dask's own setting (64 KiB) every picture's memory is returned at once:
the composite stage took more than twice the processor time, all of it page faults."""
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""From glibc's malloc.h."""


def keep_memory() -> None:
    """For this process. Does nothing if the C library has no such setting (musl, macOS)."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_TRIM_THRESHOLD, KEPT)
        mallopt(_MMAP_THRESHOLD, APART)
