"""One picture from one file, by its content: TIFF, PNG, JPEG, WebP, BMP, single GIF; complete or an error."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import IO, Any

import cv2
import numpy as np
from PIL import BmpImagePlugin, GifImagePlugin, ImageCms, JpegImagePlugin, WebPImagePlugin
from PIL.ImageFile import ImageFile

from fsvfx.arrays import Array
from fsvfx.media import oiio, probe, sniff
from fsvfx.media.files import Place, check_size, guarded, held
from fsvfx.media.pixels import OF_EXIF, UPRIGHT, Turn, to_half, upright
from fsvfx.media.stills.headers import JpegHeader, PngHeader, jpeg_header, png_header
from fsvfx.printable import counted

_COPY = "Copy it again from its source"
_SRGB = "srgb"
_ORIENTATION = 0x0112
"""EXIF's tag."""
_BITS_OF_JPEG = 8
_INKS = 4
_PILLOWS: dict[sniff.Kind, Callable[[IO[bytes]], ImageFile]] = {
    sniff.JPEG: JpegImagePlugin.JpegImageFile,
    sniff.WEBP: WebPImagePlugin.WebPImageFile,
    sniff.GIF: GifImagePlugin.GifImageFile,
    sniff.BMP: BmpImagePlugin.BmpImageFile,
}
"""Pillow's readers, selected by name: otherwise it would take a JPEG followed by more pictures (MPO) for another
kind."""


def read_still(path: Path, place: Place) -> Array:
    """(H, W, 3) RGB: uint8, uint16, or float16 (float TIFF). Gray becomes three equal channels, palettes are resolved,
    alpha is left out, a photo's orientation flag is applied. Raises PlateError."""
    kind = sniff.picture_kind(path, place)
    if kind is sniff.TIFF:
        return _tiff(path, place)
    content = _content(path, place)
    if kind is sniff.PNG:
        return _png(_check_png(content, place), place)
    with _pillow(content, kind, place) as picture:
        rgb = np.array(picture.convert("RGB"))
        return upright(rgb, _turn_of(picture))


def probe_still(path: Path, place: Place) -> None:
    """PlateError if decoding the picture is dangerous, or its header shows that it can't be used."""
    kind = sniff.picture_kind(path, place)
    if kind is sniff.TIFF:
        oiio.probe_pixels(path, place)
        return
    content = _content(path, place)
    if kind is sniff.PNG:
        _check_png(content, place)
        probe.ask({"by": "OpenCV", "path": str(path.absolute())}, place)
        return
    with _pillow(content, kind, place) as picture:
        question = {"by": "Pillow", "path": str(path.absolute()), "kind": type(picture).__name__}
    probe.ask(question, place)


def notes_of(path: Path, place: Place) -> list[str]:
    """Notes for people: alpha that is left out, a color profile that is ignored. Raises PlateError."""
    kind = sniff.picture_kind(path, place)
    content = _content(path, place)
    if kind is sniff.PNG:
        header = png_header(content)
        return _notes(header.has_alpha, header.profile) if header else []
    if kind is sniff.TIFF:
        with oiio.opened(path, place) as file:
            profile = oiio.attributes(file).get("ICCProfile:profile_description", "")
            several = ["only the first of several pictures is read"] if file.seek_subimage(1, 0) else []
            return [*_notes(file.spec(0, 0).alpha_channel >= 0, str(profile)), *several]
    damaged = guarded(f"the {kind.name} is damaged", place)
    with damaged, warnings.catch_warnings(action="ignore"), _PILLOWS[kind](BytesIO(content)) as picture:
        has_alpha = picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info
        return _notes(has_alpha, _profile_of(picture))


def _notes(has_alpha: bool, profile: str) -> list[str]:
    said = {
        "alpha is left out": has_alpha,
        f"it has the color profile '{profile}'; the manifest's color_space is used": (
            profile and _SRGB not in profile.lower().replace(" ", "")
        ),
    }
    return [note for note, holds in said.items() if holds]


def _profile_of(picture: ImageFile) -> str:
    """The name of its color profile; empty if it has none."""
    content = picture.info.get("icc_profile")
    if not content:
        return ""
    try:
        return str(ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(BytesIO(content)))).strip()
    except (OSError, ImageCms.PyCMSError):
        return "(damaged)"


def _content(path: Path, place: Place) -> bytes:
    with held(path, place) as there:
        return there.read_bytes()


