"""DPX frames in (SMPTE ST 268-1): code values as scanned or recorded, turned upright.

8 bits become uint8; 10 and 12 bits become uint16 by repeating their upper bits in the lower ones: white is 65535, and
``value >> 6`` (``>> 4`` for 12 bits) is the code again, so a round trip is bit-identical. Floats become float16,
rounded.

The pixels are unpacked here: if scanners leave offsets, signs or encodings empty or invalid, and if lines end on words,
OpenImageIO silently returns wrong pixels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fsvfx.arrays import Array
from fsvfx.media.addresses import Address
from fsvfx.media.dpx.header import LONGEST, DpxHeader, parse_header
from fsvfx.media.dpx.layout import DpxPicture, picture_of
from fsvfx.media.dpx.pixels import FLOATS, Plane, unpacked
from fsvfx.media.files import Place, check_size, held, named
from fsvfx.media.headers import HeaderError
from fsvfx.media.pixels import OF_EXIF, to_half, upright

_COPY = "Copy it again from its source"
_UNSAID = ("", "User defined")
_OF_EXIF = (1, 2, 4, 3, 5, 6, 8, 7)
"""The orientation tag equivalent to ST 268's 0 to 7."""


@dataclass(frozen=True)
class DpxHead:
    """header: the file's own. picture: the position of its pixels."""

    header: DpxHeader
    picture: DpxPicture

    @property
    def size(self) -> tuple[int, int]:
        """Height, width, turned upright."""
        stored = (self.header.height, self.header.width)
        return stored[::-1] if self._is_turned else stored

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """The dtype of the returned picture."""
        bits = self.picture.planes[0].bits
        return np.dtype(np.uint8 if bits == 8 else np.float16 if bits in FLOATS else np.uint16)

    @property
    def fields(self) -> dict[str, Any]:
        """By OpenImageIO's names."""
        return dict(self.header.fields)

    @property
    def pixel_aspect(self) -> float:
        """Pixel width divided by height, upright; 1 if the field is undefined."""
        return 1 / self.header.pixel_aspect if self._is_turned else self.header.pixel_aspect

    @property
    def _is_turned(self) -> bool:
        return self.header.orientation >= 4


def read_dpx(path: Path, place: Place) -> tuple[Array, DpxHead]:
    """(H, W, 3) uint8, uint16 or float16 RGB; luminance only becomes three equal channels. Raises PlateError."""
    with held(path, place) as there, named(place):
        head = _head(there, place)
        planes = [unpacked(_bytes_of(there, plane), plane) for plane in head.picture.planes]
    if len(planes) == 1 and head.picture.channels == ((0, 0), (0, 1), (0, 2)):
        rgb = planes[0][..., :3]
    else:
        rgb = np.stack([planes[plane][..., at] for plane, at in head.picture.channels], axis=-1)
    turned = upright(rgb, OF_EXIF[_OF_EXIF[head.header.orientation]])
    return to_half(turned, place) if turned.dtype.kind == "f" else turned, head


def read_head(path: Path, place: Place) -> DpxHead:
    """Raises PlateError: not a DPX, or a field of its header can't be used."""
    with held(path, place) as there, named(place):
        return _head(there, place)


def address_of(fields: Mapping[str, Any]) -> Address | None:
    """The timecode in the television header; many writers leave it at zero, which means undefined."""
    word = fields.get("smpte:TimeCode")
    return Address(word) if word else None


def notes(head: DpxHead) -> list[str]:
    """Notes for people about the header: what is left out, turned, or overridden by the manifest."""
    header, element = head.header, head.header.elements[0]
    transfer, (low, high) = element.transfer_name, (element.low, element.high)
    top = 2 ** min(element.bits, 16) - 1
    is_part = element.bits not in FLOATS and bool(high) and (low or 0, high) not in ((0, top), (0, top + 1))
    rest = head.picture.left_over
    said = {
        f"the file has {rest} more bytes than its header accounts for; they are ignored": rest > 0,
        "alpha is left out": head.picture.has_alpha,
        "luminance only: copied to R, G and B": head.picture.is_grey,
        "32 or 64-bit float pixels are rounded to half": element.bits in FLOATS,
        f"its orientation is {header.orientation}: it is turned upright": header.orientation != 0,
        f"its header says black is {low or 0} and white {high}; codes are kept as they are": is_part,
        "its header says that it is interlaced; its lines are kept as they are": header.interlaced,
        f"the DPX header says '{transfer}'; the manifest's color_space is used": transfer not in _UNSAID,
        f"pixels are not square ({head.pixel_aspect:g}); they are kept as they are": head.pixel_aspect != 1,
    }
    return [note for note, holds in said.items() if holds]


def _head(path: Path, place: Place) -> DpxHead:
    with path.open("rb") as file:
        header = parse_header(file.read(LONGEST))
    check_size(header.width, header.height, place)
    return DpxHead(header, picture_of(header, path.stat().st_size))


def _bytes_of(path: Path, plane: Plane) -> bytes:
    with path.open("rb") as file:
        file.seek(plane.offset)
        raw = file.read(plane.needed - plane.offset)
    if len(raw) < plane.needed - plane.offset:
        raise HeaderError("the frame's pixels are damaged or cut off", _COPY)
    return raw
