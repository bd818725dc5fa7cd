"""What a JPEG's headers say (ITU-T T.81, annex B), before anything is decoded. Pure."""

from __future__ import annotations

from dataclasses import dataclass

_FRAMES = frozenset({*range(0xC0, 0xD0), 0xF7}) - {0xC4, 0xC8, 0xCC}
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})
"""Markers without a length."""
_PROCESSES = {
    **dict.fromkeys((0xC3, 0xC7, 0xCB, 0xCF), "lossless"),
    **dict.fromkeys((0xC5, 0xC6, 0xCD, 0xCE), "hierarchical"),
    0xF7: "JPEG-LS",
}


@dataclass(frozen=True)
class JpegHeader:
    """process: its name where it is an uncommon one, else empty. bits: of each of its ``components``' samples."""

    width: int
    height: int
    bits: int
    components: int
    process: str


def jpeg_header(content: bytes) -> JpegHeader | None:
    """None if there is no frame header."""
    at = 2
    while at + 4 <= len(content):
        if content[at] != 0xFF:
            at += 1
            continue
        marker = content[at + 1]
        if marker == 0xFF or marker in _ALONE:
            at += 1 if marker == 0xFF else 2
            continue
        if marker in (0xD9, 0xDA):
            return None
        size = int.from_bytes(content[at + 2 : at + 4])
        if marker in _FRAMES and at + 10 <= len(content):
            height, width = (int.from_bytes(content[at + n : at + n + 2]) for n in (5, 7))
            return JpegHeader(width, height, content[at + 4], content[at + 9], _PROCESSES.get(marker, ""))
        at += 2 + max(size, 2)
    return None
