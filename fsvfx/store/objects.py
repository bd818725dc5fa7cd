"""A shot's store: its objects, in a folder, on S3 or in memory."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import IO

import numpy as np
import obstore
from obstore.store import LocalStore, MemoryStore, ObjectStore

from fsvfx.errors import StoreError, Where
from fsvfx.store.archive import InMemory
from fsvfx.store.kept import BlockName, Kept
from fsvfx.store.object_errors import told_plainly
from schemas.job import ShotJob

_WHOLE = 8 * 1024 * 1024
"""Objects up to this many bytes are always fetched whole."""
_READERS = 32
_REPEATS = 2
_memory: dict[str, MemoryStore] = {}


@dataclass(frozen=True)
class ShotStore:
    """All stored data of one shot. Paths are relative to ``root``."""

    root: str
    objects: ObjectStore
    job: ShotJob | None = None
    """For the commands in messages."""
    kept: Kept = field(default_factory=Kept, compare=False)

    def keeping(self, limit: int) -> ShotStore:
        """The same store, with a memory cache of up to ``limit`` bytes."""
        return replace(self, kept=Kept(limit))

    @cached_property
    def _folder(self) -> Path | None:
        """The folder if objects are files, which are read directly: that costs a tenth of the client's time."""
        return Path(self.root.removeprefix("file://")) if isinstance(self.objects, LocalStore) else None

    def guard(self, where: Where | None = None) -> AbstractContextManager[None]:
        """Converts the object store's errors inside to StoreError."""
        return told_plainly(self.root, where)

    def read(self, path: str) -> bytes | None:
        """The object's bytes, or None if there is none. Raises StoreError."""
        with self.guard(Where(file=path)):
            try:
                if self._folder is not None:
                    return (self._folder / path).read_bytes()
                return bytes(obstore.get(self.objects, path).bytes())
            except FileNotFoundError as error:
                if "NoSuchBucket" in str(error):
                    raise
                return None

    def read_many(self, paths: list[str]) -> list[bytes | None]:
        """Many small objects at once, in order."""
        if self._folder is not None:
            with self.guard():
                return [_bytes_at(f"{self._folder}/{path}") for path in paths]
        if len(paths) < 2:
            return [self.read(path) for path in paths]
        with ThreadPoolExecutor(min(_READERS, len(paths))) as pool:
            return list(pool.map(self.read, paths))

    def create(self, path: str, content: bytes) -> bool:
        """Put if absent; False if it exists already: possibly the same content, put again after a lost response.

        Atomic among all writers. The client does not repeat conditional puts by itself when a connection breaks.
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
        """Put, overwriting."""
        with self.guard(Where(file=path)):
            obstore.put(self.objects, path, content)

    def write_file(self, path: str, file: IO[bytes]) -> int:
        """Like `write`; returns its size. Large files are uploaded in several parts, and appear once all are there."""
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        with self.guard(Where(file=path)):
            obstore.put(self.objects, path, file)
        return size

    def has(self, path: str) -> bool:
        """Whether the object exists, or is held in memory instead."""
        if self.kept.archive(path) is not None:
            return True
        with self.guard(Where(file=path)):
            try:
                obstore.head(self.objects, path)
            except FileNotFoundError:
                return False
            return True

    def spans(self, path: str) -> StoredObject | FileSpans | InMemory:
        """An object to be read in parts. Raises FileNotFoundError if there is none, StoreError."""
        held = self.kept.archive(path)
        if held is not None:
            return InMemory(held)
        if self._folder is not None:
            return FileSpans(self._folder / path)
        return StoredObject(self, path)

    def delete(self, path: str) -> None:
        """Delete it if it exists; an archive held in memory instead is released."""
        self.kept.forget(path)
        with self.guard(Where(file=path)):
            try:
                obstore.delete(self.objects, path)
            except FileNotFoundError:
                return

    def names(self, prefix: str) -> list[str]:
        """Paths of all objects in the folder ``prefix``, at any depth."""
        if self._folder is None:
            return [path for path, _ in self._listed(prefix)]
        with self.guard(Where(file=prefix)):
            return list(_files_below(str(self._folder), prefix))

    def size(self, prefix: str) -> int:
        """Total bytes of all objects in the folder ``prefix``."""
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

    ``create=False`` makes no folder: without one, the store is empty. Raises StoreError, in plain words.
    """
    if isinstance(job, str):
        return ShotStore(job.rstrip("/"), _open(job.rstrip("/"), create))
    root = f"{job.store.rstrip('/')}/{job.production}/{job.shot.name}"
    return ShotStore(root, _open(root, create), job)


def _open(root: str, create: bool) -> ObjectStore:
    if root.startswith("s3://"):
        from fsvfx.store.s3 import open_s3  # boto3 is slow to import

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


_HALF_WRITTEN = re.compile(r".*#\d+")
"""The client's name for an unfinished file."""


def _files_below(root: str, folder: str) -> Iterator[str]:
    """Their paths below ``root``; empty if there is no such folder."""
    try:
        entries = sorted(os.scandir(f"{root}/{folder}"), key=lambda entry: entry.name)
    except FileNotFoundError:
        return
    for entry in entries:
        path = f"{folder}/{entry.name}"
        if entry.is_dir():
            yield from _files_below(root, path)
        elif not _HALF_WRITTEN.fullmatch(entry.name):
            yield path


def _bytes_at(path: str) -> bytes | None:
    try:
        with open(path, "rb", buffering=0) as file:
            return file.read()
    except FileNotFoundError:
        return None


class FileSpans:
    """A file in a folder, in spans; it is open only during a read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.size = path.stat().st_size

    def read(self, start: int, length: int) -> bytes:
        with self._path.open("rb", buffering=0) as file:
            file.seek(start)
            return file.read(length)


class StoredObject:
    """A remote object, in spans: a small one is fetched whole once, a large one by span."""

    def __init__(self, store: ShotStore, path: str) -> None:
        self._store = store
        self._path = path
        self._name = BlockName(path, "", 0)
        self.size = self._looked_up()

    def _looked_up(self) -> int:
        kept = self._store.kept.block(self._name)
        return self._fetched() if kept is None else kept.nbytes

    def _fetched(self) -> int:
        """Its size; its bytes are kept, if there are few."""
        with self._store.guard(Where(file=self._path)):
            found = obstore.get(self._store.objects, self._path)
            size = found.meta["size"]
            if size <= _WHOLE:
                self._store.kept.put(self._name, np.frombuffer(bytes(found.bytes()), np.uint8))
            return size

    def read(self, start: int, length: int) -> bytes:
        kept = self._store.kept.block(self._name)
        if kept is not None:
            return kept[start : start + length].tobytes()
        length = min(length, self.size - start)
        if length <= 0:
            return b""
        with self._store.guard(Where(file=self._path)):
            return bytes(obstore.get_range(self._store.objects, self._path, start=start, length=length))
