"""The header of a DPX file (SMPTE ST 268-1), field by field. Pure.

Fields left undefined by the writer (all bits set) are None here. Their meaning is decided in ``dpx_picture``.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from fsvfx.media.headers import HeaderError, field_of

LONGEST = 2048
"""Bytes of the file, image, orientation, film and television headers."""
SHORTEST = 1664
"""Bytes of the generic headers, which every file has: pixels start after them."""
_ORDERS = {b"SDPX": ">", b"XPDS": "<"}
_CINEON = (b"\x80\x2a\x5f\xd7", b"\xd7\x5f\x2a\x80")
_ELEMENTS, _ELEMENT_BYTES, _MOST_ELEMENTS = 780, 72, 8
_ELEMENT = "IIfIfBBBBHHIII"
_TRANSFERS = (
    "User defined", "Printing density", "Linear", "Logarithmic", "Unspecified video", "SMPTE 274M", "ITU-R 709-4",
    "ITU-R 601-5 system B or G", "ITU-R 601-5 system M", "NTSC composite video", "PAL composite video",
    "Z depth linear", "Z depth homogeneous",
)  # fmt: skip
_TEXTS = {"Software": (160, 100), "DocumentName": (260, 200), "Copyright": (460, 200), "ImageDescription": (820, 32)}


@dataclass(frozen=True)
class DpxElement:
    """One image element: where its pixels are and how they are packed. Codes as in ST 268."""

    signed: bool
    low: int | None
    high: int | None
    """Reference codes of black and white."""
    descriptor: int
    transfer: int
    bits: int
    packing: int | None
    encoding: int
    offset: int | None
    line_padding: int
    image_padding: int

    @property
    def is_empty(self) -> bool:
        return self.descriptor in (0, 255) and self.bits in (0, 255)

    @property
    def transfer_name(self) -> str:
        """By OpenImageIO's names; empty if unknown or undefined."""
        return _TRANSFERS[self.transfer] if self.transfer < len(_TRANSFERS) else ""


@dataclass(frozen=True)
class DpxHeader:
    """order: ``>`` or ``<``. width, height: pixels of a stored line, stored lines. orientation: 0 to 7.

    fields: other header fields, by OpenImageIO's names.
    """

    order: str
    version: str
    image_offset: int | None
    encrypted: bool
    orientation: int
    width: int
    height: int
    elements: tuple[DpxElement, ...]
    pixel_aspect: float
    interlaced: bool
    fields: Mapping[str, Any]


def parse_header(head: bytes) -> DpxHeader:
    """``head``: the file's first ``LONGEST`` bytes, or the whole file if shorter. HeaderError: not a DPX, or its header
    is cut off.

    The film and television headers are read only as far as they precede the pixels.
    """
    order = _ORDERS.get(head[:4])
    if order is None:
        kind = "a Cineon file" if head[:4] in _CINEON else "not a DPX"
        raise HeaderError(f"the file is {kind}", "Write it as DPX")
    if len(head) < SHORTEST:
        raise HeaderError(f"its header is cut off: {len(head)} of {SHORTEST} bytes are present", "Copy the file again")
    reader = _Fields(head, order)
    elements = _elements(reader)
    offsets = [offset for offset in (reader.u32(4), elements[0].offset) if offset and offset >= SHORTEST]
    later = _Fields(head[: min([len(head), *offsets])].ljust(LONGEST, b"\xff"), order)
    width, height = reader.u32(772), reader.u32(776)
    if width is None or height is None:
        missing = "pixels a line has" if width is None else "lines it has"
        raise HeaderError(f"its header does not say how many {missing}", "Write the DPX again")
    return DpxHeader(
        order=order,
        version=field_of(head[8:16]),
        image_offset=reader.u32(4),
        encrypted=bool(reader.u32(660)),
        orientation=reader.u16(768) or 0,
        width=width,
        height=height,
        elements=elements,
        pixel_aspect=_aspect(reader.u32(1628), reader.u32(1632)),
        interlaced=later.u8(1928) == 1,
        fields=MappingProxyType(_described(later, elements[0])),
    )


class _Fields:
    """Numbers at their offsets; None if all bits are set."""

    def __init__(self, raw: bytes, order: str) -> None:
        self.raw = raw
        self._order = order

    def at(self, form: str, place: int) -> tuple[Any, ...]:
        return struct.unpack_from(self._order + form, self.raw, place)

    def u8(self, place: int) -> int | None:
        return _said(self.raw[place], 8)

    def u16(self, place: int) -> int | None:
        return _said(int(self.at("H", place)[0]), 16)

    def u32(self, place: int) -> int | None:
        return _said(int(self.at("I", place)[0]), 32)

    def f32(self, place: int) -> float:
        return float(self.at("f", place)[0])


def _said(value: int, bits: int) -> int | None:
    return None if value == 2**bits - 1 else value


def _elements(reader: _Fields) -> tuple[DpxElement, ...]:
    """An undefined number of elements means one: every picture has one. Some programs store the number of channels of
    the first."""
    count = reader.u16(770) or 1
    if count > _MOST_ELEMENTS:
        what = f"its header says {count} image elements; ST 268 allows {_MOST_ELEMENTS}"
        raise HeaderError(what, "Write the DPX again")
    first, *more = (_element(reader, _ELEMENTS + _ELEMENT_BYTES * index) for index in range(count))
    return first, *(element for element in more if not element.is_empty)


def _element(reader: _Fields, place: int) -> DpxElement:
    sign, low, _, high, _, descriptor, transfer, _, bits, packing, encoding, offset, line, image = reader.at(
        _ELEMENT, place
    )
    return DpxElement(
        signed=_said(sign, 32) not in (None, 0),
        low=_said(low, 32),
        high=_said(high, 32),
        descriptor=descriptor,
        transfer=transfer,
        bits=bits,
        packing=_said(packing, 16),
        encoding=_said(encoding, 16) or 0,
        offset=_said(offset, 32),
        line_padding=_said(line, 32) or 0,
        image_padding=_said(image, 32) or 0,
    )


def _aspect(across: int | None, down: int | None) -> float:
    """Pixel width divided by height: in the standard the horizontal number comes first."""
    aspect = across / down if across and down else 1.0
    return aspect if 0.1 <= aspect <= 10 else 1.0


def _described(later: _Fields, first: DpxElement) -> dict[str, Any]:
    texts = {name: field_of(later.raw[place : place + size]) for name, (place, size) in _TEXTS.items()}
    return {name: text for name, text in texts.items() if text} | {
        "dpx:Transfer": first.transfer_name,
        "dpx:TemporalFrameRate": later.f32(1940),
        "dpx:FrameRate": later.f32(1724),
        "smpte:TimeCode": later.u32(1920),
    }
