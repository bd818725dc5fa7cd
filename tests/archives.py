"""Stored results as objects: their members, taken out or changed; and results as version 0.2 stored them."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from zipfile import ZipFile

import zarr
from zarr.codecs import BloscCodec
from zarr.storage import ObjectStore

from fsvfx.arrays import Array, LazyFrames, Result
from fsvfx.store import ShotStore
from fsvfx.store.layout import ATTRIBUTE, ArrayDigest, Contents, block_digest, rows_of
from schemas.frames import FrameRange

Change = Callable[[str, bytes], bytes | None]
"""A member's name and bytes -> its new bytes; None: it goes."""


def members(store: ShotStore, path: str) -> dict[str, bytes]:
    with ZipFile(io.BytesIO(store.read(path) or b"")) as file:
        return {name: file.read(name) for name in file.namelist()}


def changed(store: ShotStore, path: str, change: Change) -> None:
    """Pack the archive anew."""
    packed = io.BytesIO()
    with ZipFile(packed, "w") as file:
        for name, content in members(store, path).items():
            if (made := change(name, content)) is not None:
                file.writestr(name, made)
    store.write(path, packed.getvalue())


def without(store: ShotStore, path: str, *names: str) -> None:
    assert set(names) <= set(members(store, path))
    changed(store, path, lambda name, content: None if name in names else content)


def write_folder(store: ShotStore, path: str, numbers: Sequence[int], result: Result) -> str:
    """As version 0.2 did; the digest."""
    target, parts = ObjectStore(store.objects), {}
    for name, part in result.parts.items():
        parts[name] = write_folder(store, f"{path}/parts/{name}", tuple(FrameRange.parse(name)), part)

    def written(name: str, array: Array | LazyFrames) -> ArrayDigest:
        assert not isinstance(array, LazyFrames)
        rows = rows_of(array.shape, array.dtype)
        stored = zarr.create_array(
            target, name=f"{path}/{name}", shape=array.shape, dtype=array.dtype, fill_value=0,
            chunks=(rows, *array.shape[1:]),
            compressors=BloscCodec(cname="zstd", clevel=1, shuffle="bitshuffle", typesize=array.dtype.itemsize),
            config={"write_empty_chunks": True},
        )  # fmt: skip
        stored[:] = array
        digests = tuple(block_digest(array[i : i + rows]) for i in range(0, len(array), rows))
        return ArrayDigest(shape=array.shape, dtype=array.dtype.str, rows=rows, digests=digests)

    contents = Contents(
        numbers=tuple(numbers),
        frames={name: written(f"frames/{name}", array) for name, array in result.frames.items()},
        tables={
            name: {key: written(f"tables/{name}/{key}", column) for key, column in table.items()}
            for name, table in result.tables.items()
        },
        parts=parts,
    )
    group = zarr.open_group(target, path=path, mode="a")
    group.update_attributes({ATTRIBUTE: contents.model_dump(mode="json")})
    return contents.digest
