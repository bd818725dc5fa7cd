"""The peak memory of this process while some work runs."""

from __future__ import annotations

import threading
from types import TracebackType

import psutil

_EVERY = 0.05
_MIB = 1024 * 1024


class PeakMemory:
    """Context manager; ``mib`` is the highest resident size seen, sampled 20 times a second."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="fsvfx-memory", daemon=True)
        self.mib = 0.0

    def __enter__(self) -> PeakMemory:
        self._sample()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()
        self._sample()

    def _watch(self) -> None:
        while not self._ended.wait(_EVERY):
            self._sample()

    def _sample(self) -> None:
        self.mib = max(self.mib, self._process.memory_info().rss / _MIB)
