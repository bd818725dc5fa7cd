"""EXR frames in: RGB at half depth, the data window as it is.

By measurement (benchmarks/exr.py): OpenEXR reads headers and plain pictures, at half of OpenImageIO's cost; OpenImageIO
reads pictures among other layers and parts, of which OpenEXR's binding would hold every one in memory. A test holds
that both give the same bits.
"""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import OpenEXR

from fsvfx.errors import PlateError
from fsvfx.media import oiio_in
from fsvfx.media.held import held
from fsvfx.media.layers import Channel, LayerError, rgb_of
from fsvfx.media.plate import Place
from fsvfx.media.windows import Window, size_of
from fsvfx.stages.contract import Array

_COPY = "Render or copy the frame anew"
_OWN = frozenset({"channels", "chunkCount", "chromaticities", "colorInteropID", "name", "tiles", "view"})
"""What one part's header says of itself alone; the rest of the first part's goes for the whole file."""


@dataclass(frozen=True)
class ExrHead:
    """Where an EXR's picture is: ``part``, its ``rgb`` channels' names (Y three times: luminance only), its header."""

    part: int
    rgb: tuple[str, str, str]
    header: dict[str, Any]
    is_alone: bool
    """The file has R, G and B in scanlines, and nothing else."""

    @property
    def windows(self) -> tuple[Window, Window]:
        return windows(self.header)

    @property
    def size(self) -> tuple[int, int]:
        """Height, width of the data window."""
        return size_of(self.windows[0])


@dataclass(frozen=True)
class ExrFrame:
    """rgb: (H, W, 3) float16 of the data window. rounded: it was 32-bit float."""

    rgb: Array
    head: ExrHead
    rounded: bool


def read_head(path: Path, place: Place, numbers: Sequence[int] = (), layer: str | None = None) -> ExrHead:
    """Header of the part that holds the picture, of ``layer`` where it is named. Raises PlateError."""
    headers = _headers(path, place, numbers)
    several = len(headers) > 1
    channels = [
        Channel(channel.name, part, str(header.get("name", "")) if several else "")
        for part, header in enumerate(headers)
        for channel in header["channels"]
    ]
    try:
        rgb = rgb_of(channels, layer)
    except LayerError as error:
        raise place.error(f"the EXR can't be used: {error.what}", error.mend, numbers) from None
    part, names = rgb[0].part, (rgb[0].name, rgb[1].name, rgb[2].name)
    _check_kind(headers[part], names, place, numbers)
    shared = {name: value for name, value in headers[0].items() if name not in _OWN}
    plain = [channel.name for channel in channels] == ["B", "G", "R"] and not several
    return ExrHead(part, names, shared | headers[part], plain and headers[0]["type"] == OpenEXR.scanlineimage)


def windows(header: Mapping[str, Any]) -> tuple[Window, Window]:
    """Data window and display window."""
    data, display = (_window(header[name]) for name in ("dataWindow", "displayWindow"))
    return data, display


def read_exr(path: Path, place: Place, numbers: Sequence[int] = (), layer: str | None = None) -> ExrFrame:
    """The frame's picture and header.

    Half pixels come bit for bit. 32-bit float pixels are rounded to half; one beyond half's range (65504) is an error,
    never clamped. Luminance alone becomes three equal channels. Raises PlateError.
    """
    head = read_head(path, place, numbers, layer)
    rgb = _alone(path, place, numbers) if head.is_alone else _among_others(path, head, place, numbers)
    return ExrFrame(_half(rgb, place, numbers), head, rgb.dtype != np.float16)


def _alone(path: Path, place: Place, numbers: Sequence[int]) -> Array:
    """A file of R, G, B and nothing else."""
    said = io.StringIO()  # the binding prints what is wrong with the pixels, and then hands out fewer parts
    try:
        with held(path, place, numbers) as there, contextlib.redirect_stdout(said):
            file = OpenEXR.File(str(there))
    except (RuntimeError, ValueError, TypeError) as error:
        raise _damaged(error, path, place, numbers) from None
    rgb = file.channels()["RGB"].pixels if file.parts and not said.getvalue() else None
    if rgb is None:
        raise place.error("the frame's pixels are damaged or cut off", _COPY, numbers)
    pixels: Array = rgb
    return pixels


