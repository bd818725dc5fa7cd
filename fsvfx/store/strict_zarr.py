"""A Zarr store that says so when a chunk is missing, where Zarr would hand back a silent black frame."""

from __future__ import annotations

import re

from obstore.store import ObjectStore as Objects
from zarr.abc.store import ByteRequest
from zarr.core.buffer import Buffer, BufferPrototype
from zarr.storage import ObjectStore

_ABOVE_ATTEMPTS = re.compile(r"^(stages(/[^/]+){0,3}/)?zarr\.json$")
_CHUNK = re.compile(r"(^|/)c(/\d+)*$")


class MissingChunkError(Exception):
    """No object where a Zarr chunk should be; the argument is its path."""


class StrictZarrStore(ObjectStore[Objects]):
    """Zarr over obstore; reading a chunk that is not there raises MissingChunkError.

    Writers must write whole chunks only: a partial write would read first.
    """

    async def get(self, key: str, prototype: BufferPrototype, byte_range: ByteRequest | None = None) -> Buffer | None:
        found = await super().get(key, prototype, byte_range)
        if found is None and _CHUNK.search(key):
            raise MissingChunkError(key)
        return found

    async def set_if_not_exists(self, key: str, value: Buffer) -> None:
        # Zarr offers every array's parents up to the root: objects that all would share, at a request each.
        # Within an attempt nobody else writes; and unlike a conditional put, a plain one is safe to send again.
        if not _ABOVE_ATTEMPTS.match(key) and not await self.exists(key):
            await self.set(key, value)
