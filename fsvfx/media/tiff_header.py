"""What a TIFF's first directory says (TIFF 6.0, BigTIFF), before anything is decoded. Pure."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO

_SHAPES = {b"II*\0": ("<", 8), b"MM\0*": (">", 8), b"II+\0": ("<", 16), b"MM\0+": (">", 16)}
"""Byte order, and where the first directory's place ends: 16 in a BigTIFF."""
_NUMBERS = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 13: "I", 16: "Q", 17: "q", 18: "Q"}
_WIDTH, _HEIGHT, _BITS, _PHOTOMETRIC, _SAMPLES, _COLOR_MAP, _FORMAT = 256, 257, 258, 262, 277, 320, 339
_INTEGER, _FLOAT, _UNDEFINED = 1, 3, 4
_FORMATS = {2: "signed integers", 5: "complex integers", 6: "complex floats"}
WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE = range(4)
_KINDS = {
    4: "a mask", 5: "inks (CMYK)", 6: "YCbCr", 8: "CIELab", 9: "ICCLab", 10: "ITULab", 32803: "a raw camera mosaic",
    32844: "LogL", 32845: "LogLuv", 34892: "raw camera data",
}  # fmt: skip


class TiffError(ValueError):
    """``what`` in the header can't be used, and a ``hint``."""

    def __init__(self, what: str, hint: str) -> None:
        super().__init__(f"{what}; {hint}")
        self.what = what
        self.hint = hint


@dataclass(frozen=True)
class TiffHeader:
    """Of the first picture. photometric: None where the tag is missing."""

    width: int
    height: int
    samples: int
    bits: int
    sample_format: int
    photometric: int | None
    has_color_map: bool


def parse(file: BinaryIO, size: int) -> TiffHeader:
    """``size``: of the file. TiffError: no TIFF, or its first directory is cut off or damaged."""
    order, start = _SHAPES.get(file.read(4), ("", 0))
    if not order:
        raise TiffError("the file is no TIFF", "Write it as TIFF")
    try:
        tags = _first_directory(file, order, size, is_big=start == 16)
    except struct.error:
        raise TiffError("the TIFF's directory is cut off or damaged", "Copy it again from its source") from None
    width, height = tags.get(_WIDTH), tags.get(_HEIGHT)
    if width is None or height is None:
        raise TiffError("the TIFF's directory does not say how large the picture is", "Write the TIFF again")
    return TiffHeader(
        width=width,
        height=height,
        samples=tags.get(_SAMPLES, 1),
        bits=tags.get(_BITS, 1),
        sample_format=tags.get(_FORMAT, _INTEGER),
        photometric=tags.get(_PHOTOMETRIC),
        has_color_map=_COLOR_MAP in tags,
    )


def check(header: TiffHeader) -> None:
    """TiffError for pictures that are neither RGB, grey nor a palette's, or whose values can't be told."""
    kind = header.photometric
    if kind is not None and kind not in (WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE):
        raise TiffError(f"its picture is {_KINDS.get(kind, f'of an unknown kind ({kind})')}", "Write RGB or grey")
    if kind == PALETTE and not header.has_color_map:
        raise TiffError("its colours are a palette's, which is missing", "Write RGB or grey")
    if kind == WHITE_IS_ZERO and header.samples > 2:
        raise TiffError("its header says grey (white is zero) of a picture with colours", "Write RGB")
    if header.sample_format in _FORMATS:
        raise TiffError(f"its pixels are {_FORMATS[header.sample_format]}", "Write 8-bit, 16-bit or float pixels")
    if header.sample_format not in (_INTEGER, _FLOAT, _UNDEFINED):
        what = f"its pixels are of an unknown format ({header.sample_format})"
        raise TiffError(what, "Write 8-bit, 16-bit or float pixels")
    if header.sample_format == _FLOAT and header.bits not in (16, 24, 32, 64):
        raise TiffError(f"its pixels are floats of {header.bits} bits", "Write half or float pixels")


def _first_directory(file: BinaryIO, order: str, size: int, *, is_big: bool) -> dict[int, int]:
    """The first value of every tag that holds whole numbers; 0 for tags of other types."""
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
