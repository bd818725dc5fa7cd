"""External mattes: one channel of an EXR, PNG or TIFF, brought onto the plate's pixels."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsvfx.media import probe
from fsvfx.media.exr import reader as exr_in
from fsvfx.media.exr.header import ExrPartHeader
from fsvfx.media.exr.layers import Channel, LayerError, matte_of
from fsvfx.media.files import Place, guarded
from fsvfx.media.oiio import channel_names, opened, pixels, probe_pixels
from fsvfx.media.pixels import Window, laid, size_of
from fsvfx.media.plate import Canvas

_Placed = tuple[NDArray[Any], Window]
"""A matte (H, W), and where it lies."""
_SLACK = 0.5
"""Filters overshoot 0 and 1 a little, which is clamped; beyond this it is no matte."""


def read_matte(path: Path, canvas: Canvas, layer: str | None, place: Place, numbers: Sequence[int]) -> NDArray[Any]:
    """The matte (H, W) float16 in [0, 1], pixel on pixel with the plate, 0 where its own data window does not reach.

    Codes are read as code / maximum. An EXR lies by its display coordinates; other files are of the size of the plate's
    picture or of its display window. Raises PlateError.
    """
    read = _of_exr if exr_in.is_exr(path, place, numbers) else _of_still
    with guarded("the matte can't be read", place, numbers):
        matte, window = read(path, canvas, layer, place, numbers)
    _check(matte, window, place, numbers)
    return laid(np.clip(matte, 0, 1).astype(np.float16), window, canvas.data)


def probe_matte(path: Path, layer: str | None, place: Place, numbers: Sequence[int]) -> None:
    """PlateError if decoding the matte harms whoever does it, or its header says that it is none."""

    def ask() -> None:
        with guarded("the matte can't be read", place, numbers):
            if exr_in.is_exr(path, place, numbers):
                parts, part, names = _chosen_of_exr(path, layer, place, numbers)
                exr_in.probe_channels(path, parts, part, names, place, numbers)
            else:
                probe_pixels(path, place, numbers)

    probe.once(f"matte {layer or ''}", path, place, numbers, ask)


def _of_exr(path: Path, canvas: Canvas, layer: str | None, place: Place, numbers: Sequence[int]) -> _Placed:
    parts, index, names = _chosen_of_exr(path, layer, place, numbers)
    part = parts[index]
    if part.display != canvas.display:
        what = f"the matte's display window is {part.display}, the plate's is {canvas.display}"
        raise place.error(what, "Write the matte in the plate's format", numbers)
    read = _share(exr_in.read_channels(path, parts, index, names, place, numbers))
    _check_opaque(read, place, numbers)
    return read[..., 0], part.data


def _chosen_of_exr(
    path: Path, layer: str | None, place: Place, numbers: Sequence[int]
) -> tuple[tuple[ExrPartHeader, ...], int, list[str]]:
    """Every part's header; the matte's part, and its channel, with R beside it where that may be the matte as well."""
    parts = exr_in.read_parts(path, place, numbers)
    channel = _chosen(exr_in.channels_of(parts), layer, place, numbers)
    part = parts[channel.part]
    exr_in.check_part(part, [channel.name], place, numbers)
    names = [channel.name]
    if layer is None and channel.kind == "a" and "R" in [other.name for other in part.channels]:
        names.append("R")
    return parts, channel.part, names


def _of_still(path: Path, canvas: Canvas, layer: str | None, place: Place, numbers: Sequence[int]) -> _Placed:
    """PNG, TIFF: of the first page."""
    with opened(path, place, numbers) as file:
        if file.format_name() not in ("png", "tiff"):
            raise place.error(f"the matte is a {file.format_name().upper()}", "Write it as EXR, PNG or TIFF", numbers)
        spec = file.spec()
        names = channel_names(spec)
        channel = _chosen([Channel(name) for name in names], layer, place, numbers)
        wanted = [names.index(channel.name)]
        if layer is None and channel.kind == "a" and "R" in names:
            wanted.append(names.index("R"))
        window = _window((spec.height, spec.width), canvas, place, numbers)
        read = _share(pixels(file, wanted, place, numbers))
    _check_opaque(read, place, numbers)
    return read[..., 0], window


def _chosen(given: Sequence[Channel], layer: str | None, place: Place, numbers: Sequence[int]) -> Channel:
    try:
        return matte_of(given, layer)
    except LayerError as error:
        raise place.error(error.what, error.hint, numbers) from None


def _share(codes: NDArray[Any]) -> NDArray[Any]:
    return codes if codes.dtype.kind == "f" else codes / np.float32(np.iinfo(codes.dtype).max)


def _window(size: tuple[int, int], canvas: Canvas, place: Place, numbers: Sequence[int]) -> Window:
    """Where a picture without windows lies, by its height and width."""
    for window in (canvas.data, canvas.display):
        if size == size_of(window):
            return window
    height, width = size_of(canvas.data)
    what = f"the matte is {size[1]}x{size[0]}, the plate is {width}x{height}"
    raise place.error(what, "Write the matte in the plate's size", numbers)


def _check(matte: NDArray[Any], window: Window, place: Place, numbers: Sequence[int]) -> None:
    for wrong, what in (
        (~np.isfinite(matte), "no number"),
        ((matte < -_SLACK) | (matte > 1 + _SLACK), "no share from 0 to 1"),
    ):
        if wrong.any():
            y, x = np.argwhere(wrong)[0]
            at = f"{x + window[0]},{y + window[1]}"
            raise place.error(
                f"the matte's value {float(matte[y, x]):g} at pixel {at} is {what}",
                "Write mattes from 0 to 1, or choose another channel with roto_layer",
                numbers,
            )


def _check_opaque(read: NDArray[Any], place: Place, numbers: Sequence[int]) -> None:
    """Pictures with a filled alpha (first) and the matte in RGB are common: A must not pass for the matte unasked."""
    alpha, *others = np.moveaxis(read, -1, 0)
    if others and (alpha == 1).all() and not (others[0] == 1).all():
        what = "which channel is the matte is not plain: A is 1 everywhere, and R is not"
        raise place.error(what, "Write roto_layer: R (or A, if all of the frame is meant)", numbers)
