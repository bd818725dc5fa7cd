"""How many frames a second a QuickTime timecode track counts: with 60 pictures a second it may be 60, or 30 pairs.

libavformat hands out the label alone, counted as the track counts.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

from schemas import rates

_INWARD = (b"moov", b"trak", b"mdia", b"minf", b"stbl")
_MOST = 100_000
"""Atoms that are looked at: files made to keep a reader busy have more."""


def rate_of(path: Path) -> Fraction | None:
    """Of the first timecode track; None: no QuickTime or MP4 file, no such track, or nothing that can be counted.

    Raises OSError.
    """
    with path.open("rb") as file:
        end = file.seek(0, 2)
        left = [_MOST]
        return next((rate for at in _descriptions(file, 0, end, left) if (rate := _rate_at(file, at))), None)


def _descriptions(file: BinaryIO, start: int, end: int, left: list[int]) -> Iterator[int]:
    """Places of the sample descriptions (stsd) between ``start`` and ``end``."""
    while start + 8 <= end and left[0] > 0:
        left[0] -= 1
        file.seek(start)
        head = file.read(16)
        size, kind, inner = int.from_bytes(head[:4]), head[4:8], start + 8
        if size == 1:
            size, inner = int.from_bytes(head[8:16]), start + 16
        size = end - start if size == 0 else size
        if start + size > end or size < inner - start:
            return
        if kind == b"stsd":
            yield inner
        elif kind in _INWARD:
            yield from _descriptions(file, inner, start + size, left)
        start += size


def _rate_at(file: BinaryIO, description: int) -> Fraction | None:
    """``tmcd``: flags, ticks a second, ticks a frame, frames a second, as QuickTime's file format has them."""
    file.seek(description + 8)
    entry = file.read(34)
    if entry[4:8] != b"tmcd" or len(entry) < 34:
        return None
    ticks, frame = struct.unpack_from(">II", entry, 24)
    return rates.known(Fraction(ticks, frame)) if frame else None
