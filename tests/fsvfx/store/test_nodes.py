"""The metadata of groups and arrays against what the Zarr library writes itself."""

from __future__ import annotations

import json

import numpy as np
import pytest
from pydantic import JsonValue
from zarr.codecs import BloscCodec, BytesCodec
from zarr.core.buffer import default_buffer_prototype
from zarr.core.dtype import get_data_type_from_native_dtype
from zarr.core.group import GroupMetadata
from zarr.core.metadata import ArrayV3Metadata

from fsvfx.store.blocks import CODEC, LEVEL
from fsvfx.store.layout import NODE, ArrayDigest
from fsvfx.store.nodes import array_node, group_node


def zarrs_own(metadata: ArrayV3Metadata | GroupMetadata) -> object:
    return json.loads(metadata.to_buffer_dict(default_buffer_prototype())[NODE].to_bytes())


@pytest.mark.parametrize("called", ["|b1", "|u1", "<i8", "<f2", "<f4", "<f8"])
@pytest.mark.parametrize("shape", [(24, 3, 4), (0,), (5, 0)])
def test_an_array_is_described_as_zarr_describes_it(called: str, shape: tuple[int, ...]) -> None:
    dtype = np.dtype(called)
    wanted = ArrayV3Metadata(
        shape=shape,
        data_type=get_data_type_from_native_dtype(dtype),
        chunk_grid={"name": "regular", "configuration": {"chunk_shape": (7, *(max(1, n) for n in shape[1:]))}},
        chunk_key_encoding={"name": "default", "configuration": {"separator": "/"}},
        fill_value=dtype.type(0),
        codecs=(BytesCodec(), BloscCodec(cname=CODEC, clevel=LEVEL, shuffle="shuffle", typesize=dtype.itemsize)),
        attributes={},
        dimension_names=None,
    )

    node = array_node(ArrayDigest(shape=shape, dtype=called, rows=7, digests=()))

    assert json.loads(node) == zarrs_own(wanted)


def test_a_group_is_described_as_zarr_describes_it() -> None:
    attributes: dict[str, JsonValue] = {"fsvfx": {"numbers": [1001, 1002], "name": "Müller"}}

    assert json.loads(group_node(attributes)) == zarrs_own(GroupMetadata(attributes=dict(attributes)))
