"""Results of version 0.2 and earlier: a folder of objects for each, one per Zarr chunk. They are read, never
written."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import zarr
from obstore.store import ObjectStore
from zarr.abc.store import ByteRequest
from zarr.core.buffer import Buffer, BufferPrototype
from zarr.storage import ObjectStore as ZarrObjectStore

from fsvfx.arrays import Array
from fsvfx.store.blocks import MissingChunkError
from fsvfx.store.layout import NODE, ArrayDigest, part_path
from fsvfx.store.objects import ShotStore

_CHUNK = re.compile(r"(^|/)c(/\d+)*$")


class FolderMembers:
    """A group of one receipt (or of its ``part``) stored as a folder: see `fsvfx.store.members.Members`."""

    def __init__(self, store: ShotStore, path: str, part: str | None) -> None:
        self._store = store
        self._path = f"{path}/{part_path(part)}" if part else path
        self._zarr = StrictZarrStore(store.objects)
        self._arrays: dict[str, zarr.Array[Any]] = {}

    def node(self) -> bytes | None:
        return self._store.read(f"{self._path}/{NODE}")

    def block(self, path: str, array: ArrayDigest, number: int) -> Array:
        found = self._arrays.get(path)
        if found is None:
            found = self._arrays[path] = zarr.open_array(self._zarr, path=f"{self._path}/{path}", mode="r")
            if found.shape != array.shape or found.dtype != np.dtype(array.dtype):
                raise ValueError(f"{found.shape} {found.dtype} instead of {array.shape} {array.dtype}")
        return np.asarray(found[number * array.rows : (number + 1) * array.rows])


class StrictZarrStore(ZarrObjectStore[ObjectStore]):
    """Zarr over obstore; reading a missing chunk raises MissingChunkError."""

    async def get(self, key: str, prototype: BufferPrototype, byte_range: ByteRequest | None = None) -> Buffer | None:
        found = await super().get(key, prototype, byte_range)
        if found is None and _CHUNK.search(key):
            raise MissingChunkError(key)
        return found
