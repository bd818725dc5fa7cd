"""A memory cache with a limit for recently written or read data: the stages of one task pass arrays on through it.

It also holds whole archives that are not to be stored.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import NamedTuple

from fsvfx.arrays import Array
from fsvfx.store.layout import Contents

USUAL = 32 * 1024 * 1024
"""Default limit of a reader, bytes."""


class BlockName(NamedTuple):
    """The ``number``-th block of the array at ``array`` in the group at ``group``."""

    group: str
    array: str
    number: int


class Kept:
    """A least recently used cache of blocks; and the descriptions of groups.

    The contents of a path never change, so nothing here gets out of date. Blocks are read-only. Thread-safe.
    """

    def __init__(self, limit: int = USUAL) -> None:
        self.limit = limit
        self.contents: dict[str, tuple[Contents, str]] = {}
        """By the group's path, with the digest; of groups written through this."""
        self._blocks: OrderedDict[BlockName, Array] = OrderedDict()
        self._bytes = 0
        self._archives: dict[str, bytes] = {}
        self._lock = Lock()

    def block(self, name: BlockName) -> Array | None:
        with self._lock:
            found = self._blocks.get(name)
            if found is not None:
                self._blocks.move_to_end(name)
            return found

    def put(self, name: BlockName, block: Array) -> None:
        """Cache ``block``, which becomes read-only; not if it alone exceeds the limit."""
        block.flags.writeable = False
        if block.nbytes > self.limit:
            return
        with self._lock:
            before = self._blocks.pop(name, None)
            self._bytes += block.nbytes - (before.nbytes if before is not None else 0)
            self._blocks[name] = block
            self._trim()

    def hold(self, path: str, archive: bytes) -> bool:
        """Hold an archive in memory instead of the store, until `forget`; False if archives would take half of the
        limit."""
        with self._lock:
            if self._held + len(archive) > self.limit // 2:
                return False
            self._archives[path] = archive
            self._trim()
            return True

    def archive(self, path: str) -> bytes | None:
        """The archive held for ``path``."""
        return self._archives.get(path)

    def forget(self, path: str | None = None) -> None:
        """Release the archive at ``path``; by default, all."""
        with self._lock:
            if path is None:
                self._archives.clear()
            else:
                self._archives.pop(path, None)

    @property
    def _held(self) -> int:
        return sum(map(len, self._archives.values()))

    def _trim(self) -> None:
        while self._blocks and self._bytes + self._held > self.limit:
            self._bytes -= self._blocks.popitem(last=False)[1].nbytes
