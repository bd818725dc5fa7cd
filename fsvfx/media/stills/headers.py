"""Headers of TIFF, JPEG and PNG files, checked before anything is decoded. Pure.

Imports only lightweight modules: the probe's child process needs it.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import BinaryIO

from fsvfx.media.headers import HeaderError

_SHAPES = {b"II*\0": ("<", 8), b"MM\0*": (">", 8), b"II+\0": ("<", 16), b"MM\0+": (">", 16)}
"""Byte order, and where the first directory's offset ends: 16 in a BigTIFF."""
_NUMBERS = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 13: "I", 16: "Q", 17: "q", 18: "Q"}
_ROLE, _WIDTH, _HEIGHT, _BITS, _PHOTOMETRIC, _SAMPLES, _COLOR_MAP, _FORMAT = 254, 256, 257, 258, 262, 277, 320, 339
_REDUCED = 1
"""Bit of the role (NewSubfileType): a small copy of another picture in the file."""
_INTEGER, _FLOAT, _UNDEFINED = 1, 3, 4
_FORMATS = {2: "signed integers", 5: "complex integers", 6: "complex floats"}
WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE = range(4)
_KINDS = {
    4: "a mask", 5: "inks (CMYK)", 6: "YCbCr", 8: "CIELab", 9: "ICCLab", 10: "ITULab", 32803: "a raw camera mosaic",
    32844: "LogL", 32845: "LogLuv", 34892: "raw camera data",
}  # fmt: skip


@dataclass(frozen=True)
class TiffHeader:
    """Of the first picture. photometric: None if the tag is missing."""

    width: int
    height: int
    samples: int
    bits: int
    sample_format: int
    photometric: int | None
    has_color_map: bool
    is_small_copy: bool


def tiff_header(file: BinaryIO, size: int) -> TiffHeader:
    """``size``: of the file. HeaderError: not a TIFF, or its first directory is cut off or damaged."""
    order, start = _SHAPES.get(file.read(4), ("", 0))
    if not order:
        raise HeaderError("the file is not a TIFF", "Write it as TIFF")
    try:
        tags = _first_directory(file, order, size, is_big=start == 16)
    except struct.error:
        raise HeaderError("the TIFF's directory is cut off or damaged", "Copy it again from its source") from None
    width, height = tags.get(_WIDTH), tags.get(_HEIGHT)
    if width is None or height is None:
        raise HeaderError("the TIFF's directory does not say how large the picture is", "Write the TIFF again")
    return TiffHeader(
        width=width,
        height=height,
        samples=tags.get(_SAMPLES, 1),
        bits=tags.get(_BITS, 1),
        sample_format=tags.get(_FORMAT, _INTEGER),
        photometric=tags.get(_PHOTOMETRIC),
        has_color_map=_COLOR_MAP in tags,
        is_small_copy=bool(tags.get(_ROLE, 0) & _REDUCED),
    )


def check_tiff(header: TiffHeader) -> None:
    """HeaderError for pictures that are neither RGB, gray nor palette, or whose values are ambiguous."""
    kind = header.photometric
    if kind is not None and kind not in (WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE):
        raise HeaderError(f"its picture is {_KINDS.get(kind, f'of an unknown kind ({kind})')}", "Write RGB or gray")
    if kind == PALETTE and not header.has_color_map:
        raise HeaderError("its colors come from a palette that is missing", "Write RGB or gray")
    if kind == WHITE_IS_ZERO and header.samples > 2:
        raise HeaderError("its header says gray (white is zero), but it has color channels", "Write RGB")
    if kind == WHITE_IS_ZERO and header.sample_format == _FLOAT:
        raise HeaderError("its header says gray (white is zero), but its pixels are floats", "Write black as zero")
    if header.is_small_copy:
        what = "its first picture is a small copy (preview) of one that follows"
        raise HeaderError(what, "Write it without previews")
    if header.sample_format in _FORMATS:
        raise HeaderError(f"its pixels are {_FORMATS[header.sample_format]}", "Write 8-bit, 16-bit or float pixels")
    if header.sample_format not in (_INTEGER, _FLOAT, _UNDEFINED):
        what = f"its pixels are of an unknown format ({header.sample_format})"
        raise HeaderError(what, "Write 8-bit, 16-bit or float pixels")
    if header.sample_format == _FLOAT and header.bits not in (16, 24, 32, 64):
        raise HeaderError(f"its pixels are floats of {header.bits} bits", "Write half or float pixels")


def _first_directory(file: BinaryIO, order: str, size: int, *, is_big: bool) -> dict[int, int]:
    """The first value of every tag with integers; 0 for tags of other types."""
    if is_big:
        file.seek(8)
    offset_form, count_form, entry_form = ("Q", "Q", "HHQ8s") if is_big else ("I", "H", "HHI4s")

    def take(form: str) -> tuple[int, ...]:
        return struct.unpack(order + form, file.read(struct.calcsize(order + form)))

    (place,) = take(offset_form)
    if place >= size:
        raise struct.error
    file.seek(place)
    (count,) = take(count_form)
    entry_bytes = struct.calcsize(order + entry_form)
    raw = file.read(count * entry_bytes) if count * entry_bytes <= size else b""
    if len(raw) < count * entry_bytes:
        raise struct.error
    entries = list(struct.iter_unpack(order + entry_form, raw))
    return {tag: _value(file, kind, many, inline, order, is_big) for tag, kind, many, inline in reversed(entries)}


def _value(file: BinaryIO, kind: int, many: int, inline: bytes, order: str, is_big: bool) -> int:
    form = _NUMBERS.get(kind)
    if form is None or many < 1:
        return 0
    length = struct.calcsize(order + form)
    if length * many > len(inline):
        (place,) = struct.unpack(order + ("Q" if is_big else "I"), inline)
        file.seek(min(place, 2**62))
        inline = file.read(length)
    return int(struct.unpack(order + form, inline[:length])[0])


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
    """process: its name if it is an uncommon one, otherwise empty. bits: of each of its ``components``' samples."""

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


PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
_NEEDED = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"eXIf")


_PNG_PRIMARIES = {1: "BT.709", 9: "BT.2020", 11: "P3 DCI", 12: "P3 D65"}
_PNG_TRANSFERS = {1: "BT.709", 8: "linear", 13: "IEC 61966-2-1", 16: "PQ", 18: "HLG"}
"""By the code points of ITU-T H.273."""


@dataclass(frozen=True)
class PngHeader:
    width: int
    height: int
    has_alpha: bool
    pictures: int
    """More than one: animated."""
    profile: str
    """The name of its color profile, or of its code points (cICP); empty if it has neither."""
    plain: bytes
    """The file with only the data that its pixels need, and nothing that could expand to gigabytes (texts,
    profiles)."""


def png_header(content: bytes) -> PngHeader | None:
    """None if a chunk is damaged, or the file ends before IEND."""
    at, kept = len(PNG_MAGIC), [PNG_MAGIC]
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
        elif kind == b"cICP" and len(body) == 4:  # it overrides a profile
            profile = _coded(body[0], body[1])
        has_alpha |= kind == b"tRNS"
        if kind in _NEEDED:
            kept.append(content[at:end])
        if kind == b"IEND":
            return PngHeader(*size, has_alpha, pictures, profile, b"".join(kept))
        at = end
    return None


def _coded(primaries: int, transfer: int) -> str:
    first = _PNG_PRIMARIES.get(primaries, f"primaries {primaries}")
    second = _PNG_TRANSFERS.get(transfer, f"transfer {transfer}")
    return "sRGB" if (primaries, transfer) == (1, 13) else f"{first} {second}"
