"""Numba, set up once for all kernels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

Number = Any
"""In a kernel: numba infers which kind."""
Kernel = TypeVar("Kernel", bound=Callable[..., object])


def compiled(kernel: Kernel) -> Kernel:
    """Compile at the first call, and keep that for all processes of the machine (see NUMBA_CACHE_DIR).

    Numba looks for changes in a kernel's own file only: kernels must call none of another file.
    """
    return cast(Kernel, numba.njit(cache=True, nogil=True, fastmath=True, error_model="numpy")(kernel))
