"""Pixels through OpenImageIO: selected channels of one part, unchanged, complete or an error."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsvfx.media import probe, sniff
from fsvfx.media.files import Place, check_size, held, named
from fsvfx.media.headers import TOO_MANY_CHANNELS, HeaderError
from fsvfx.media.stills.headers import WHITE_IS_ZERO, check_tiff, tiff_header
from fsvfx.settings import machine

_COPY = "Copy it again from its source, or render it again"
_KINDS = (sniff.EXR, sniff.DPX, sniff.TIFF, sniff.PNG)
"""The supported kinds: for anything else OpenImageIO would try all of its readers."""
_APART = 16
"""Channels further apart than this are read one by one: there may be a hundred layers between them."""


@contextmanager
def opened(path: Path, place: Place) -> Iterator[Any]:
    """An ``OpenImageIO.ImageInput`` on the file, of the kind that its content shows. PlateError: missing, empty, or of
    no readable kind."""
    import OpenImageIO as oiio  # 0.3 s that planning does not need

    # As stored: OpenImageIO would premultiply RGB by alpha, and convert CMYK and YCbCr to RGB.
    config = oiio.ImageSpec()
    config.attribute("oiio:UnassociatedAlpha", 1)
    config.attribute("oiio:RawColor", 1)
    oiio.attribute("limits:channels", machine().max_channels)
    with held(path, place) as there:
        kind = sniff.picture_kind(there, place)
        if kind not in _KINDS:
            raise place.error(f"this is {kind.said}, but an EXR, DPX, TIFF or PNG is expected", kind.hint)
        if kind is sniff.TIFF:
            _check_tiff(there, place)
        file = oiio.ImageInput.open(str(there), config)
        if file is None:
            _forget(oiio)
            what = f"the {kind.name} can't be read: its header is damaged or unknown"
            raise place.error(what, _COPY)
        try:
            yield file
        finally:
            file.close()


def _forget(teller: Any) -> None:
    """Clear its message, so that it is not printed: it is too vague, or not UTF-8."""
    with contextlib.suppress(UnicodeDecodeError):
        teller.geterror()


def _check_tiff(file: Path, place: Place) -> None:
    """From the header alone: libtiff allocates what a picture claims, and mistakes odd headers for plain ones."""
    with named(place):
        with file.open("rb") as raw:
            header = tiff_header(raw, file.stat().st_size)
        check_size(header.width, header.height, place)
        if header.samples > machine().max_channels:
            raise HeaderError(*TOO_MANY_CHANNELS)
        check_tiff(header)


def pixels(file: Any, channels: Sequence[int], place: Place, part: int = 0) -> NDArray[Any]:
    """(H, W, len(channels)) of the part's data window, in the file's own type (the widest of the channels').

    Only the channels from the lowest to the highest wanted are read. PlateError: damaged or cut off.
    """
    low, high = min(channels), max(channels) + 1
    spec = file.spec_dimensions(part, 0)
    check_size(spec.width, spec.height, place)
    kinds = [spec.channelformats[c] if spec.channelformats else spec.format for c in channels]
    if high - low > _APART:
        lone = [pixels(file, [channel], place, part) for channel in channels]
        return np.concatenate(lone, axis=-1)
    read = file.read_image(part, 0, low, high, max(kinds, key=lambda kind: int(kind.size())))
    if read is None or file.has_error:
        _forget(file)
        raise place.error("the frame's pixels are damaged or cut off", _COPY)
    read = _black_as_zero(read.reshape(spec.height, spec.width, high - low), file.spec(part, 0), low)
    order = [channel - low for channel in channels]
    return read if order == list(range(high - low)) else np.ascontiguousarray(read[..., order])


def _black_as_zero(read: NDArray[Any], spec: Any, low: int) -> NDArray[Any]:
    """OpenImageIO inverts min-is-white grays only up to 8 bits. ``low``: the first channel of ``read``."""
    if read.dtype != np.uint16 or spec.getattribute("tiff:PhotometricInterpretation") != WHITE_IS_ZERO:
        return read
    is_alpha = np.arange(low, low + read.shape[-1]) == spec.alpha_channel
    return np.where(is_alpha, read, ~read)


def probe_pixels(path: Path, place: Place, part: int = 0, names: Sequence[str] = ()) -> None:
    """PlateError if reading the channels ``names`` (none: all) is dangerous, or a TIFF's header rules it out."""
    with held(path, place) as there:
        if sniff.picture_kind(there, place) is sniff.TIFF:
            _check_tiff(there, place)
    question = {"by": "OpenImageIO", "path": str(path.absolute()), "part": part, "names": list(names)}
    probe.ask({**question, "channels": machine().max_channels}, place)


def index_of(spec: Any, name: str, place: Place) -> int:
    """The index of the channel in the part. PlateError if OpenImageIO does not know it by that name."""
    index = int(spec.channelindex(name))
    if index < 0:
        what = f"its channel '{name}' can't be addressed by name"
        raise place.error(what, "Give each channel a unique name in UTF-8")
    return index


def channel_names(spec: Any) -> list[str]:
    """Every channel's name; those that are not UTF-8 are named by number."""
    return [_decoded(partial(spec.channel_name, index)) or f"channel {index}" for index in range(spec.nchannels)]


def attributes(file: Any, part: int = 0) -> dict[str, Any]:
    """The header's fields, by OpenImageIO's names; except those whose text is not UTF-8."""
    found = {}
    for field in file.spec(part, 0).extra_attribs:
        with contextlib.suppress(UnicodeDecodeError):
            found[field.name] = field.value
    return found


def _decoded(ask: Callable[[], str]) -> str:
    try:
        return ask()
    except UnicodeDecodeError:
        return ""
