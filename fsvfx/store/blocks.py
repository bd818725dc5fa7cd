"""Blocks of arrays as bytes, by Zarr's codec (numcodecs)."""

from __future__ import annotations

from typing import Literal

import numpy as np

from fsvfx.arrays import Array
from fsvfx.store.layout import ArrayDigest

CODEC: Literal["lz4"] = "lz4"
LEVEL = 1
"""Measured on plates, crops and mattes: a quarter of zstd's time, at most a quarter larger; mattes are smaller."""


class MissingChunkError(Exception):
    """A missing Zarr chunk; the argument is its path."""


def encoded(block: Array, rows: int) -> bytes:
    """A compressed block; one with fewer than ``rows`` rows is padded with zeros, as Zarr requires."""
    from numcodecs import blosc  # here: reading only the ledger does not need it

    if len(block) < rows:
        block = np.concatenate([block, np.zeros((rows - len(block), *block.shape[1:]), block.dtype)])
    plain = np.ascontiguousarray(block).reshape(-1).view(f"u{block.dtype.itemsize}")
    return bytes(blosc.compress(plain, CODEC.encode(), LEVEL, blosc.SHUFFLE))


def decoded(content: bytes, array: ArrayDigest, number: int) -> Array:
    """The ``number``-th block of ``array``, read-only. Raises ValueError or RuntimeError for invalid content."""
    from numcodecs import blosc

    shape, dtype = (array.rows, *array.shape[1:]), np.dtype(array.dtype)
    block = np.frombuffer(blosc.decompress(content), dtype).reshape(shape)
    return block[: array.shape[0] - number * array.rows]


def block_name(path: str, dimensions: int, number: int) -> str:
    """The name of an array's ``number``-th block along its first axis."""
    return f"{path}/c/{'/'.join(str(place) for place in (number, *[0] * (dimensions - 1)))}"
