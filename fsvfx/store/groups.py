"""Writes a stage's result as an immutable Zarr group, in one object."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from fsvfx.arrays import Array, LazyFrames, Result, Table
from fsvfx.store.archive import SUFFIX, ArchiveWriter
from fsvfx.store.blocks import block_name, encoded
from fsvfx.store.kept import BlockName
from fsvfx.store.layout import (
    ATTRIBUTE,
    NODE,
    ArrayDigest,
    Contents,
    block_digest,
    column_path,
    frames_path,
    part_path,
    portable,
    rows_of,
)
from fsvfx.store.members import part_archive
from fsvfx.store.objects import ShotStore
from schemas.frames import FrameRange


@dataclass(frozen=True)
class Written:
    """A result written to the store."""

    digest: str
    parts: dict[str, str] = field(default_factory=dict)
    """Digest of each part, by unit name."""
    bytes: int = 0
    """In the store, compressed."""
    kept: bool = True
    """Whether it is in the store, not only in memory."""


def write_result(store: ShotStore, path: str, numbers: Sequence[int], result: Result, *, keep: bool = True) -> Written:
    """Write ``result`` as the archive at ``path``; ``numbers`` are the frame numbers of its per-frame arrays.

    LazyFrames are streamed, a few frames in memory at a time. The digest depends only on names, shapes, dtypes and
    bytes. ``store.kept`` caches the arrays within its limit; they must not be changed afterwards. ``keep``: False keeps
    the archive only in memory, if there is room for it; otherwise it is written anyway. Raises StoreError, and
    ValueError if an array's length is not that of ``numbers``.
    """
    if not path.endswith(SUFFIX):
        raise ValueError(f"'{path}' does not end in {SUFFIX}")
    with ArchiveWriter() as archive:
        group = _Group(store, path, archive)
        for name, part in result.parts.items():
            group.add_part(name, part)
        group.add(numbers, result)
        file = archive.finish()
        if not keep and store.kept.hold(path, file.read()):
            return Written(group.digest, group.parts, kept=False)
        return Written(group.digest, group.parts, store.write_file(path, file))


class _Group:
    """A group being written. ``parts``: the digest of each."""

    def __init__(self, store: ShotStore, path: str, archive: ArchiveWriter) -> None:
        from fsvfx.store import nodes  # Zarr is slow to import, and planning writes nothing

        self.nodes, self.store, self.path, self.archive = nodes, store, path, archive
        self.parts: dict[str, str] = {}
        self.digest = ""
        self._groups: set[str] = set()

    def add_part(self, name: str, result: Result) -> None:
        """As a nested archive."""
        with ArchiveWriter() as archive:
            part = _Group(self.store, f"{self.path}/{part_path(name)}", archive)
            part.add(_numbers_of(name), result)
            self.archive.add(part_archive(name), archive.finish().read())
        self.parts[name] = part.digest

    def add(self, numbers: Sequence[int], result: Result) -> None:
        """Everything except the parts, which are added first."""
        frames = {name: self._frames(name, array, len(numbers)) for name, array in sorted(result.frames.items())}
        tables = {name: self._table(name, table) for name, table in sorted(result.tables.items())}
        contents = Contents(numbers=tuple(numbers), frames=frames, tables=tables, parts=self.parts)
        self.digest = contents.digest
        self.archive.add(NODE, self.nodes.group_node({ATTRIBUTE: contents.model_dump(mode="json")}))
        self.store.kept.contents[self.path] = contents, self.digest

    def _frames(self, name: str, array: Array | LazyFrames, count: int) -> ArrayDigest:
        shape = (count, *array.shape) if isinstance(array, LazyFrames) else array.shape
        if shape[0] != count:
            raise ValueError(f"'{name}' has {shape[0]} frames, but its unit has {count}")
        rows = array.frames if isinstance(array, LazyFrames) else array
        return self._array(frames_path(name), shape, array.dtype, rows, lazy=isinstance(array, LazyFrames))

    def _table(self, name: str, table: Table) -> dict[str, ArrayDigest]:
        lengths = {len(column) for column in table.values()}
        if len(lengths) > 1:
            raise ValueError(f"columns of table '{name}' differ in length: {sorted(lengths)}")
        columns = {key: np.asarray(column) for key, column in sorted(table.items())}
        return {
            key: self._array(column_path(name, key), column.shape, column.dtype, column)
            for key, column in columns.items()
        }

    def _array(
        self,
        path: str,
        shape: tuple[int, ...],
        dtype: np.dtype[np.generic],
        rows: Array | Iterable[Array],
        *,
        lazy: bool = False,
    ) -> ArrayDigest:
        dtype = portable(dtype)
        per_block = rows_of(shape, dtype)
        digests = []
        for number, block in enumerate(
            _gathered(rows, shape, dtype, per_block) if lazy else _cut(np.asarray(rows), dtype, per_block)
        ):
            digests.append(block_digest(block))
            if block.size:
                self.archive.add(block_name(path, len(shape), number), encoded(block, per_block))
            self.store.kept.put(BlockName(self.path, path, number), block)
        made = ArrayDigest(shape=shape, dtype=dtype.str, rows=per_block, digests=tuple(digests))
        self._add_parents(path)
        self.archive.add(f"{path}/{NODE}", self.nodes.array_node(made))
        return made

    def _add_parents(self, path: str) -> None:
        names = path.split("/")
        for depth in range(1, len(names)):
            group = "/".join(names[:depth])
            if group not in self._groups:
                self._groups.add(group)
                self.archive.add(f"{group}/{NODE}", self.nodes.plain_group())


def _numbers_of(part: str) -> Sequence[int]:
    """A part is named after its chunk."""
    try:
        return tuple(FrameRange.parse(part))
    except ValueError:
        return ()


def _cut(array: Array, dtype: np.dtype[np.generic], per_block: int) -> Iterator[Array]:
    for start in range(0, array.shape[0], per_block):
        yield np.ascontiguousarray(array[start : start + per_block], dtype=dtype)


def _gathered(
    rows: Iterable[Array], shape: tuple[int, ...], dtype: np.dtype[np.generic], per_block: int
) -> Iterator[Array]:
    source = iter(rows)
    for start in range(0, shape[0], per_block):
        length = min(per_block, shape[0] - start)
        block = np.empty((length, *shape[1:]), dtype)
        for i in range(length):
            block[i] = _next(source, start + i, shape)
        yield block
    if next(source, None) is not None:
        raise ValueError(f"more than {shape[0]} frames were given")


def _next(source: Iterator[Array], index: int, shape: tuple[int, ...]) -> Array:
    frame = next(source, None)
    if frame is None:
        raise ValueError(f"frame {index + 1} of {shape[0]} was not given")
    if frame.shape != shape[1:]:
        raise ValueError(f"frame {index + 1} of {shape[0]} is {frame.shape}, not {shape[1:]}")
    return frame
