"""How much memory a piece of work took."""

from __future__ import annotations

import resource
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType

_RESET = Path("/proc/self/clear_refs")
_STATUS = Path("/proc/self/status")
_MIB = 1024 * 1024


class PeakMemory:
    """Context manager; ``mib`` is the highest resident size of the process meanwhile.

    The kernel keeps count, so it costs nothing while the work runs. Where it can't be reset (systems other than Linux),
    it is the highest since the process began.
    """

    def __init__(self) -> None:
        self.mib = 0.0

    def __enter__(self) -> PeakMemory:
        with suppress(OSError):
            _RESET.write_text("5")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.mib = _peak_bytes() / _MIB


def _peak_bytes() -> int:
    try:
        lines = _STATUS.read_text().splitlines()
    except OSError:
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024
