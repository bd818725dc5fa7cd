"""What a picture's header may ask for before anything is decoded: a few kilobytes can claim terabytes."""

from __future__ import annotations

from collections.abc import Sequence

from fsvfx.errors import PlateError
from fsvfx.media.plate import Place
from fsvfx.settings import machine


def check_size(width: int, height: int, place: Place, numbers: Sequence[int] = ()) -> None:
    """PlateError for pictures without a pixel, and for those larger than the machine's settings allow."""
    allowed = machine()
    if width < 1 or height < 1:
        raise place.error(f"its header says {width}x{height} pixels", "Render or copy the file again", numbers)
    if max(width, height) > allowed.max_side:
        raise _refusal(f"it is {width}x{height} pixels; a side may have {allowed.max_side}", "MAX_SIDE", place, numbers)
    if width * height > allowed.max_pixels:
        what = f"it is {width}x{height} = {width * height} pixels; a picture may have {allowed.max_pixels}"
        raise _refusal(what, "MAX_PIXELS", place, numbers)


def too_many_channels(place: Place, numbers: Sequence[int] = ()) -> PlateError:
    """For more channels, or parts, than the machine's settings allow."""
    return _refusal(f"it has more than {machine().max_channels} channels or parts", "MAX_CHANNELS", place, numbers)


def too_long(place: Place, numbers: Sequence[int] = ()) -> PlateError:
    """For a header of more bytes than the machine's settings allow."""
    return _refusal(f"its header has more than {machine().max_header_bytes} bytes", "MAX_HEADER_BYTES", place, numbers)


def check_frames(count: int, place: Place) -> None:
    """PlateError for a video that has, or says that it has, more frames than the machine's settings allow."""
    allowed = machine().max_frames
    if count > allowed:
        raise _refusal(f"it says that it has {count} frames; a video may have {allowed}", "MAX_FRAMES", place, ())


def _refusal(what: str, setting: str, place: Place, numbers: Sequence[int]) -> PlateError:
    return place.error(what, f"If the file is right, set FSVFX_{setting} higher", numbers)
