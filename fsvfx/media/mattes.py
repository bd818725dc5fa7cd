"""External mattes: one channel of an EXR, PNG or TIFF, brought onto the plate's pixels."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsvfx.media.layers import Channel, LayerError, matte_of
from fsvfx.media.oiio_in import opened, pixels
from fsvfx.media.plate import Canvas, Place
from fsvfx.media.windows import Window, laid, size_of, window_at

_SLACK = 0.5
"""Filters overshoot 0 and 1 a little, which is clamped; beyond this it is no matte."""


def read_matte(path: Path, canvas: Canvas, layer: str | None, place: Place, numbers: Sequence[int]) -> NDArray[Any]:
    """The matte (H, W) float16 in [0, 1], pixel on pixel with the plate, 0 where its own data window does not reach.

    Codes are read as code / maximum. An EXR lies by its display coordinates; other files are of the size of the plate's
    picture or of its display window. Raises PlateError.
    """
    with opened(path, place, numbers) as file:
        parts = _parts(file)
        channel = _channel(parts, layer, place, numbers)
        spec = parts[channel.part]
        window = _window(spec, canvas, is_exr=file.format_name() == "openexr", place=place, numbers=numbers)
        names = list(spec.channelnames)
        matte = _share(pixels(file, [names.index(channel.name)], place, numbers, channel.part)[..., 0])
        if layer is None and channel.kind == "a" and "R" in names:
            red = pixels(file, [names.index("R")], place, numbers, channel.part)[..., 0]
            _check_opaque(matte, _share(red), place, numbers)
    _check(matte, window, place, numbers)
    return laid(np.clip(matte, 0, 1).astype(np.float16), window, canvas.data)


def _parts(file: Any) -> list[Any]:
    parts: list[Any] = []
    while file.seek_subimage(len(parts), 0):
        parts.append(file.spec())
    file.geterror()  # some readers take the step beyond the last part for an error
    return parts


def _channel(parts: Sequence[Any], layer: str | None, place: Place, numbers: Sequence[int]) -> Channel:
    several = len(parts) > 1
    given = [
        Channel(name, part, spec.get_string_attribute("oiio:subimagename") if several else "")
        for part, spec in enumerate(parts)
        for name in spec.channelnames
    ]
    try:
        return matte_of(given, layer)
    except LayerError as error:
        raise place.error(error.what, error.mend, numbers) from None


def _share(codes: NDArray[Any]) -> NDArray[Any]:
    return codes if codes.dtype.kind == "f" else codes / np.float32(np.iinfo(codes.dtype).max)


def _window(spec: Any, canvas: Canvas, *, is_exr: bool, place: Place, numbers: Sequence[int]) -> Window:
    """The matte's data window in the plate's coordinates."""
    if is_exr:
        own = window_at(spec.full_x, spec.full_y, spec.full_width, spec.full_height)
        if own != canvas.display:
            what = f"the matte's display window is {own}, the plate's is {canvas.display}"
            raise place.error(what, "Write the matte in the plate's format", numbers)
        return window_at(spec.x, spec.y, spec.width, spec.height)
    size = (spec.height, spec.width)
    for window in (canvas.data, canvas.display):
        if size == size_of(window):
            return window
    height, width = size_of(canvas.data)
    what = f"the matte is {spec.width}x{spec.height}, the plate is {width}x{height}"
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


def _check_opaque(alpha: NDArray[Any], red: NDArray[Any], place: Place, numbers: Sequence[int]) -> None:
    """Pictures with a filled alpha and the matte in RGB are common: A must not pass for the matte unasked."""
    if (alpha == 1).all() and not (red == 1).all():
        what = "which channel is the matte is not plain: A is 1 everywhere, and R is not"
        raise place.error(what, "Write roto_layer: R (or A, if all of the frame is meant)", numbers)
