"""A video's clock: the rate of its frames, and the rate at which its QuickTime timecode track counts."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from schemas import rates

_INWARD = (b"moov", b"trak", b"mdia", b"minf", b"stbl")
_MOST = 100_000
"""Maximum number of atoms examined: malicious files have more."""


def timecode_rate_of(path: Path) -> Fraction | None:
    """From the first timecode track; None: not a QuickTime or MP4 file, no such track, or no valid rate.

    Raises OSError.
    """
    with path.open("rb") as file:
        end = file.seek(0, 2)
        left = [_MOST]
        return next((rate for at in _descriptions(file, 0, end, left) if (rate := _rate_at(file, at))), None)


def _descriptions(file: BinaryIO, start: int, end: int, left: list[int]) -> Iterator[int]:
    """Offsets of the sample descriptions (stsd) between ``start`` and ``end``."""
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
    """``tmcd``: flags, ticks a second, ticks a frame, frames a second, as in QuickTime's file format."""
    file.seek(description + 8)
    entry = file.read(34)
    if entry[4:8] != b"tmcd" or len(entry) < 34:
        return None
    ticks, frame = struct.unpack_from(">II", entry, 24)
    return rates.known(Fraction(ticks, frame)) if frame else None


_USUAL = (
    *(Fraction(1000 * n, 1001) for n in (24, 30, 48, 60, 96, 120)),
    *(Fraction(n) for n in (24, 25, 30, 48, 50, 60, 96, 100, 120)),
)
"""Tried if the container declares none that fits."""
_LOOSE = 0.25
"""Frames may be off the even grid by this part of a frame (cameras' clocks jitter): sound still appears in sync."""


def even_rate(pts: NDArray[np.int64], time_base: Fraction, declared: Iterable[Fraction | None]) -> Fraction | None:
    """The rate whose even grid the frames follow, or None: variable.

    pts: presentation times, ascending. declared: the container's values, most trusted first; impossible ones are
    skipped. A rate that fits within the time base's rounding takes precedence over one that fits loosely.
    """
    each = [1 / time_base] if len(pts) > 1 and bool((np.diff(pts) == 1).all()) else []  # 119.88 is reported as 120
    said = [rate for rate in (*each, *declared) if rate is not None and rates.known(rate)]
    known = [rates.exact(rate) for rate in said]
    if len(pts) < 2:
        return known[0] if known else None
    candidates = list(dict.fromkeys([*known, *_USUAL, *said]))  # 2398/100 has its own grid, and means 24000/1001
    times = (pts - pts[0]) * float(time_base)
    tick = 1.5 * float(time_base)
    errors = [float(np.abs(times - np.arange(len(pts)) / float(rate)).max()) for rate in candidates]
    strict = [rate for rate, error in zip(candidates, errors) if error <= min(tick, 0.5 / float(rate))]
    loose = [rate for rate, error in zip(candidates, errors) if error <= _LOOSE / float(rate)]
    best = next(iter(strict + loose), None)
    return rates.exact(best) if best else None


def widest_gap(pts: NDArray[np.int64]) -> int:
    """Index of the frame followed by the longest gap."""
    return int(np.argmax(np.diff(pts)))
