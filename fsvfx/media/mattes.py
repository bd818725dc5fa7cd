"""External mattes: one channel of an EXR, PNG or TIFF, aligned with the plate's pixels."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsvfx.media import probe
from fsvfx.media.exr import reader as exr
from fsvfx.media.exr.header import ExrPartHeader
from fsvfx.media.exr.layers import Channel, matte_of
from fsvfx.media.files import Place, guarded, named
from fsvfx.media.oiio import channel_names, opened, pixels, probe_pixels
from fsvfx.media.pixels import Window, laid, size_of
from fsvfx.media.plate import Canvas

_Placed = tuple[NDArray[Any], Window]
"""A matte (H, W), and its position."""
_SLACK = 0.5
"""Filters slightly overshoot 0 and 1, which is clamped; beyond this it is not a matte."""


def read_matte(path: Path, canvas: Canvas, layer: str | None, place: Place) -> NDArray[Any]:
    """The matte (H, W) float16 in [0, 1], aligned with the plate's pixels, 0 outside its own data window.

    Codes are read as code / maximum. An EXR is placed by its display coordinates; other files have the size of the
    plate's picture or of its display window. Raises PlateError.
    """
    read = _of_exr if exr.is_exr(path, place) else _of_still
    with guarded("the matte can't be read", place):
        matte, window = read(path, canvas, layer, place)
    _check(matte, window, place)
    return laid(np.clip(matte, 0, 1).astype(np.float16), window, canvas.data)


def probe_matte(path: Path, layer: str | None, place: Place) -> None:
    """PlateError if decoding the matte is dangerous, or its header shows that it is not a matte."""

    def ask() -> None:
        with guarded("the matte can't be read", place):
            if exr.is_exr(path, place):
                parts, part, names = _chosen_of_exr(path, layer, place)
                exr.probe_channels(path, parts, part, names, place)
            else:
                probe_pixels(path, place)

    probe.once(f"matte {layer or ''}", path, place, ask)


def _of_exr(path: Path, canvas: Canvas, layer: str | None, place: Place) -> _Placed:
    parts, index, names = _chosen_of_exr(path, layer, place)
    part = parts[index]
    if part.display != canvas.display:
        what = f"the matte's display window is {part.display}, the plate's is {canvas.display}"
        raise place.error(what, "Write the matte in the plate's format")
    read = _share(exr.read_channels(path, parts, index, names, place))
    _check_opaque(read, place)
    return read[..., 0], part.data


def _chosen_of_exr(path: Path, layer: str | None, place: Place) -> tuple[tuple[ExrPartHeader, ...], int, list[str]]:
    """Every part's header; the matte's part, and its channel, followed by R if that may be the matte, too."""
    parts = exr.read_parts(path, place)
    channel = _chosen(exr.channels_of(parts), layer, place)
    part = parts[channel.part]
    exr.check_part(part, [channel.name], place)
    names = [channel.name]
    if layer is None and channel.kind == "a" and "R" in [other.name for other in part.channels]:
        names.append("R")
    return parts, channel.part, names


def _of_still(path: Path, canvas: Canvas, layer: str | None, place: Place) -> _Placed:
    """PNG, TIFF: the first page."""
    with opened(path, place) as file:
        if file.format_name() not in ("png", "tiff"):
            raise place.error(f"the matte is a {file.format_name().upper()}", "Write it as EXR, PNG or TIFF")
        spec = file.spec()
        names = channel_names(spec)
        channel = _chosen([Channel(name) for name in names], layer, place)
        wanted = [names.index(channel.name)]
        if layer is None and channel.kind == "a" and "R" in names:
            wanted.append(names.index("R"))
        window = _window((spec.height, spec.width), canvas, place)
        read = _share(pixels(file, wanted, place))
    _check_opaque(read, place)
    return read[..., 0], window


def _chosen(given: Sequence[Channel], layer: str | None, place: Place) -> Channel:
    with named(place):
        return matte_of(given, layer)


def _share(codes: NDArray[Any]) -> NDArray[Any]:
    return codes if codes.dtype.kind == "f" else codes / np.float32(np.iinfo(codes.dtype).max)


def _window(size: tuple[int, int], canvas: Canvas, place: Place) -> Window:
    """The position of a picture without windows, by its height and width."""
    for window in (canvas.data, canvas.display):
        if size == size_of(window):
            return window
    height, width = size_of(canvas.data)
    what = f"the matte is {size[1]}x{size[0]}, the plate is {width}x{height}"
    raise place.error(what, "Write the matte in the plate's size")


def _check(matte: NDArray[Any], window: Window, place: Place) -> None:
    for wrong, what in (
        (~np.isfinite(matte), "not a number"),
        ((matte < -_SLACK) | (matte > 1 + _SLACK), "not between 0 and 1"),
    ):
        if wrong.any():
            y, x = np.argwhere(wrong)[0]
            at = f"{x + window[0]},{y + window[1]}"
            raise place.error(
                f"the matte's value {float(matte[y, x]):g} at pixel {at} is {what}",
                "Write mattes from 0 to 1, or choose another channel with roto_layer",
            )


def _check_opaque(read: NDArray[Any], place: Place) -> None:
    """Pictures with an opaque alpha (first) and the matte in RGB are common: A must not be taken for the matte by
    default."""
    alpha, *others = np.moveaxis(read, -1, 0)
    if others and (alpha == 1).all() and not (others[0] == 1).all():
        what = "it is not clear which channel is the matte: A is 1 everywhere, R is not"
        raise place.error(what, "Set roto_layer to R (or to A, if the whole frame is meant)")
