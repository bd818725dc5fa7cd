"""The metadata by which Zarr reads a group and its arrays (Zarr's core specification, version 3).

Written here, as the Zarr library takes half a second to import and its own JSON comes from a slow encoder: tests hold
it to what the library writes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from pydantic import JsonValue

from fsvfx.store.blocks import CODEC, LEVEL
from fsvfx.store.layout import ArrayDigest


def array_node(array: ArrayDigest) -> bytes:
    """Of an array in regular blocks."""
    return _array_node(array.shape, array.dtype, array.rows)


@lru_cache(maxsize=512)
def _array_node(shape: tuple[int, ...], called: str, rows: int) -> bytes:
    """The chunks of a shot have arrays of the same shapes."""
    dtype = np.dtype(called)
    block = [max(1, length) for length in (rows, *shape[1:])]
    return _written(
        "array",
        shape=list(shape),
        data_type=dtype.name,
        chunk_grid={"name": "regular", "configuration": {"chunk_shape": list(block)}},
        chunk_key_encoding={"name": "default", "configuration": {"separator": "/"}},
        fill_value=dtype.type(0).item(),
        codecs=[_as_bytes(dtype), _compressed(dtype)],
        attributes={},
        storage_transformers=[],
    )


def _as_bytes(dtype: np.dtype[np.generic]) -> JsonValue:
    return {"name": "bytes", "configuration": {"endian": "little"}} if dtype.itemsize > 1 else {"name": "bytes"}


def _compressed(dtype: np.dtype[np.generic]) -> JsonValue:
    settings: dict[str, JsonValue] = {"cname": CODEC, "clevel": LEVEL, "shuffle": "shuffle", "blocksize": 0}
    return {"name": "blosc", "configuration": {"typesize": dtype.itemsize, **settings}}


def group_node(attributes: Mapping[str, JsonValue]) -> bytes:
    """Of a group."""
    return _written("group", attributes=dict(attributes))


@lru_cache
def plain_group() -> bytes:
    """Of a group without attributes."""
    return group_node({})


def _written(kind: str, **said: JsonValue) -> bytes:
    return json.dumps({**said, "zarr_format": 3, "node_type": kind}, separators=(",", ":")).encode()
