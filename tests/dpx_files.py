"""DPX files by hand, from the layout in SMPTE ST 268-1: independent of what reads or writes them in the product."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

UNDEFINED = 0xFFFFFFFF
PLACES = {
    "image_offset": (4, "I"), "version": (8, "8s"), "file_size": (16, "I"), "generic_size": (24, "I"),
    "industry_size": (28, "I"), "user_size": (32, "I"), "file_name": (36, "100s"), "creator": (160, "100s"),
    "project": (260, "200s"), "copyright": (460, "200s"), "encryption": (660, "I"), "orientation": (768, "H"),
    "elements": (770, "H"), "width": (772, "I"), "height": (776, "I"), "aspect_across": (1628, "I"),
    "aspect_down": (1632, "I"), "film_rate": (1724, "f"), "timecode": (1920, "I"), "interlace": (1928, "B"),
    "video_rate": (1940, "f"),
}  # fmt: skip
ELEMENT = {
    "sign": (0, "I"), "low": (4, "I"), "high": (12, "I"), "descriptor": (20, "B"), "transfer": (21, "B"),
    "colorimetric": (22, "B"), "bits": (23, "B"), "packing": (24, "H"), "encoding": (26, "H"), "offset": (28, "I"),
    "line_padding": (32, "I"), "image_padding": (36, "I"), "description": (40, "32s"),
}  # fmt: skip


def packed_line(codes: Iterable[int | float], bits: int, packing: int, order: str, *, lone: bool = False) -> bytes:
    """One line's codes in the file's words, bit by bit. A ``lone`` component's first code of three is the lowest."""
    if bits in (32, 64):
        return b"".join(struct.pack(order + "fd"[bits == 64], code) for code in codes)
    values = [int(code) for code in codes]
    if bits in (8, 16):
        return b"".join(struct.pack(order + "BH"[bits == 16], code) for code in values)
    if bits == 12 and packing:
        return b"".join(struct.pack(order + "H", code << 4 if packing == 1 else code) for code in values)
    words = []
    if packing:
        for at in range(0, len(values), 3):
            first, second, third = [*values[at : at + 3], 0, 0][:3]
            word = third << 20 | second << 10 | first if lone else first << 20 | second << 10 | third
            words.append(word << 2 if packing == 1 else word)
    else:
        stream = sum(code << bits * at for at, code in enumerate(values))
        while len(words) * 32 < len(values) * bits:
            words.append(stream >> 32 * len(words) & UNDEFINED)
    return b"".join(struct.pack(order + "I", word) for word in words)


def dpx_bytes(
    planes: Sequence[np.ndarray],
    *,
    order: str = ">",
    bits: int = 10,
    packing: int = 1,
    descriptors: Sequence[int] = (50,),
    start: int = 2048,
    align: bool = True,
    line_padding: int = 0,
    gap: int = 0,
    runs_on: bool = False,
    fields: dict[str, Any] | None = None,
    element: dict[str, Any] | None = None,
) -> bytes:
    """A DPX with one image element per plane (H, W, n) of codes. ``fields``, ``element``: header fields set last.

    Lines are brought to four bytes where ``align``, then padded with 0xAA; ``gap`` bytes of 0xBB follow each element.
    """
    height, width = planes[0].shape[:2]
    body, offsets = b"", []
    for codes in planes:
        offsets.append(start + len(body))
        for row in codes.reshape(1, -1, codes.shape[-1]) if runs_on else codes:
            line = packed_line(row.ravel().tolist(), bits, packing, order, lone=row.shape[-1] == 1)
            body += line + b"\0" * (-len(line) % 4 if align else 0) + b"\xaa" * line_padding
        body += b"\xbb" * gap
    head = bytearray(b"\xff" * start)
    head[:4] = b"SDPX" if order == ">" else b"XPDS"
    said = {"image_offset": start, "version": b"V1.0", "file_size": start + len(body), "generic_size": 1664,
            "industry_size": 384, "user_size": 0, "orientation": 0, "elements": len(planes), "width": width,
            "height": height}  # fmt: skip
    _set(head, {**said, **(fields or {})}, PLACES, 0, order)
    for index, descriptor in enumerate(descriptors):
        own = {"sign": 0, "low": 0, "high": 2**bits - 1 if bits < 32 else 0, "descriptor": descriptor, "transfer": 0,
               "colorimetric": 0, "bits": bits, "packing": packing, "encoding": 0, "offset": offsets[index],
               "line_padding": line_padding, "image_padding": gap, "description": b""}  # fmt: skip
        _set(head, {**own, **(element or {})}, ELEMENT, 780 + 72 * index, order)
    return bytes(head) + body


def write_dpx(path: Path, planes: Sequence[np.ndarray], **how: Any) -> Path:
    path.write_bytes(dpx_bytes(planes, **how))
    return path


def _set(head: bytearray, said: dict[str, Any], places: dict[str, tuple[int, str]], base: int, order: str) -> None:
    for name, value in said.items():
        place, form = places[name]
        struct.pack_into(order + form, head, base + place, value)
