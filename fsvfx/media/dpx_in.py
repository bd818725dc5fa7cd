"""DPX frames in (SMPTE ST 268), by OpenImageIO: code values, as they were scanned or recorded.

8 bits give uint8; 10 and 12 bits give uint16 by repeating their upper bits in the lower ones: white is 65535, and
``value >> 6`` (``>> 4`` for 12 bits) is the code again, so a round trip is bit-equal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from fsvfx.media import oiio_in, timecodes
from fsvfx.media.plate import Place
from fsvfx.stages.contract import Array
from schemas import rates

_CHANNELS = {"RGB": (0, 1, 2), "RGBA": (0, 1, 2), "Luma": (0, 0, 0)}
_UNSAID = (None, "", "User defined", "Unspecified", "Undefined")
_RATES = ("dpx:TemporalFrameRate", "dpx:FrameRate")


@dataclass(frozen=True)
class DpxHead:
    """size: height, width. fields: the header's, by OpenImageIO's names."""

    size: tuple[int, int]
    dtype: np.dtype[np.generic]
    channels: tuple[int, int, int]
    fields: dict[str, Any]


def read_dpx(path: Path, place: Place, numbers: Sequence[int] = ()) -> tuple[Array, DpxHead]:
    """(H, W, 3) uint8 or uint16 RGB; luminance alone becomes three equal channels. Raises PlateError."""
    with oiio_in.opened(path, place, numbers) as file:
        head = _head(file, place, numbers)
        return oiio_in.pixels(file, head.channels, place, numbers), head


def read_head(path: Path, place: Place, numbers: Sequence[int] = ()) -> DpxHead:
    """Raises PlateError."""
    with oiio_in.opened(path, place, numbers) as file:
        return _head(file, place, numbers)


def rate_of(fields: Mapping[str, Any]) -> Fraction | None:
    """The television header's frame rate, else the film header's; what no camera runs at counts as empty."""
    return next((rate for name in _RATES if (rate := rates.known(fields.get(name)))), None)


def timecode_of(fields: Mapping[str, Any]) -> str | None:
    """As the television header has it; many writers leave it at zero, which counts as empty."""
    text = timecodes.tidy(fields.get("dpx:TimeCode"))
    return None if text == "00:00:00:00" else text


def aspect_of(fields: Mapping[str, Any]) -> float:
    """Width of a pixel by its height; 1 where the field is empty."""
    aspect = float(fields.get("PixelAspectRatio", 1.0))
    return aspect if 0.1 <= aspect <= 10 else 1.0


def notes(head: DpxHead) -> list[str]:
    """Alpha that is left out; the transfer that the header names, for headers are often wrong."""
    transfer = head.fields.get("dpx:Transfer")
    said = {
        "alpha is left out": head.fields.get("dpx:ImageDescriptor") == "RGBA",
        "luminance alone: it becomes three equal channels": head.channels == (0, 0, 0),
        f"the DPX header says '{transfer}'; the manifest's color_space counts": transfer not in _UNSAID,
        f"pixels are not square ({aspect_of(head.fields):g}); they are kept as they are": aspect_of(head.fields) != 1,
    }
    return [note for note, holds in said.items() if holds]


def _head(file: Any, place: Place, numbers: Sequence[int]) -> DpxHead:
    spec, fields = file.spec(), oiio_in.attributes(file)
    kind = str(fields.get("dpx:ImageDescriptor", ""))
    if kind not in _CHANNELS:
        raise place.error(f"its picture is {kind or 'of no known kind'}, not RGB", "Write the DPX as RGB", numbers)
    if str(spec.format) not in ("uint8", "uint16"):
        raise place.error(f"its pixels are {spec.format}", "Write 8, 10, 12 or 16 bits", numbers)
    return DpxHead((spec.height, spec.width), np.dtype(str(spec.format)), _CHANNELS[kind], fields)
