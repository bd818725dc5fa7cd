"""The metadata with which Zarr reads a group and its arrays: made by the Zarr library itself.

Its arrays are not used: their event loop and threads take longer per block than compressing it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from pydantic import JsonValue
from zarr.codecs import BloscCodec, BytesCodec
from zarr.core.buffer import default_buffer_prototype
from zarr.core.dtype import get_data_type_from_native_dtype
from zarr.core.group import GroupMetadata
from zarr.core.metadata import ArrayV3Metadata

from fsvfx.store.blocks import CODEC, LEVEL
from fsvfx.store.layout import NODE, ArrayDigest


def array_node(array: ArrayDigest) -> bytes:
    """For an array in regular blocks."""
    return _array_node(array.shape, array.dtype, array.rows)


@lru_cache(maxsize=512)
def _array_node(shape: tuple[int, ...], called: str, rows: int) -> bytes:
    """Cached: the chunks of a shot have arrays of the same shapes."""
    dtype = np.dtype(called)
    block = tuple(max(1, length) for length in (rows, *shape[1:]))
    return _written(
        ArrayV3Metadata(
            shape=shape,
            data_type=get_data_type_from_native_dtype(dtype),
            chunk_grid={"name": "regular", "configuration": {"chunk_shape": block}},
            chunk_key_encoding={"name": "default", "configuration": {"separator": "/"}},
            fill_value=False if dtype.kind == "b" else 0,
            codecs=(BytesCodec(), BloscCodec(cname=CODEC, clevel=LEVEL, shuffle="shuffle", typesize=dtype.itemsize)),
            attributes={},
            dimension_names=None,
        )
    )


def group_node(attributes: Mapping[str, JsonValue]) -> bytes:
    """For a group."""
    return _written(GroupMetadata(attributes=dict(attributes)))


@lru_cache
def plain_group() -> bytes:
    """For a group without attributes."""
    return group_node({})


def _written(metadata: ArrayV3Metadata | GroupMetadata) -> bytes:
    return bytes(metadata.to_buffer_dict(default_buffer_prototype())[NODE].to_bytes())
