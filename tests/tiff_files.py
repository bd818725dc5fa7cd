"""TIFF files by hand: tags that no library would write."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import numpy as np

SHORT, LONG, ASCII, BYTES, UNDEFINED, DOUBLE = 3, 4, 2, 1, 7, 12
_FORMS = {SHORT: "H", LONG: "I", BYTES: "B", DOUBLE: "d", ASCII: "B", UNDEFINED: "B"}
_LENGTHS = {SHORT: 2, LONG: 4, DOUBLE: 8}
Tag = tuple[int, Sequence[int] | bytes] | tuple[int, Sequence[int] | bytes, int]
"""Type, values; how many values it claims to have, if that is another number."""


def tiff_bytes(
    rgb: np.ndarray,
    tags: Mapping[int, Tag] | None = None,
    *,
    order: Literal["<", ">"] = "<",
    drop: Iterable[int] = (),
    next_directory: int = 0,
) -> bytes:
    """One strip of ``rgb`` (H, W, 3) and one directory; ``tags`` by number are set last, ``drop`` left out."""
    height, width = rgb.shape[:2]
    pixels = rgb.astype(rgb.dtype.newbyteorder(order)).tobytes()
    said: dict[int, Tag] = {
        256: (LONG, [width]), 257: (LONG, [height]), 258: (SHORT, [rgb.dtype.itemsize * 8] * 3), 259: (SHORT, [1]),
        262: (SHORT, [2]), 273: (LONG, [8]), 277: (SHORT, [3]), 278: (LONG, [height]), 279: (LONG, [len(pixels)]),
    }  # fmt: skip
    said |= dict(tags or {})
    for number in drop:
        del said[number]
    place = 8 + len(pixels)
    behind = place + 2 + 12 * len(said) + 4
    entries, extra = b"", b""
    for number, (kind, values, *claimed) in sorted(said.items()):
        raw = values if isinstance(values, bytes) else struct.pack(f"{order}{len(values)}{_FORMS[kind]}", *values)
        value = raw.ljust(4, b"\0")
        if len(raw) > 4:
            value = struct.pack(order + "I", behind + len(extra))
            extra += raw
        count = claimed[0] if claimed else len(raw) // _LENGTHS.get(kind, 1)
        entries += struct.pack(order + "HHI", number, kind, count) + value
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", place)
    return (
        head + pixels + struct.pack(order + "H", len(said)) + entries + struct.pack(order + "I", next_directory) + extra
    )
