"""Claims: leases that keep two workers from doing the same work. The commit, not the claim, decides who has done it.

Each turn at a claim is a separate object, put if absent: ``<key>.claim.0000.json``, ``.0001.json``, ... The last one
counts. So taking over a lapsed claim is one atomic step on every store (a folder has no compare-and-swap), and a worker
that was wrongly given up renews a claim that no longer matters.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from types import TracebackType

import psutil

from fsvfx.errors import StoreError
from fsvfx.store.address import Address
from fsvfx.store.objects import ShotStore
from schemas.receipts import Claim


def this_worker() -> str:
    """``host:pid``."""
    return f"{socket.gethostname()}:{os.getpid()}"


def is_live(claim: Claim, now: datetime) -> bool:
    """Whether ``claim`` may still be in use: its lease runs, and its process is not known to be gone."""
    if claim.expires <= now:
        return False
    host, _, pid = claim.worker.rpartition(":")
    return host != socket.gethostname() or not pid.isdigit() or psutil.pid_exists(int(pid))


class Lease:
    """A held claim. As a context manager it renews itself in a thread, and ends at the exit."""

    def __init__(
        self, store: ShotStore, path: str, claim: Claim, *, seconds: float, now: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._path = path
        self._seconds = seconds
        self._now = now
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="fsvfx-lease", daemon=True)
        self.claim = claim

    def renew(self) -> None:
        """Extend it for another term. Raises StoreError."""
        self._put(self._now() + timedelta(seconds=self._seconds))

    def release(self) -> None:
        """End it now. Raises StoreError."""
        self._put(self._now())

    def __enter__(self) -> Lease:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()
        try:
            self.release()
        except StoreError:
            return  # it lapses by itself

    def _put(self, expires: datetime) -> None:
        self.claim = self.claim.model_copy(update={"expires": expires})
        self._store.write(self._path, self.claim.model_dump_json().encode())

    def _keep(self) -> None:
        while not self._ended.wait(self._seconds / 3):
            try:
                self.renew()
            except StoreError:
                continue  # the store is unreachable; the next beat may reach it, and the commit does not need the lease


def take(
    store: ShotStore, at: Address, wish: Claim, *, turn: int, seconds: float, now: Callable[[], datetime]
) -> Lease | None:
    """Take the claim's turn number ``turn``; None if another worker was faster."""
    path = at.claim(turn)
    won = store.create(path, wish.model_dump_json().encode())
    return Lease(store, path, wish, seconds=seconds, now=now) if won else None
