"""Where a DPX's picture is and how it is packed, or why that is unclear. Pure.

Nothing is guessed: if a header allows several readings, the file's size must prove one of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from fsvfx.media.dpx.header import SHORTEST, DpxElement, DpxHeader
from fsvfx.media.dpx.pixels import FLOATS, FROM_LEAST, METHOD_A, Plane
from fsvfx.media.headers import HeaderError

_AGAIN = "Write the DPX again, or copy it again from its source"
_COMPONENTS = {1: "R", 2: "G", 3: "B", 4: "A", 6: "Y", 8: "Z", 50: "RGB", 51: "RGBA", 52: "ABGR"}
_OTHER_KINDS = {
    0: "user-defined", 7: "chrominance alone", 9: "composite video", 100: "CbYCrY 4:2:2", 101: "CbYACrYA 4:2:2:4",
    102: "CbYCr 4:4:4", 103: "CbYCrA 4:4:4:4", 255: "undefined",
    **{150 + index: f"user-defined with {2 + index} components" for index in range(7)},
}  # fmt: skip
_BITS = (8, 10, 12, 16, *FLOATS)


@dataclass(frozen=True)
class DpxPicture:
    """planes: one that contains R, G, B (or Y), or one each; ``channels``: plane and component of R, G and B.

    left_over: bytes after the pixels that no header field accounts for, if they make a line or more.
    """

    planes: tuple[Plane, ...]
    channels: tuple[tuple[int, int], tuple[int, int], tuple[int, int]]
    has_alpha: bool
    left_over: int

    @property
    def is_grey(self) -> bool:
        return self.channels[0] == self.channels[1]


def picture_of(header: DpxHeader, file_size: int) -> DpxPicture:
    """The picture of a file with ``file_size`` bytes. HeaderError names the header field that prevents it."""
    _check_whole(header)
    chosen = _chosen(header.elements)
    for element in chosen:
        _check_element(element, header.version)
    if len({(element.bits, bool(element.packing)) for element in chosen}) > 1:
        raise HeaderError("its R, G and B differ in depth or packing", "Write all three the same way")
    if len(chosen) == 3 and chosen[0].bits == 10 and chosen[0].packing:
        what = "its R, G and B are in separate elements of filled 10-bit words, whose order in a word is ambiguous"
        raise HeaderError(what, "Write R, G and B in one element, or 16 bits")
    planes = tuple(_plane(header, element, file_size) for element in chosen)
    names = [_COMPONENTS[element.descriptor] for element in chosen]
    places = {name: (plane, at) for plane, kinds in enumerate(names) for at, name in enumerate(kinds)}
    grey = places.get("Y")
    red, green, blue = (grey,) * 3 if grey else (places[name] for name in "RGB")
    left_out = any(element.descriptor == 4 for element in header.elements)
    rest = 0 if len(header.elements) > 1 else file_size - planes[0].end - chosen[0].image_padding
    return DpxPicture(
        planes, (red, green, blue), "A" in places or left_out, rest if rest >= planes[0].line_bytes else 0
    )


def _check_whole(header: DpxHeader) -> None:
    if header.encrypted:
        raise HeaderError(
            "its header says that it is encrypted", "Decrypt it, or set the key to undefined if it is not encrypted"
        )
    if header.orientation > 7:
        what = f"its image orientation is {header.orientation}; ST 268 allows 0 to 7"
        raise HeaderError(what, "Write the DPX again with the orientation 0")


def _chosen(elements: Sequence[DpxElement]) -> list[DpxElement]:
    """The element that contains the picture, or those of R, G and B."""
    for element in elements:
        if element.descriptor not in _COMPONENTS:
            kind = _OTHER_KINDS.get(element.descriptor, f"of an unknown kind ({element.descriptor})")
            raise HeaderError(f"its picture is {kind}, not RGB", "Write the DPX as RGB")
    pictures = [element for element in elements if element.descriptor not in (4, 8)]
    if sorted(element.descriptor for element in pictures) == [1, 2, 3]:
        return sorted(pictures, key=lambda element: element.descriptor)
    if len(pictures) == 1 and pictures[0].descriptor not in (1, 2, 3):
        return pictures
    kinds = ", ".join(_COMPONENTS[element.descriptor] for element in elements)
    raise HeaderError(f"its image elements are {kinds}, which do not make one RGB picture", "Write the DPX as RGB")


def _check_element(element: DpxElement, version: str) -> None:
    if element.encoding:
        kind = "run-length encoded" if element.encoding == 1 else f"encoded in an unknown way ({element.encoding})"
        raise HeaderError(f"its pixels are {kind}", "Write the DPX uncompressed")
    if element.bits not in _BITS:
        what = f"its pixels have {element.bits} bits" if element.bits != 255 else "its bit depth is undefined"
        raise HeaderError(what, "Write 8, 10, 12 or 16 bits")
    if element.signed and element.bits not in FLOATS:
        raise HeaderError("its codes are signed", "Write unsigned codes")
    if element.bits not in (10, 12):
        return
    if element.packing not in (0, 1, 2):
        how = "undefined" if element.packing is None else f"{element.packing}, which ST 268 does not define"
        raise HeaderError(f"its packing is {how}", "Write 16 bits, or use filled packing (method A)")
    if "HDR" in version:
        what = f"it is a DPX of version {version} with {element.bits} bits, whose packing is not supported"
        raise HeaderError(what, "Write version V2.0, or 16 bits")


def _plane(header: DpxHeader, element: DpxElement, file_size: int) -> Plane:
    """The element's pixel position and line length: the only reading that the file's size allows or proves."""
    readings = [
        reading
        for start in _starts(header, element, file_size)
        for reading in _readings(header, element, start)
        if reading.needed <= file_size
    ]
    if not readings:
        raise HeaderError("the frame's pixels are damaged or cut off: the file is shorter than its header says", _AGAIN)
    ends = {file_size, *(other.offset for other in header.elements if other.offset)}
    _check_packing(header, element, readings, ends)
    if len(readings) == 1:
        return readings[0]
    proved = [reading for reading in readings if _ends_of(reading, element) & ends]
    if len(proved) == 1:
        return proved[0]
    if len({reading.offset for reading in readings}) > 1:
        what = f"its header gives two offsets for the pixels: {header.image_offset} and {element.offset}"
        raise HeaderError(f"{what}; the file's size does not show which is right", _AGAIN)
    raise HeaderError("its lines may be padded to four bytes or not: the file's size allows both", _AGAIN)


def _check_packing(header: DpxHeader, element: DpxElement, readings: Sequence[Plane], ends: set[int]) -> None:
    """Programs that fill words but leave the field at 0 are common: the file's size reveals them."""
    if element.packing != 0 or any(_ends_of(reading, element) & ends for reading in readings):
        return
    alike = replace(element, packing=METHOD_A)
    filled = [other for reading in readings for other in _readings(header, alike, reading.offset)]
    if element.bits in (10, 12) and any(_ends_of(reading, element) & ends for reading in filled):
        what = "its header says packed, but its size is that of filled words"
        raise HeaderError(what, "Set its packing field to 1 (method A) or 2 (method B)")


