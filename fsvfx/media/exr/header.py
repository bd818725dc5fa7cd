"""EXR headers: parsed whatever they contain, with a cleaned version for libraries that can't read everything.

OpenEXR's binding fails on text that is not UTF-8. Nothing is allocated beyond the file's own size.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from os import SEEK_CUR
from typing import Any, BinaryIO

from fsvfx.media.exr.attributes import AttributeUnread, texts_of, value_of
from fsvfx.media.headers import RAISE_IT, TOO_MANY_CHANNELS, HeaderError, field_of, is_utf8, text_of
from fsvfx.media.pixels import Window

PREFIX = 8
"""Bytes before the first part's header: magic number and version."""
MAGIC = b"\x76\x2f\x31\x01"
_TILED, _DEEP, _PARTS = 0x200, 0x800, 0x1000
_LONGEST_NAME = 255
_PIXEL_TYPES = ("uint", "half", "float")
_STRUCTURE = {"channels": "chlist", "dataWindow": "box2i", "displayWindow": "box2i", "compression": "compression",
              "lineOrder": "lineOrder", "tiles": "tiledesc", "type": "string", "name": "string",
              "chunkCount": "int", "preview": "preview"}  # fmt: skip
"""Attributes that describe the file itself: their types are fixed, and they are never carried along."""
_FIXED = {"timeCode": "timecode", "chromaticities": "chromaticities", "colorInteropID": "string",
          "pixelAspectRatio": "float", "screenWindowCenter": "v2f", "screenWindowWidth": "float"}  # fmt: skip
"""Attributes that are read by name here: with another type, they are something else."""


RawAttribute = tuple[bytes, bytes, bytes]
"""Name, type, value, as in the file."""


_BOUNDS = {"pixelAspectRatio": (0.1, 10.0), "screenWindowWidth": (0.0, 1e30)}
_ASKED = frozenset({b"lineOrder", b"pixelAspectRatio", b"screenWindowCenter", b"screenWindowWidth"})


@dataclass(frozen=True)
class ExrChannel:
    """raw: the name's bytes. pixels: ``half``, ``float`` or ``uint``. sampling: across, down."""

    name: str
    raw: bytes
    pixels: str
    sampling: tuple[int, int]


@dataclass(frozen=True)
class ExrPartHeader:
    """One part. attributes: by name, those that could be decoded. unread: the others, name and reason.

    latin: names of texts that were not UTF-8, and are decoded as Latin-1.
    """

    name: str
    is_deep: bool
    is_tiled: bool
    data: Window
    display: Window
    channels: tuple[ExrChannel, ...]
    raw: tuple[RawAttribute, ...]
    attributes: Mapping[str, Any] = field(default_factory=dict)
    unread: Mapping[str, str] = field(default_factory=dict)
    latin: tuple[str, ...] = ()

    @property
    def is_plain(self) -> bool:
        """Every attribute could be decoded, every text is UTF-8, and everything that libraries require is there."""
        return not self.unread and not self.latin and not _ASKED - {name for name, _, _ in self.raw}


def parse_headers(file: BinaryIO, size: int, longest: int, most: int) -> tuple[ExrPartHeader, ...]:
    """Every part's header. size: of the whole file. longest: maximum bytes of the headers. most: maximum number of
    channels.

    HeaderError: not an EXR, cut off, too long, or missing something that the format requires.
    """
    if file.read(4) != MAGIC:
        raise HeaderError("the file is not an EXR" if size else "the file is empty")
    reader = _Reader(file, size, longest)
    (version,) = struct.unpack("<I", reader.take(4))
    if version & 0xFF != 2:
        raise HeaderError(f"the file is an EXR of version {version & 0xFF}; version 2 is read")
    parts: list[ExrPartHeader] = []
    while True:
        raw = _attributes(reader)
        if not raw and parts:
            return tuple(parts)
        if most < 1:
            raise HeaderError(*TOO_MANY_CHANNELS)
        parts.append(_part(raw, version, most))
        most -= max(1, len(parts[-1].channels))
        if not version & _PARTS:
            return tuple(parts)


