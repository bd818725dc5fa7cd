"""A shot's store: its objects (ledger) and its Zarr hierarchy, in a folder, on S3 or in memory."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import obstore
from obstore.store import LocalStore, MemoryStore, ObjectStore
from zarr.abc.store import ByteRequest
from zarr.core.buffer import Buffer, BufferPrototype
from zarr.storage import ObjectStore as ZarrObjectStore

from fsvfx.errors import StoreError, Where
from fsvfx.store.kept import Kept
from fsvfx.store.object_errors import told_plainly
from fsvfx.store.s3 import open_s3
from schemas.job import ShotJob

_ABOVE_ATTEMPTS = re.compile(r"^(stages(/[^/]+){0,3}/)?zarr\.json$")
_CHUNK = re.compile(r"(^|/)c(/\d+)*$")
_READERS = 32
_REPEATS = 2
_memory: dict[str, MemoryStore] = {}


@dataclass(frozen=True)
class ShotStore:
    """Everything that is kept of one shot. Paths are relative to ``root``."""

    root: str
    objects: ObjectStore
    job: ShotJob | None = None
    """For the commands that messages give."""
    kept: Kept = field(default_factory=Kept, compare=False)

    def keeping(self, limit: int) -> ShotStore:
        """The same store, which keeps up to ``limit`` bytes of what goes through it in memory."""
        return replace(self, kept=Kept(limit))

    @cached_property
    def zarr(self) -> StrictZarrStore:
        return StrictZarrStore(self.objects)

    def guard(self, where: Where | None = None) -> AbstractContextManager[None]:
        """Turns what the object store raises inside into StoreError."""
        return told_plainly(self.root, where)

    def read(self, path: str) -> bytes | None:
        """The object's bytes, or None if there is none. Raises StoreError."""
        with self.guard(Where(file=path)):
            try:
                return bytes(obstore.get(self.objects, path).bytes())
            except FileNotFoundError as error:
                if "NoSuchBucket" in str(error):
                    raise
                return None

    def read_many(self, paths: list[str]) -> list[bytes | None]:
        """Many small objects at once, in order."""
        if len(paths) < 2:
            return [self.read(path) for path in paths]
        with ThreadPoolExecutor(min(_READERS, len(paths))) as pool:
            return list(pool.map(self.read, paths))

    def create(self, path: str, content: bytes) -> bool:
        """Put if absent; False if there is one already: perhaps this very one, put again after its answer was lost.

        Atomic among all who try. The client does not repeat conditional puts by itself when a connection breaks.
        """
        for repeats in reversed(range(_REPEATS)):
            try:
                return self._create(path, content)
            except StoreError as error:
                if not (error.transient and repeats):
                    raise
        raise AssertionError("unreachable")

    def _create(self, path: str, content: bytes) -> bool:
        with self.guard(Where(file=path)):
            try:
                obstore.put(self.objects, path, content, mode="create")
            except obstore.exceptions.AlreadyExistsError:
                return False
            return True

    def write(self, path: str, content: bytes) -> None:
        """Put, over what is there."""
        with self.guard(Where(file=path)):
            obstore.put(self.objects, path, content)

    def delete(self, path: str) -> None:
        """Delete if there."""
        with self.guard(Where(file=path)):
            try:
                obstore.delete(self.objects, path)
            except FileNotFoundError:
                return

    def names(self, prefix: str) -> list[str]:
        """Paths of all objects in the folder ``prefix``, at any depth."""
        return [path for path, _ in self._listed(prefix)]

    def size(self, prefix: str) -> int:
        """Bytes of all objects in the folder ``prefix``."""
        return sum(size for _, size in self._listed(prefix))

    def discard(self, prefix: str) -> None:
        """Delete a folder that no receipt names."""
        names = self.names(prefix)
        if names:
            with self.guard(Where(file=prefix)):
                obstore.delete(self.objects, names)

    def _listed(self, prefix: str) -> Iterator[tuple[str, int]]:
        with self.guard(Where(file=prefix)):
            for batch in obstore.list(self.objects, prefix=prefix, chunk_size=1000):
                yield from ((item["path"], item["size"]) for item in batch)


def open_store(job: ShotJob | str, *, create: bool = True) -> ShotStore:
    """The store of a shot, or at a URL: ``s3://bucket/prefix``, ``memory://name`` (this process only), or a folder.

    ``create=False`` makes no folder: where there is none, the store is empty. Raises StoreError, in plain words.
    """
    if isinstance(job, str):
        return ShotStore(job.rstrip("/"), _open(job.rstrip("/"), create))
    root = f"{job.store.rstrip('/')}/{job.production}/{job.shot.name}"
    return ShotStore(root, _open(root, create), job)


def _open(root: str, create: bool) -> ObjectStore:
    if root.startswith("s3://"):
        return open_s3(root)
    if root.startswith("memory://"):
        return _memory.setdefault(root, MemoryStore())
    folder = Path(root.removeprefix("file://"))
    if not create and not folder.exists():
        return MemoryStore()
    with told_plainly(root):
        return LocalStore(_made(folder) if create else folder)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


class MissingChunkError(Exception):
    """No object where a Zarr chunk should be; the argument is its path."""


class StrictZarrStore(ZarrObjectStore[ObjectStore]):
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
