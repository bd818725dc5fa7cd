"""EXR headers by hand: attributes that no library would write."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from pathlib import Path

Attribute = tuple[bytes, bytes, bytes]
"""Name, type, bytes of the value."""


def attribute(name: bytes, kind: bytes, value: bytes, size: int | None = None) -> bytes:
    return name + b"\0" + kind + b"\0" + struct.pack("<i", len(value) if size is None else size) + value


def attributes_of(content: bytes) -> tuple[list[Attribute], int]:
    """Of a file of one part, and where its header ends."""
    found, at = [], 8
    while content[at]:
        name_end = content.index(b"\0", at)
        kind_end = content.index(b"\0", name_end + 1)
        (size,) = struct.unpack_from("<i", content, kind_end + 1)
        start = kind_end + 5
        found.append((content[at:name_end], content[name_end + 1 : kind_end], content[start : start + size]))
        at = start + size
    return found, at + 1


def rewrite(path: Path, add: Iterable[Attribute] = (), replace: Mapping[bytes, Attribute | None] | None = None) -> Path:
    """Attributes of a file of one part replaced (None: taken out) and added; its chunks stay what they are."""
    content = path.read_bytes()
    old, end = attributes_of(content)
    wanted = {name: (name, kind, value) for name, kind, value in old} | dict(replace or {})
    header = b"".join(attribute(*one) for one in [*filter(None, wanted.values()), *add]) + b"\0"
    (first,) = struct.unpack_from("<Q", content, end)
    count = (first - end) // 8
    moved = 8 + len(header) - end
    offsets = struct.pack(f"<{count}Q", *(place + moved for place in struct.unpack_from(f"<{count}Q", content, end)))
    path.write_bytes(content[:8] + header + offsets + content[end + 8 * count :])
    return path


def channel(name: bytes, kind: int = 1, across: int = 1, down: int = 1) -> bytes:
    """One entry of a ``chlist``."""
    return name + b"\0" + struct.pack("<iB3xii", kind, 0, across, down)


def box(x0: int, y0: int, x1: int, y1: int) -> bytes:
    return struct.pack("<4i", x0, y0, x1, y1)
