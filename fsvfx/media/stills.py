"""One picture from one file: png, jpg, tiff, whole or not at all."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from fsvfx.media import oiio_in, orientation
from fsvfx.media.exr_in import to_half
from fsvfx.media.held import held
from fsvfx.media.plate import Place
from fsvfx.stages.contract import Array

_TIFF = (".tif", ".tiff")
_COPY = "Copy it anew from its source"
_PNG = b"\x89PNG\r\n\x1a\n"


def read_still(path: Path, place: Place, numbers: Sequence[int] = ()) -> Array:
    """(H, W, 3) RGB: uint8, uint16, or float16 (float TIFF). Grey becomes three equal channels, palettes are
    resolved, alpha is left out, a photo's orientation flag is applied. Raises PlateError."""
    if path.suffix.lower() in _TIFF:
        return _tiff(path, place, numbers)
    with held(path, place, numbers) as there:
        content = there.read_bytes()
    if path.suffix.lower() in (".jpg", ".jpeg"):
        return _jpeg(content, place, numbers)
    if content.startswith(_PNG) and not _is_whole_png(content):
        raise place.error("the PNG is damaged or cut off", _COPY, numbers)
    return _by_opencv(content, place, numbers)


def alpha_note(path: Path, place: Place) -> str | None:
    """Says so if the picture carries alpha (png, tiff)."""
    try:
        with held(path, place) as there, Image.open(there) as picture:
            has = picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info
    except (OSError, ValueError, SyntaxError):
        return None
    return "alpha is left out" if has else None


def _jpeg(content: bytes, place: Place, numbers: Sequence[int]) -> Array:
    """By Pillow: OpenCV fills what a cut-off JPEG lacks with grey, and says nothing."""
    try:
        with Image.open(BytesIO(content), formats=["JPEG", "MPO"]) as picture:
            return np.array(ImageOps.exif_transpose(picture).convert("RGB"))
    except UnidentifiedImageError:
        raise place.error("the file is no JPEG", _COPY, numbers) from None
    except (OSError, ValueError, SyntaxError):
        raise place.error("the JPEG is damaged or cut off", _COPY, numbers) from None


def _tiff(path: Path, place: Place, numbers: Sequence[int]) -> Array:
    """By OpenImageIO, which knows tiles, separate planes, packed 10 and 12 bits, and half float."""
    with oiio_in.opened(path, place, numbers) as file:
        names = [name.upper() for name in oiio_in.channel_names(file.spec())]
        fields = oiio_in.attributes(file)
        grey = names[0] in ("Y", "I")
        if not grey and names[:3] != ["R", "G", "B"]:
            raise place.error(f"its picture is {', '.join(names)}", "Write RGB or grey", numbers)
        picture = oiio_in.pixels(file, (0, 0, 0) if grey else (0, 1, 2), place, numbers)
        turned = orientation.upright(
            picture, orientation.OF_EXIF.get(fields.get("Orientation", 1), orientation.UPRIGHT)
        )
    return _known_depth(turned, place, numbers)


def _known_depth(rgb: Array, place: Place, numbers: Sequence[int]) -> Array:
    if rgb.dtype in (np.float32, np.float64):
        return to_half(rgb, place, numbers)
    if rgb.dtype not in (np.uint8, np.uint16, np.float16):
        raise place.error(f"its pixels are {rgb.dtype}", "Write 8-bit, 16-bit or float pixels", numbers)
    return rgb


def _by_opencv(content: bytes, place: Place, numbers: Sequence[int]) -> Array:
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_ANYCOLOR | cv2.IMREAD_ANYDEPTH)
    except cv2.error:
        picture = None
    if picture is None:
        raise place.error("the picture can't be decoded: damaged, cut off or of an unknown kind", _COPY, numbers)
    rgb = np.repeat(picture[..., None], 3, axis=2) if picture.ndim == 2 else picture[..., ::-1]
    return _known_depth(np.ascontiguousarray(rgb), place, numbers)


def _is_whole_png(content: bytes) -> bool:
    """Every chunk is there with the right checksum, up to IEND."""
    at = len(_PNG)
    while at + 12 <= len(content):
        size = int.from_bytes(content[at : at + 4])
        end = at + 12 + size
        kind = content[at + 4 : at + 8]
        if end > len(content) or zlib.crc32(content[at + 4 : end - 4]) != int.from_bytes(content[end - 4 : end]):
            return False
        if kind == b"IEND":
            return True
        at = end
    return False
