"""EXR frames in: RGB at half depth, the data window as it is."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import OpenEXR

from fsvfx.media.plate import Place, Window
from fsvfx.media.video_file import unreadable
from fsvfx.stages.contract import Array

_RGB = ("R", "G", "B")
_COPY = "Render or copy the frame anew"


@dataclass(frozen=True)
class ExrFrame:
    """rgb: (H, W, 3) float16 of the data window. rounded: it was 32-bit float."""

    rgb: Array
    header: dict[str, Any]
    rounded: bool


def read_header(path: Path, place: Place, numbers: Sequence[int] = ()) -> dict[str, Any]:
    """Header of the part that holds RGB. Raises PlateError."""
    header: dict[str, Any] = _part(_open(path, place, numbers, header_only=True), place, numbers)[0]
    return header


def windows(header: Mapping[str, Any]) -> tuple[Window, Window]:
    """Data window and display window."""
    data, display = (_window(header[name]) for name in ("dataWindow", "displayWindow"))
    return data, display


def read_exr(path: Path, place: Place, numbers: Sequence[int] = ()) -> ExrFrame:
    """The frame's picture and header.

    Half pixels come bit for bit. 32-bit float pixels are rounded to half; one beyond half's range (65504) is an error,
    never clamped. Raises PlateError.
    """
    header, channels = _part(_open(path, place, numbers, header_only=False), place, numbers)
    planes = [channels[name].pixels for name in _RGB]
    if any(plane is None for plane in planes):
        raise place.error("the frame's pixels are damaged or cut off", _COPY, numbers)
    return ExrFrame(_half(np.stack(planes, axis=-1), place, numbers), header, planes[0].dtype != np.float16)


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
    beyond = np.isinf(half) & np.isfinite(rgb.astype(np.float32))
    if beyond.any():
        y, x, _ = np.argwhere(beyond)[0]
        raise place.error(
            f"the value {float(rgb[beyond][0]):g} at pixel {x},{y} is beyond half float's range (65504)",
            "Clamp or grade the plate before handing it over",
            numbers,
        )
    return half


def _open(path: Path, place: Place, numbers: Sequence[int], *, header_only: bool) -> Any:
    try:
        with path.open("rb") as file:
            magic = file.read(4)
    except OSError as error:
        raise unreadable(error, place) from None
    if magic != b"\x76\x2f\x31\x01":
        what = "the file is no EXR" if magic else "the file is empty"
        raise place.error(what, _COPY, numbers)
    # The binding prints what is wrong with the pixels, and then hands out fewer parts.
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said):
            file = OpenEXR.File(str(path), separate_channels=True, header_only=header_only)
    except (RuntimeError, ValueError, TypeError) as error:
        raise place.error(f"the EXR can't be read: {error}", _COPY, numbers) from None
    if said.getvalue() or not file.parts:
        raise place.error("the frame's pixels are damaged or cut off", _COPY, numbers)
    return file


def _part(file: Any, place: Place, numbers: Sequence[int]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and channels of the first part with R, G and B."""
    seen: list[str] = []
    for number in range(len(file.parts)):
        header = file.header(number)
        names = {channel.name: channel for channel in header["channels"]}
        if all(name in names for name in _RGB):
            if any(names[name].xSampling != 1 or names[name].ySampling != 1 for name in _RGB):
                raise place.error("its RGB channels are subsampled", "Write full-size channels", numbers)
            return header, file.channels(number)
        seen += names
    has = f"it has {', '.join(sorted(seen))}" if seen else "it has none"
    raise place.error(f"the EXR has no R, G, B channels; {has}", "Write the plate's picture as R, G, B", numbers)


def _window(corners: Any) -> Window:
    (x0, y0), (x1, y1) = corners
    return int(x0), int(y0), int(x1), int(y1)
