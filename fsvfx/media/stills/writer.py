"""Single pictures out, through OpenImageIO: DPX, PNG, TIFF. The same input gives the same bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsvfx.media.addresses import Address
from fsvfx.media.dpx.pixels import spread_over_16

_LOSSLESS = {"compression": "lzw", "png:compressionLevel": 2}
"""Grain hardly compresses: zip takes eight times as long as LZW for a tenth less."""
_NO_DATE = "    :  :     :  :  "
"""Blanks, as EXIF writes an unknown date. Without it, the writers would store the current time."""
_DPX_NAME = slice(36, 136)
"""The file's own name (SMPTE ST 268, field 4). OpenImageIO stores the path of the temporary file there."""


@dataclass(frozen=True)
class StillFormat:
    """bits: of each channel, 8 to 16 for integer codes; floats have the depth of their dtype.

    attributes: by OpenImageIO's names. called: the final name of the file, which DPX headers contain.
    """

    bits: int
    attributes: Mapping[str, str | int | float] = field(default_factory=dict)
    address: Address | None = None
    """Of the timecode."""
    called: str = ""


def write_still(path: Path, picture: NDArray[Any], wanted: StillFormat) -> None:
    """Write ``picture`` (H, W, 3) or (H, W): codes of ``wanted.bits`` as uint8 or uint16, or float32.

    The path's extension selects the kind. Raises OSError.
    """
    import OpenImageIO as oiio

    is_dpx = path.suffix.lower() == ".dpx"
    pixels = _plain(_widened(picture, wanted.bits) if is_dpx else picture)
    height, width, channels = pixels.shape
    spec = oiio.ImageSpec(width, height, channels, "float" if pixels.dtype == np.float32 else str(pixels.dtype))
    fields = {"oiio:BitsPerSample": wanted.bits, "DateTime": _NO_DATE, **_LOSSLESS}
    if path.suffix.lower() == ".png":
        del fields["DateTime"]
    for name, value in {**fields, **wanted.attributes}.items():
        spec.attribute(name, value)
    if wanted.address:
        spec.attribute("smpte:TimeCode", oiio.TypeTimeCode, (wanted.address.word, 0))
    out = oiio.ImageOutput.create(str(path))
    if not (out and out.open(str(path), spec) and out.write_image(pixels) and out.close()):
        raise OSError(f"{path.name} can't be written: {out.geterror() if out else oiio.geterror()}")
    if is_dpx:
        _name_dpx(path, wanted.called)


def _plain(picture: NDArray[Any]) -> NDArray[Any]:
    """OpenImageIO misreads two-dimensional arrays, and those whose dtype has an explicit byte order."""
    pixels = np.atleast_3d(np.ascontiguousarray(picture))
    return pixels.view(pixels.dtype.type)


def _widened(codes: NDArray[Any], bits: int) -> NDArray[Any]:
    """OpenImageIO cuts 16 bits to 10 or 12: with the upper bits repeated in the lower ones, the codes are unchanged."""
    if codes.dtype != np.uint16 or bits == 16:
        return codes
    return spread_over_16(codes, bits)


def _name_dpx(path: Path, name: str) -> None:
    room = _DPX_NAME.stop - _DPX_NAME.start
    with path.open("r+b") as file:
        file.seek(_DPX_NAME.start)
        whole = name.encode()[: room - 1].decode(errors="ignore").encode()  # no partial characters
        file.write(whole.ljust(room, b"\0"))
