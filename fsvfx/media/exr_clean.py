"""An EXR header without what libraries stumble over: the same length, so that every chunk stays where it is. Pure.

Only what describes the pixels is kept; channels' names become UTF-8.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from fsvfx.media.exr_header import ExrError, ExrPartHeader, RawAttribute
from fsvfx.media.header_text import is_utf8

_KEPT = (b"compression", b"dataWindow", b"displayWindow", b"lineOrder", b"tiles", b"type", b"chunkCount")
_LAST = ord("~")
_ENTRY = 16
"""Bytes of a channel in the list, behind its name."""
_FILLER = (b"p", b"p")
"""Name and type of what fills the rest: 8 bytes with its size."""


def cleaned(parts: Sequence[ExrPartHeader]) -> bytes:
    """The headers, from the first part's on, as long as they were. ExrError where that can't be done."""
    return b"".join(_part(part, index, len(parts)) for index, part in enumerate(parts)) + b"\0" * (len(parts) > 1)


def clean_name(part: ExrPartHeader, name: str) -> str:
    """How the part's channel ``name`` is called in a cleaned header."""
    return next(_clean(channel.raw).decode() for channel in part.channels if channel.name == name)


def _part(part: ExrPartHeader, index: int, count: int) -> bytes:
    given = {name: (name, kind, value) for name, kind, value in part.raw}
    kept = [given[name] for name in _KEPT if name in given]
    kept += [
        (b"channels", b"chlist", _channels(given[b"channels"][2])),
        (b"pixelAspectRatio", b"float", struct.pack("<f", 1)),
        (b"screenWindowCenter", b"v2f", bytes(8)),
        (b"screenWindowWidth", b"float", struct.pack("<f", 1)),
    ]
    if b"lineOrder" not in given:
        kept.append((b"lineOrder", b"lineOrder", b"\0"))
    if count > 1:
        room = len(given.get(b"name", (b"", b"", b""))[2])
        kept.append((b"name", b"string", str(index).zfill(room).encode()))
    spare = _length(part.raw) - _length(kept)
    if spare:
        filler = (*_FILLER, bytes(max(0, spare - 8)))
        kept.append(filler)
    if _length(kept) != _length(part.raw):
        raise ExrError("the EXR's header can't be read: too little of it is left once its damaged entries are out")
    return b"".join(_bytes(one) for one in kept) + b"\0"


def _channels(raw: bytes) -> bytes:
    """The list with clean names. Pixels lie in the order of the names, so that must stay, and be the list's."""
    found, at, names = b"", 0, []
    while raw[at]:
        end = raw.index(b"\0", at)
        names.append(_clean(raw[at:end]))
        found += names[-1] + raw[end : end + 1 + _ENTRY]
        at = end + 1 + _ENTRY
    if names != sorted(set(names)):
        raise ExrError("the EXR's channels can't be told apart: their names are not UTF-8, or not in order")
    return found + b"\0"


def _clean(name: bytes) -> bytes:
    """As it is if it is UTF-8; else with its bytes beyond ASCII as the one that ASCII sorts last. What lies behind the
    last dot stays: compressions go by it."""
    return name if is_utf8(name) else bytes(byte if byte < 0x80 else _LAST for byte in name)


def _bytes(attribute: RawAttribute) -> bytes:
    name, kind, value = attribute
    return name + b"\0" + kind + b"\0" + struct.pack("<i", len(value)) + value


def _length(attributes: Sequence[RawAttribute]) -> int:
    return sum(len(_bytes(one)) for one in attributes)
