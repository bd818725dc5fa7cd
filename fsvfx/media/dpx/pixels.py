"""Unpacks codes from a DPX's words. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FLOATS = (32, 64)
FROM_LEAST, METHOD_A, METHOD_B = 0, 1, 2
"""Packed: codes follow each other from a word's least significant bit. Filled: the padding is below the codes (A) or
above them (B). Of three 10-bit codes in a word the first is the most significant, but of a single component the least:
this is the standard, and how ffmpeg and OpenImageIO read it."""
_SHIFTS = {METHOD_A: (22, 12, 2), METHOD_B: (20, 10, 0)}


@dataclass(frozen=True)
class Plane:
    """Pixels of one image element: ``count`` components each, in lines followed by ``padding`` bytes."""

    offset: int
    order: str
    bits: int
    packing: int
    count: int
    width: int
    height: int
    padding: int = 0
    runs_on: bool = False
    """Lines do not end on whole words: all of them form one run of codes."""

    @property
    def can_run_on(self) -> bool:
        return self.bits == 10 and self.packing != FROM_LEAST and self.width * self.count % 3 != 0

    @property
    def runs(self) -> int:
        """The number of runs of codes that start on a new word."""
        return 1 if self.runs_on else self.height

    @property
    def line_bytes(self) -> int:
        """The length of one line (of all, if they run on) without its padding."""
        codes = self.width * self.count * self.height // self.runs
        if self.bits not in (10, 12):
            return codes * self.bits // 8
        if self.packing == FROM_LEAST:
            return -(-codes * self.bits // 32) * 4
        return -(-codes // 3) * 4 if self.bits == 10 else codes * 2

    @property
    def end(self) -> int:
        """The file offset after the pixels and the last line's padding."""
        return self.offset + (self.line_bytes + self.padding) * self.runs

    @property
    def needed(self) -> int:
        """The required file size: the last line's padding may be missing."""
        return self.end - self.padding


def unpacked(raw: bytes, plane: Plane) -> NDArray[Any]:
    """(H, W, count) from the bytes of ``plane``, its offset to ``needed``.

    8 bits: uint8. 16 bits: uint16. 10 and 12 bits: uint16, with the upper bits repeated in the lower ones. 32 and 64
    bits: floats, float64 for the latter.
    """
    whole = np.frombuffer(raw.ljust(len(raw) + plane.padding, b"\0"), np.uint8)
    lines = whole.reshape(plane.runs, plane.line_bytes + plane.padding)[:, : plane.line_bytes]
    codes = _codes(np.ascontiguousarray(lines), plane)
    codes = codes[:, : plane.width * plane.count * plane.height // plane.runs]
    return codes.reshape(plane.height, plane.width, plane.count)


def _codes(lines: NDArray[np.uint8], plane: Plane) -> NDArray[Any]:
    if plane.bits == 8:
        return lines.copy()
    if plane.bits in FLOATS:
        return _native(lines, f"f{plane.bits // 8}", plane.order)
    if plane.bits == 16:
        return _native(lines, "u2", plane.order)
    if plane.packing == FROM_LEAST:
        return spread_over_16(_from_least(_native(lines, "u4", plane.order), plane.bits), plane.bits)
    if plane.bits == 10:
        shifts = _SHIFTS[plane.packing] if plane.count > 1 else _SHIFTS[plane.packing][::-1]
        return spread_over_16(_thirds(_native(lines, "u4", plane.order), shifts), 10)
    words = _native(lines, "u2", plane.order)
    return spread_over_16(words >> 4 if plane.packing == METHOD_A else words & 0xFFF, 12)


def _native(lines: NDArray[np.uint8], kind: str, order: str) -> NDArray[Any]:
    return lines.view(order + kind).astype(kind)


def _thirds(words: NDArray[Any], shifts: tuple[int, ...]) -> NDArray[np.uint16]:
    """(H, n) words of three 10-bit codes each as (H, 3 n)."""
    codes = np.empty((*words.shape, 3), np.uint16)
    for index, shift in enumerate(shifts):
        codes[..., index] = (words >> np.uint32(shift)) & np.uint32(0x3FF)
    return codes.reshape(words.shape[0], -1)


def _from_least(words: NDArray[Any], bits: int) -> NDArray[np.uint16]:
    """(H, n) words as the codes stored across them; processed in groups of words that contain whole codes."""
    count, span = {10: (16, 5), 12: (8, 3)}[bits]
    groups = np.pad(words, ((0, 0), (0, -words.shape[1] % span))).reshape(words.shape[0], -1, span)
    codes = np.empty((*groups.shape[:2], count), np.uint16)
    for index in range(count):
        word, shift = divmod(index * bits, 32)
        value = groups[..., word] >> np.uint32(shift)
        if shift + bits > 32:
            value = value | groups[..., word + 1] << np.uint32(32 - shift)
        codes[..., index] = value & np.uint32(2**bits - 1)
    return codes.reshape(words.shape[0], -1)


def spread_over_16(codes: NDArray[Any], bits: int) -> NDArray[np.uint16]:
    """Codes scaled to 16 bits: white is 65535."""
    deep: NDArray[np.uint16] = codes.astype(np.uint16, copy=False)
    return np.asarray((deep << (16 - bits)) | (deep >> (2 * bits - 16)), np.uint16)
