"""Writing a stage's result as an immutable Zarr group."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import zarr
from zarr.codecs import BloscCodec

from fsvfx.arrays import Array, LazyFrames, Result, Table
from fsvfx.errors import Where
from fsvfx.store.kept import BlockName
from fsvfx.store.layout import (
    ATTRIBUTE,
    ArrayDigest,
    Contents,
    block_digest,
    column_path,
    frames_path,
    part_path,
    portable,
    rows_of,
)
from fsvfx.store.objects import ShotStore
from schemas.frames import FrameRange

_WRITERS = 4
"""Small groups written side by side: their cost is round trips."""


@dataclass(frozen=True)
class Written:
    """What was put into the store."""

    digest: str
    parts: dict[str, str] = field(default_factory=dict)
    """Digest of each part, by unit name."""
    bytes: int = 0
    """In the store, compressed."""


def write_result(store: ShotStore, path: str, numbers: Sequence[int], result: Result) -> Written:
    """Write ``result`` as the group at ``path``; ``numbers`` are the frame numbers of its per-frame arrays.

    LazyFrames are streamed, a few frames in memory at a time. The digest depends on names, shapes, dtypes and bytes
    only. ``store.kept`` keeps the arrays as far as it goes; they may not be changed any more.
    Raises StoreError, and ValueError if an array's length is not that of ``numbers``.
    """
    with store.guard(Where(file=path)):
        with ThreadPoolExecutor(_WRITERS) as pool:
            names = list(result.parts)
            digests = pool.map(lambda name: _write_part(store, path, name, result.parts[name]), names)
            parts = dict(zip(names, digests))
        digest = _write_group(store, path, numbers, result, parts)
    return Written(digest, parts, store.size(path))


def _write_part(store: ShotStore, path: str, name: str, part: Result) -> str:
    return _write_group(store, f"{path}/{part_path(name)}", _numbers_of(name), part, {})


def _write_group(store: ShotStore, path: str, numbers: Sequence[int], result: Result, parts: Mapping[str, str]) -> str:
    frames = {
        name: _write_frames(store, path, array, len(numbers), name) for name, array in sorted(result.frames.items())
    }
    tables = {name: _write_table(store, path, name, table) for name, table in sorted(result.tables.items())}
    contents = Contents(numbers=tuple(numbers), frames=frames, tables=tables, parts=dict(parts))
    group = zarr.open_group(store.zarr, path=path, mode="a")
    group.update_attributes({ATTRIBUTE: contents.model_dump(mode="json")})
    digest = contents.digest
    store.kept.contents[path] = contents, digest
    return digest


def _numbers_of(part: str) -> Sequence[int]:
    """A part is named after its chunk."""
    try:
        return tuple(FrameRange.parse(part))
    except ValueError:
        return ()


def _write_frames(store: ShotStore, path: str, array: Array | LazyFrames, count: int, name: str) -> ArrayDigest:
    shape = (count, *array.shape) if isinstance(array, LazyFrames) else array.shape
    if shape[0] != count:
        raise ValueError(f"'{name}' has {shape[0]} frames, but its unit has {count}")
    rows = array.frames if isinstance(array, LazyFrames) else array
    return _write_array(store, path, frames_path(name), shape, array.dtype, rows, lazy=isinstance(array, LazyFrames))


def _write_table(store: ShotStore, path: str, name: str, table: Table) -> dict[str, ArrayDigest]:
    lengths = {len(column) for column in table.values()}
    if len(lengths) > 1:
        raise ValueError(f"columns of table '{name}' differ in length: {sorted(lengths)}")
    columns = {key: np.asarray(column) for key, column in sorted(table.items())}
    return {
        key: _write_array(store, path, column_path(name, key), column.shape, column.dtype, column)
        for key, column in columns.items()
    }


def _write_array(
    store: ShotStore,
    group: str,
    path: str,
    shape: tuple[int, ...],
    dtype: np.dtype[np.generic],
    rows: Array | Iterable[Array],
    *,
    lazy: bool = False,
) -> ArrayDigest:
    dtype = portable(dtype)
    per_block = rows_of(shape, dtype)
    target = _create(store, f"{group}/{path}", shape, dtype, per_block)
    blocks = _gathered(rows, shape, dtype, per_block) if lazy else _cut(np.asarray(rows), dtype, per_block)
    digests = []
    for number, (start, block) in enumerate(blocks):
        digests.append(block_digest(block))
        target[start : start + len(block)] = block
        store.kept.put(BlockName(group, path, number), block)
    return ArrayDigest(shape=shape, dtype=dtype.str, rows=per_block, digests=tuple(digests))


def _create(
    store: ShotStore, path: str, shape: tuple[int, ...], dtype: np.dtype[np.generic], per_block: int
) -> zarr.Array[Any]:
    return zarr.create_array(
        store.zarr,
        name=path,
        shape=shape,
        dtype=dtype,
        chunks=(per_block, *(max(1, length) for length in shape[1:])),
        compressors=BloscCodec(cname="zstd", clevel=1, shuffle="bitshuffle", typesize=dtype.itemsize),
        fill_value=0,
        config={"write_empty_chunks": True},  # else an all-black frame would not be there at all
    )


def _cut(array: Array, dtype: np.dtype[np.generic], per_block: int) -> Iterator[tuple[int, Array]]:
    for start in range(0, array.shape[0], per_block):
        yield start, np.ascontiguousarray(array[start : start + per_block], dtype=dtype)


def _gathered(
    rows: Iterable[Array], shape: tuple[int, ...], dtype: np.dtype[np.generic], per_block: int
) -> Iterator[tuple[int, Array]]:
    source = iter(rows)
    for start in range(0, shape[0], per_block):
        length = min(per_block, shape[0] - start)
        block = np.empty((length, *shape[1:]), dtype)
        for i in range(length):
            block[i] = _next(source, start + i, shape)
        yield start, block
    if next(source, None) is not None:
        raise ValueError(f"more than {shape[0]} frames were given")


def _next(source: Iterator[Array], index: int, shape: tuple[int, ...]) -> Array:
    frame = next(source, None)
    if frame is None:
        raise ValueError(f"frame {index + 1} of {shape[0]} was not given")
    if frame.shape != shape[1:]:
        raise ValueError(f"frame {index + 1} of {shape[0]} is {frame.shape}, not {shape[1:]}")
    return frame