def _ends_of(reading: Plane, element: DpxElement) -> set[int]:
    return {reading.needed, reading.end, reading.end + element.image_padding}


def _starts(header: DpxHeader, element: DpxElement, file_size: int) -> list[int]:
    """Possible pixel offsets: the element's, and for a single or first element the file header's."""
    said = [element.offset]
    if element is header.elements[0] and (len(header.elements) == 1 or not _is_place(element.offset, file_size)):
        said.append(header.image_offset)
    found = sorted({place for place in said if place is not None and _is_place(place, file_size)})
    if not found:
        named = ", ".join("undefined" if place is None else str(place) for place in said)
        raise HeaderError(f"its header does not say where the pixels start: {named}", _AGAIN)
    return found


def _is_place(offset: int | None, file_size: int) -> bool:
    return offset is not None and SHORTEST <= offset < file_size


def _readings(header: DpxHeader, element: DpxElement, start: int) -> list[Plane]:
    """According to the standard a line ends on a multiple of four bytes. Many programs omit that for 8 and 16 bits;
    some scanners write three 10-bit codes per word continuously across lines."""
    count = len(_COMPONENTS[element.descriptor])
    tight = Plane(start, header.order, element.bits, element.packing or FROM_LEAST, count, header.width, header.height)
    aligned = replace(tight, padding=-tight.line_bytes % 4)
    readings = dict.fromkeys((aligned, tight, replace(tight, runs_on=tight.can_run_on)))
    return [replace(plane, padding=plane.padding + element.line_padding) for plane in readings]