def _check_jpeg(content: bytes, place: Place) -> None:
    """From the header: Pillow's own errors do not distinguish these cases."""
    header: JpegHeader | None = jpeg_header(content)
    if header is None:
        raise place.error("the JPEG is damaged or cut off: it has no frame header", _COPY)
    check_size(header.width, header.height, place)
    if header.bits != _BITS_OF_JPEG or header.process:
        kind = f"a {header.process} JPEG" if header.process else f"a JPEG of {header.bits} bits"
        raise place.error(f"this is {kind}, which fsvfx does not read", "Convert it to PNG, TIFF or EXR")
    if header.components == _INKS:
        raise place.error("its picture is inks (CMYK)", "Convert it to RGB with its color profile")


def _check_webp(content: bytes, place: Place) -> None:
    """Pillow allocates the picture before it reports the size, and accepts a cut-off file."""
    if len(content) < 30 or len(content) < int.from_bytes(content[4:8], "little") + 8:
        raise place.error("the WebP is damaged or cut off", _COPY)
    check_size(*_webp_size(content), place)


def _webp_size(content: bytes) -> tuple[int, int]:
    """Width, height, from the first chunk (RFC 9649)."""
    chunk = content[12:16]
    if chunk == b"VP8X":
        return int.from_bytes(content[24:27], "little") + 1, int.from_bytes(content[27:30], "little") + 1
    if chunk == b"VP8L":
        bits = int.from_bytes(content[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return int.from_bytes(content[26:28], "little") & 0x3FFF, int.from_bytes(content[28:30], "little") & 0x3FFF


@contextmanager
def _pillow(content: bytes, kind: sniff.Kind, place: Place) -> Iterator[ImageFile]:
    """JPEG, too: OpenCV silently fills the missing part of a cut-off JPEG with gray. Nothing is decoded yet."""
    if kind is sniff.JPEG:
        _check_jpeg(content, place)
    if kind is sniff.WEBP:
        _check_webp(content, place)
    damaged = guarded(f"the {kind.name} is damaged or cut off", place)
    with damaged, warnings.catch_warnings(action="ignore"), _PILLOWS[kind](BytesIO(content)) as picture:
        check_size(picture.width, picture.height, place)
        _check_single(getattr(picture, "n_frames", 1), kind, place)
        yield picture


def _turn_of(picture: ImageFile) -> Turn:
    """Unreadable EXIF in a photo does not affect its pixels."""
    try:
        return OF_EXIF.get(picture.getexif().get(_ORIENTATION, 1), UPRIGHT)
    except Exception:
        return UPRIGHT


def _check_single(pictures: int, kind: sniff.Kind, place: Place) -> None:
    if pictures > 1:
        what = f"this is an animated {kind.name} of {counted(pictures, 'picture')}, but a single picture is expected"
        raise place.error(what, "Write each picture to a file of its own, or all to a video")


def _tiff(path: Path, place: Place) -> Array:
    """With OpenImageIO, which supports tiles, separate planes, packed 10 and 12 bits, and half float."""
    with oiio.opened(path, place) as file:
        names = [name.upper() for name in oiio.channel_names(file.spec())]
        fields = oiio.attributes(file)
        grey = names[0] in ("Y", "I")
        if not grey and names[:3] != ["R", "G", "B"]:
            raise place.error(f"its picture is {', '.join(names)}", "Write RGB or gray")
        picture = oiio.pixels(file, (0, 0, 0) if grey else (0, 1, 2), place)
        turned = upright(picture, OF_EXIF.get(fields.get("Orientation", 1), UPRIGHT))
    return _known_depth(turned, place)


def _known_depth(rgb: Array, place: Place) -> Array:
    if rgb.dtype in (np.float32, np.float64):
        return to_half(rgb, place)
    if rgb.dtype not in (np.uint8, np.uint16, np.float16):
        raise place.error(f"its pixels are {rgb.dtype}", "Write 8-bit, 16-bit or float pixels")
    return rgb


def _check_png(content: bytes, place: Place) -> PngHeader:
    header: PngHeader | None = png_header(content)
    if header is None:
        raise place.error("the PNG is damaged or cut off", _COPY)
    check_size(header.width, header.height, place)
    _check_single(header.pictures, sniff.PNG, place)
    return header


def _png(header: PngHeader, place: Place) -> Array:
    """With OpenCV, which keeps 16 bits."""
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    with guarded("the PNG is damaged or cut off", place):
        picture: Any = cv2.imdecode(np.frombuffer(header.plain, np.uint8), cv2.IMREAD_ANYCOLOR | cv2.IMREAD_ANYDEPTH)
    if picture is None or picture.shape[0] * picture.shape[1] != header.width * header.height:
        raise place.error("the PNG is damaged or cut off", _COPY)
    rgb = np.repeat(picture[..., None], 3, axis=2) if picture.ndim == 2 else picture[..., ::-1]
    return np.ascontiguousarray(rgb)