def _among_others(path: Path, head: ExrHead, place: Place, numbers: Sequence[int]) -> Array:
    with oiio_in.opened(path, place, numbers) as file:
        names = list(file.spec(head.part, 0).channelnames)
        return oiio_in.pixels(file, [names.index(name) for name in head.rgb], place, numbers, head.part)


def notes(path: Path, place: Place, numbers: Sequence[int] = (), layer: str | None = None) -> list[str]:
    """What a person should know of how the frame is read. Raises PlateError."""
    head = read_head(path, place, numbers, layer)
    with oiio_in.opened(path, place, numbers) as file:
        spec = file.spec(head.part, 0)
    data, display = head.windows
    aspect = head.header.get("pixelAspectRatio", 1.0)
    said = {
        "alpha is left out": f"{head.rgb[0].removesuffix('R').removesuffix('Y')}A" in spec.channelnames,
        "32-bit float pixels are rounded to half": spec.channelformat(spec.channelindex(head.rgb[0])) == "float",
        "luminance alone: it becomes three equal channels": head.rgb[0] == head.rgb[1],
        "the data window is not the display window: all of its pixels are kept": data != display,
        f"pixels are not square ({aspect:g}); they are kept as they are": aspect != 1.0,
    }
    return [note for note, holds in said.items() if holds]


def _half(rgb: Array, place: Place, numbers: Sequence[int]) -> Array:
    if rgb.dtype == np.float16:
        return rgb
    if rgb.dtype != np.float32:
        raise place.error(f"its RGB channels are {rgb.dtype}", "Write half or float channels", numbers)
    return to_half(rgb, place, numbers)


def to_half(rgb: Array, place: Place, numbers: Sequence[int]) -> Array:
    """float32 to float16, rounded; a finite value beyond half's range is a PlateError."""
    with np.errstate(over="ignore"):
        half = rgb.astype(np.float16)
    beyond = np.isinf(half) & np.isfinite(rgb)
    if beyond.any():
        y, x, _ = np.argwhere(beyond)[0]
        raise place.error(
            f"the value {float(rgb[beyond][0]):g} at pixel {x},{y} is beyond half float's range (65504)",
            "Clamp or grade the plate before handing it over",
            numbers,
        )
    return half


def _headers(path: Path, place: Place, numbers: Sequence[int]) -> list[dict[str, Any]]:
    with held(path, place, numbers) as there:
        with there.open("rb") as raw:
            if raw.read(4) != b"\x76\x2f\x31\x01":
                raise place.error("the file is no EXR", _COPY, numbers)
        try:
            file = OpenEXR.File(str(there), header_only=True)
        except (RuntimeError, ValueError, TypeError) as error:
            raise _damaged(error, path, place, numbers) from None
    return [file.header(part) for part in range(len(file.parts))]


def _damaged(error: Exception, path: Path, place: Place, numbers: Sequence[int]) -> PlateError:
    said = re.sub(r"/proc/self/fd/\d+", path.name, str(error))
    return place.error(f"the EXR can't be read: {said}", _COPY, numbers)


def _check_kind(header: Mapping[str, Any], rgb: Sequence[str], place: Place, numbers: Sequence[int]) -> None:
    if header["type"] not in (OpenEXR.scanlineimage, OpenEXR.tiledimage):
        raise place.error("its picture is deep data", "Flatten it: one value per pixel", numbers)
    if any(c.name in rgb and (c.xSampling, c.ySampling) != (1, 1) for c in header["channels"]):
        raise place.error("its RGB channels are subsampled", "Write full-size channels", numbers)


def _window(corners: Any) -> Window:
    (x0, y0), (x1, y1) = corners
    return int(x0), int(y0), int(x1), int(y1)
