"""EXR frames out: parts with their channels, windows and headers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import OpenEXR
from numpy.typing import NDArray

from fsvfx.media.addresses import Address
from fsvfx.media.exr import scanlines
from fsvfx.media.pixels import Window

MATTE_CHANNEL = "matte.A"
"""A layer of its own. Compositing programs would take plain ``A`` to mean that RGB is premultiplied by it, which it is
not: the plate is complete. ``A`` in a layer is what they load as a mask by default."""

_COMPRESSION = {
    "none": OpenEXR.NO_COMPRESSION,
    "zips": OpenEXR.ZIPS_COMPRESSION,
    "zip": OpenEXR.ZIP_COMPRESSION,
    "piz": OpenEXR.PIZ_COMPRESSION,
    "dwaa": OpenEXR.DWAA_COMPRESSION,
}


@dataclass(frozen=True)
class ExrWindows:
    """The position of the pixels: the plate's windows, kept, so that overscan stays overscan."""

    data: Window
    display: Window


@dataclass(frozen=True)
class ExrPart:
    """channels: names to (H, W) arrays, or ``RGB`` to (H, W, 3); half or float32. attributes: the part's own."""

    name: str
    channels: Mapping[str, NDArray[Any]]
    attributes: Mapping[str, Any] = field(default_factory=dict)
    is_data: bool = False
    """Positions, not pictures: tagged as such, and never compressed lossily."""


def write_exr(
    path: Path, parts: Sequence[ExrPart], attributes: Mapping[str, Any], windows: ExrWindows, compression: str = "zip"
) -> None:
    """Write a scanline EXR; the same input gives the same bytes. A single part makes a plain file, which every program
    reads.

    ``attributes`` go into every part unchanged: OpenEXR requires the same timecode and chromaticities in all. The
    channels must have the size of ``windows.data``. Raises OSError.
    """
    shared = {"type": OpenEXR.scanlineimage, "displayWindow": _box(windows.display)}
    split = [_split(part) for part in parts]
    if compression not in scanlines.LINES:
        _write(path, split, {**shared, "dataWindow": _box(windows.data), **attributes}, compression)
        return
    corner = windows.data[:2]
    pixel = [replace(part, channels={name: each[:1, :1] for name, each in part.channels.items()}) for part in split]
    _write(path, pixel, {**shared, "dataWindow": _box((*corner, *corner)), **attributes}, compression)
    lines = scanlines.LINES[compression]
    scanlines.rewrite(path, [scanlines.Scanlines(part.channels, lines) for part in split], windows.data)


def _split(part: ExrPart) -> ExrPart:
    """``RGB`` split into three channels."""
    channels = dict(part.channels)
    if "RGB" in channels:
        channels |= zip("RGB", cv2.split(channels.pop("RGB")), strict=True)
    return replace(part, channels=channels)


def _write(path: Path, parts: Sequence[ExrPart], attributes: Mapping[str, Any], compression: str) -> None:
    """With OpenEXR."""
    made = [_part(part, attributes, compression) for part in parts]
    try:
        file = OpenEXR.File([OpenEXR.Part(*one) for one in made]) if len(made) > 1 else OpenEXR.File(*made[0][:2])
        file.write(str(path))
    except RuntimeError as error:
        raise OSError(f"{path.name} can't be written: {error}") from error


def time_code(address: Address, plate: OpenEXR.TimeCode | None = None) -> OpenEXR.TimeCode:
    """EXR's timeCode of ``address``, with the user bits and their flags from the ``plate``'s."""
    phase = bool(address.word & 0x80008000)  # one position for it here, whatever the rate
    user, kept = (plate.userData, plate) if plate else (0, None)
    flags = [
        address.drop,
        *((kept.colorFrame, phase, kept.bgf0, kept.bgf1, kept.bgf2) if kept else (0, phase, 0, 0, 0)),
    ]
    groups = [user >> 4 * place & 15 for place in range(8)]
    return OpenEXR.TimeCode(*address.time, address.frames, *map(int, flags), *groups)


def colour_attributes(interop_id: str) -> dict[str, Any]:
    """``colorInteropID``, and ``chromaticities`` for programs that know only these, if OpenEXR defines them."""
    if not interop_id:
        return {}
    primaries = OpenEXR.colorInteropIDToChromaticities(interop_id)
    return {"colorInteropID": interop_id} | ({"chromaticities": primaries} if primaries else {})


def _box(window: Window) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    return np.array(window[:2], np.int32), np.array(window[2:], np.int32)


def _part(part: ExrPart, attributes: Mapping[str, Any], compression: str) -> tuple[dict[str, Any], dict[str, Any], str]:
    header = {**attributes, "compression": _COMPRESSION[compression], **part.attributes}
    if part.is_data:
        lossless = OpenEXR.ZIP_COMPRESSION if compression == "dwaa" else _COMPRESSION[compression]
        header |= {"compression": lossless, "colorInteropID": "data"}
    return header, {name: np.ascontiguousarray(pixels) for name, pixels in part.channels.items()}, part.name