class _Reader:
    """Reads and counts the headers' bytes."""

    def __init__(self, file: BinaryIO, size: int, longest: int) -> None:
        self._file = file
        self._left = size - len(MAGIC)
        self._allowed = longest

    def take(self, count: int) -> bytes:
        if count > self._left:
            raise HeaderError("the EXR's header is cut off, or a part of it claims more bytes than the file has")
        if count > self._allowed:
            raise HeaderError("its header is longer than FSVFX_MAX_HEADER_BYTES allows", RAISE_IT)
        self._left -= count
        self._allowed -= count
        return self._file.read(count)

    def name(self) -> bytes:
        """Up to the next NUL."""
        ahead = self._file.read(_LONGEST_NAME + 1)
        end = ahead.find(b"\0")
        if end < 0 and len(ahead) > _LONGEST_NAME:
            raise HeaderError("the EXR's header is damaged: a name has no end")
        self._file.seek(-len(ahead), SEEK_CUR)
        return self.take(end + 1 if end >= 0 else len(ahead) + 1)[:-1]


def _attributes(reader: _Reader) -> list[RawAttribute]:
    """Name, type and bytes of each, up to the end of the header."""
    found = []
    while name := reader.name():
        kind = reader.name()
        (size,) = struct.unpack("<i", reader.take(4))
        if size < 0:
            raise HeaderError(f"the EXR's header is damaged: attribute {text_of(name)} has {size} bytes")
        found.append((name, kind, reader.take(size)))
    return found


def _part(raw: list[RawAttribute], version: int, most: int) -> ExrPartHeader:
    given = {text_of(name): (text_of(kind), value) for name, kind, value in raw}
    attributes: dict[str, Any] = {}
    unread: dict[str, str] = {}
    for name, (kind, value) in given.items():
        if name in _STRUCTURE:
            continue
        try:
            if kind != _FIXED.get(name, kind):
                raise AttributeUnread(f"it is a {kind}")
            attributes[name] = _possible(name, value_of(kind, value))
        except AttributeUnread as error:
            unread[name] = str(error)
    data, display = (_window(given, name) for name in ("dataWindow", "displayWindow"))
    _demanded(given, "compression")
    own_kind = text_of(_structure(given, "type") or b"")
    return ExrPartHeader(
        name=field_of(_structure(given, "name") or b""),
        is_deep=own_kind.startswith("deep") or (not own_kind and bool(version & _DEEP)),
        is_tiled=own_kind.endswith("tile") or own_kind == "tiledimage" or (not own_kind and bool(version & _TILED)),
        data=data,
        display=display,
        channels=_channels(_demanded(given, "channels"), most),
        raw=tuple(raw),
        attributes={**attributes, "dataWindow": _corners(data), "displayWindow": _corners(display)},
        unread=unread,
        latin=tuple(_not_utf8(raw)),
    )


def _possible(name: str, value: Any) -> Any:
    """Values for which libraries refuse a file. AttributeUnread."""
    low, high = _BOUNDS.get(name, (None, None))
    if low is not None and not low <= value <= high:
        raise AttributeUnread(f"{value:g} can't be")
    return value


Given = Mapping[str, tuple[str, bytes]]


def _structure(given: Given, name: str) -> bytes | None:
    kind, value = given.get(name, (_STRUCTURE[name], None))
    return value if kind == _STRUCTURE[name] else None


def _demanded(given: Given, name: str) -> bytes:
    value = _structure(given, name)
    if value is None:
        raise HeaderError(f"the EXR's header has no {name}")
    return value


def _window(given: Given, name: str) -> Window:
    raw = _demanded(given, name)
    if len(raw) != 16:
        raise HeaderError(f"the EXR's {name} is damaged")
    x0, y0, x1, y1 = struct.unpack("<4i", raw)
    return x0, y0, x1, y1


def _corners(window: Window) -> tuple[tuple[int, int], tuple[int, int]]:
    return (window[0], window[1]), (window[2], window[3])


