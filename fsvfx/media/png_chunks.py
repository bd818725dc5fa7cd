"""A PNG's chunks (ISO/IEC 15948): whether they are whole, and what they say before anything is decoded. Pure."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

MAGIC = b"\x89PNG\r\n\x1a\n"
_NEEDED = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"eXIf")


_PRIMARIES = {1: "BT.709", 9: "BT.2020", 11: "P3 DCI", 12: "P3 D65"}
_TRANSFERS = {1: "BT.709", 8: "linear", 13: "IEC 61966-2-1", 16: "PQ", 18: "HLG"}
"""By the code points of ITU-T H.273."""


@dataclass(frozen=True)
class PngHeader:
    width: int
    height: int
    has_alpha: bool
    pictures: int
    """More than one: animated."""
    profile: str
    """The name of its colour profile, or of what its code points (cICP) say; empty: it has neither."""
    plain: bytes
    """The file with what its pixels need, and nothing that could unpack to gigabytes (texts, profiles)."""


def png_header(content: bytes) -> PngHeader | None:
    """None if a chunk is damaged, or the file ends before IEND."""
    at, kept = len(MAGIC), [MAGIC]
    size, has_alpha, pictures, profile = (0, 0), False, 1, ""
    while at + 12 <= len(content):
        end = at + 12 + int.from_bytes(content[at : at + 4])
        kind, body = content[at + 4 : at + 8], content[at + 8 : end - 4]
        if end > len(content) or zlib.crc32(content[at + 4 : end - 4]) != int.from_bytes(content[end - 4 : end]):
            return None
        if kind == b"IHDR" and len(body) == 13:
            size, has_alpha = (int.from_bytes(body[:4]), int.from_bytes(body[4:8])), body[9] in (4, 6)
        elif kind == b"acTL":
            pictures = int.from_bytes(body[:4])
        elif kind == b"iCCP":
            profile = profile or body[:80].partition(b"\0")[0].decode("latin-1")
        elif kind == b"cICP" and len(body) == 4:  # it overrules a profile
            profile = _coded(body[0], body[1])
        has_alpha |= kind == b"tRNS"
        if kind in _NEEDED:
            kept.append(content[at:end])
        if kind == b"IEND":
            return PngHeader(*size, has_alpha, pictures, profile, b"".join(kept))
        at = end
    return None


def _coded(primaries: int, transfer: int) -> str:
    first = _PRIMARIES.get(primaries, f"primaries {primaries}")
    second = _TRANSFERS.get(transfer, f"transfer {transfer}")
    return "sRGB" if (primaries, transfer) == (1, 13) else f"{first} {second}"
