"""The stored arrays of a result: blocks of a group by name, not decoded in advance."""

from __future__ import annotations

from functools import cached_property
from typing import Protocol
from zipfile import BadZipFile

import numpy as np

from fsvfx.arrays import Array
from fsvfx.store.archive import SUFFIX, Archive, InMemory
from fsvfx.store.blocks import MissingChunkError, block_name, decoded
from fsvfx.store.layout import NODE, ArrayDigest, part_path
from fsvfx.store.objects import ShotStore


class Members(Protocol):
    """A group's members. Damage raises ValueError, RuntimeError, KeyError, TypeError, or BadZipFile."""

    def node(self) -> bytes | None:
        """The group's own metadata; None if there is no such group."""

    def block(self, path: str, array: ArrayDigest, number: int) -> Array:
        """A block of the array at ``path``. Raises MissingChunkError."""


def members_of(store: ShotStore, path: str, part: str | None) -> Members:
    """For the group at ``path``, or its ``part``."""
    if path.endswith(SUFFIX):
        return ArchiveMembers(store, path, part)
    from fsvfx.store.folders import FolderMembers  # Zarr is slow to import

    return FolderMembers(store, path, part)


class ArchiveMembers:
    """For a group that is one object; each of its parts is a nested archive."""

    def __init__(self, store: ShotStore, path: str, part: str | None) -> None:
        self._store, self._path, self._part = store, path, part

    @cached_property
    def _archive(self) -> Archive:
        whole = Archive(self._store.spans(self._path))
        if self._part is None:
            return whole
        inner = whole.member(part_archive(self._part))
        if inner is None:
            raise MissingChunkError(f"{self._path}/{part_archive(self._part)}")
        return Archive(InMemory(inner))

    def node(self) -> bytes | None:
        try:
            return self._archive.member(NODE)
        except FileNotFoundError:
            return None

    def block(self, path: str, array: ArrayDigest, number: int) -> Array:
        rows = min(array.rows, array.shape[0] - number * array.rows)
        if 0 in array.shape[1:]:
            return np.empty((rows, *array.shape[1:]), array.dtype)
        name = block_name(path, len(array.shape), number)
        content = self._archive.member(name)
        if content is None:
            raise MissingChunkError(f"{self._path}/{name}")
        return decoded(content, array, number)


def part_archive(part: str) -> str:
    return f"{part_path(part)}{SUFFIX}"


DAMAGE = (FileNotFoundError, ValueError, RuntimeError, KeyError, TypeError, BadZipFile)
"""Errors of reading members whose bytes are not those that were written."""
