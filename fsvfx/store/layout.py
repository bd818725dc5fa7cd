"""The layout of a stage's result in its Zarr group, and the digests in its attributes.

``frames/<name>`` per-frame arrays, ``tables/<table>/<column>``, ``parts/<unit>`` groups of the same kind. An array is
cut along axis 0 into blocks, each one Zarr chunk with one digest: one frame if frames are large, otherwise up to 16
MiB. The group's attribute ``fsvfx`` is a `Contents`; the result's digest is the hash of it.
"""

from __future__ import annotations

import math

import numpy as np
from blake3 import blake3
from pydantic import Field

from fsvfx.arrays import Array
from fsvfx.digests import digest_of
from schemas.base import StrictModel

ATTRIBUTE = "fsvfx"
NODE = "zarr.json"
"""The file with Zarr's metadata of a group or an array."""
_LARGE_FRAME = 64 * 1024
_BLOCK = 16 * 1024 * 1024


class ArrayDigest(StrictModel):
    """One array: shape, little-endian dtype (``<f2``, ``|u1``), and the blake3 of each block's bytes in C order."""

    shape: tuple[int, ...]
    dtype: str
    rows: int
    """Rows of axis 0 in one block."""
    digests: tuple[str, ...]

    def block_of(self, row: int) -> int:
        return row // self.rows


class Contents(StrictModel):
    """The description of a group. ``numbers``: production frame numbers of axis 0 of the per-frame arrays."""

    numbers: tuple[int, ...]
    frames: dict[str, ArrayDigest] = Field(default_factory=dict)
    tables: dict[str, dict[str, ArrayDigest]] = Field(default_factory=dict)
    parts: dict[str, str] = Field(default_factory=dict)

    @property
    def digest(self) -> str:
        return digest_of(self.model_dump(mode="json"))


def rows_of(shape: tuple[int, ...], dtype: np.dtype[np.generic]) -> int:
    """Number of entries of axis 0 in one block."""
    row_bytes = max(1, math.prod(shape[1:]) * dtype.itemsize)
    if row_bytes >= _LARGE_FRAME:
        return 1
    return max(1, min(shape[0], _BLOCK // row_bytes))


def portable(dtype: np.dtype[np.generic]) -> np.dtype[np.generic]:
    """The dtype in little-endian order. TypeError if it is not a plain number or bool."""
    if dtype.kind not in "biuf":
        raise TypeError(f"{dtype} can't be stored: stages may output only numbers and bools")
    return dtype.newbyteorder("<")


def block_digest(block: Array) -> str:
    """blake3 of a C-contiguous block's bytes (32 digits)."""
    plain = np.ascontiguousarray(block)
    return blake3(plain.reshape(-1).view(np.uint8).data).hexdigest(length=16)


def frames_path(name: str) -> str:
    return f"frames/{name}"


def column_path(table: str, column: str) -> str:
    return f"tables/{table}/{column}"


def part_path(part: str) -> str:
    return f"parts/{part}"