def _channels(raw: bytes, most: int) -> tuple[ExrChannel, ...]:
    found: list[ExrChannel] = []
    at = 0
    while at < len(raw) and raw[at]:
        if len(found) >= most:
            raise HeaderError(*TOO_MANY_CHANNELS)
        end = raw.find(b"\0", at)
        if end < 0 or end + 17 > len(raw):
            raise HeaderError("the EXR's list of channels is damaged")
        kind, across, down = struct.unpack_from("<i4xii", raw, end + 1)
        if not 0 <= kind < len(_PIXEL_TYPES):
            raise HeaderError(f"the EXR's channel {text_of(raw[at:end])} has pixels of an unknown type ({kind})")
        found.append(ExrChannel(text_of(raw[at:end]), raw[at:end], _PIXEL_TYPES[kind], (across, down)))
        at = end + 17
    return tuple(found)


def _not_utf8(raw: list[RawAttribute]) -> list[str]:
    """Names of attributes with text, in name or value, that is not UTF-8."""
    return [text_of(name) for name, kind, value in raw if not all(map(is_utf8, (name, *_texts(kind, value))))]


def _texts(kind: bytes, value: bytes) -> list[bytes]:
    """The texts in an attribute's bytes; a list of channels is treated as one text, as its numbers are small."""
    return texts_of(value) if kind == b"stringvector" else [value] if kind in (b"string", b"chlist") else []


_KEPT = (b"compression", b"dataWindow", b"displayWindow", b"lineOrder", b"tiles", b"type", b"chunkCount")
_LAST_LETTER = ord("~")
_ENTRY = 16
"""Bytes of a channel entry after its name."""
_FILLER = (b"p", b"p")
"""Name and type of the padding attribute: 8 bytes with its size."""


def cleaned(parts: Sequence[ExrPartHeader]) -> bytes:
    """The headers, from the first part's on, at their original length. HeaderError if that is not possible."""
    return header_bytes([_cleaned_part(part, index, len(parts)) for index, part in enumerate(parts)])


def header_bytes(parts: Sequence[Sequence[RawAttribute]]) -> bytes:
    """The bytes between a file's `PREFIX` and its offset tables: each part's attributes."""
    own = (b"".join(map(_bytes, part)) + b"\0" for part in parts)
    return b"".join(own) + b"\0" * (len(parts) > 1)


def clean_name(part: ExrPartHeader, name: str) -> str:
    """The name of the part's channel ``name`` in a cleaned header."""
    return next(_clean(channel.raw).decode() for channel in part.channels if channel.name == name)


def _cleaned_part(part: ExrPartHeader, index: int, count: int) -> list[RawAttribute]:
    given = {name: (name, kind, value) for name, kind, value in part.raw}
    kept = [given[name] for name in _KEPT if name in given]
    kept += [
        (b"channels", b"chlist", _clean_channels(given[b"channels"][2])),
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
        raise HeaderError("the EXR's header can't be read: too little of it is left without its damaged entries")
    return kept


def _clean_channels(raw: bytes) -> bytes:
    """The list with clean names. Pixels are stored in the order of the names, so the order must not change."""
    found, at, names = b"", 0, []
    while raw[at]:
        end = raw.index(b"\0", at)
        names.append(_clean(raw[at:end]))
        found += names[-1] + raw[end : end + 1 + _ENTRY]
        at = end + 1 + _ENTRY
    if names != sorted(set(names)):
        raise HeaderError("the EXR's channel names are ambiguous: not UTF-8, or not in order")
    return found + b"\0"


def _clean(name: bytes) -> bytes:
    """Unchanged if it is UTF-8; otherwise with non-ASCII bytes replaced by the last ASCII character in sort order. The
    part after the last dot stays: compressions depend on it."""
    return name if is_utf8(name) else bytes(byte if byte < 0x80 else _LAST_LETTER for byte in name)


def _bytes(attribute: RawAttribute) -> bytes:
    name, kind, value = attribute
    return name + b"\0" + kind + b"\0" + struct.pack("<i", len(value)) + value


def _length(attributes: Sequence[RawAttribute]) -> int:
    return sum(len(_bytes(one)) for one in attributes)
