"""The kind of a file, by its content: names may be wrong. The only place that knows files by their first bytes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fsvfx.errors import PlateError
from fsvfx.media.files import Place, held
from schemas.templates import PICTURES

_ENOUGH = 4096
_TEXT = 512
"""Number of bytes that must be text for a file to count as text."""


@dataclass(frozen=True)
class Kind:
    """``said``: with its article, as in "this is a PNG picture". Anything that is neither picture nor video is not
    read."""

    name: str
    said: str
    is_picture: bool = False
    is_video: bool = False
    hint: str = "Convert it to PNG, TIFF or EXR"


def _picture(name: str, said: str = "") -> Kind:
    return Kind(name, said or f"a {name} picture", is_picture=True)


def _video(said: str) -> Kind:
    return Kind("video", said, is_video=True)


def _other(said: str, hint: str = Kind.hint) -> Kind:
    return Kind("", said, hint=hint)


EXR = _picture("EXR", "an EXR picture")
DPX, TIFF, PNG, JPEG, WEBP, BMP = map(_picture, ("DPX", "TIFF", "PNG", "JPEG", "WebP", "BMP"))
GIF = Kind("GIF", "a GIF", is_picture=True, is_video=True)
UNKNOWN = _other(
    "of an unknown kind, or its first bytes are damaged", "Copy it again from its source, or convert it to PNG"
)
EMPTY = _other("empty", "Copy it again from its source")

_COPY = "Replace it with the media file itself"
_DEVELOP = "Develop it to TIFF or EXR"
_STARTS: tuple[tuple[bytes, Kind], ...] = (
    (b"\x76\x2f\x31\x01", EXR),
    (b"SDPX", DPX),
    (b"XPDS", DPX),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"\xff\xd8\xff", JPEG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"II*\0\x10\0\0\0CR", _other("a Canon raw photograph (CR2)", _DEVELOP)),
    (b"II*\0", TIFF),
    (b"MM\0*", TIFF),
    (b"II+\0", TIFF),
    (b"MM\0+", TIFF),
    (b"\x1a\x45\xdf\xa3", _video("a Matroska or WebM video")),
    (b"\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02", _video("an MXF video")),
    (b"\x00\x00\x01\xba", _video("an MPEG video")),
    (b"\x00\x00\x01\xb3", _video("an MPEG video")),
    (b"FLV\x01", _video("a Flash video")),
    (b"OggS", _video("an Ogg file")),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", _video("a Windows Media file")),
    (b"8BPS", _other("a Photoshop document (PSD)", "Save it as TIFF or EXR, flattened")),
    (b"%PDF", _other("a PDF document")),
    (b"%!PS", _other("a PostScript document")),
    (b"\xff\x0a", _other("a JPEG XL picture")),
    (b"\x00\x00\x00\x0cJXL ", _other("a JPEG XL picture")),
    (b"\x00\x00\x00\x0cjP  ", _other("a JPEG 2000 picture")),
    (b"\xff\x4f\xff\x51", _other("a JPEG 2000 picture")),
    (b"\x80\x2a\x5f\xd7", _other("a Cineon picture", "Convert it to DPX")),
    (b"\xd7\x5f\x2a\x80", _other("a Cineon picture", "Convert it to DPX")),
    (b"#?RADIANCE", _other("a Radiance HDR picture", "Convert it to EXR")),
    (b"#?RGBE", _other("a Radiance HDR picture", "Convert it to EXR")),
    (b"FUJIFILM", _other("a Fujifilm raw photograph (RAF)", _DEVELOP)),
    (b"IIRO", _other("an Olympus raw photograph (ORF)", _DEVELOP)),
    (b"IIU\0", _other("a Panasonic raw photograph (RW2)", _DEVELOP)),
    (b"ARRI", _other("an ARRIRAW frame", _DEVELOP)),
    (b"DDS ", _other("a DDS texture")),
    (b"SIMPLE  =", _other("a FITS picture")),
    (b"\x00\x00\x01\x00", _other("an icon (ICO)")),
    (b"PK\x03\x04", _other("a ZIP archive", "Unpack it")),
    (b"\x1f\x8b", _other("a gzip archive", "Unpack it")),
    (b"Rar!", _other("a RAR archive", "Unpack it")),
    (b"7z\xbc\xaf\x27\x1c", _other("a 7-Zip archive", "Unpack it")),
    (b"\x00\x05\x16\x07", _other("a macOS resource file (._NAME), not a picture", "Delete it, or leave it out")),
    (b"version https://git-lfs", _other("a Git LFS pointer, not the file itself", "Run git lfs pull")),
)
_BRANDS: dict[str, Kind] = {
    **dict.fromkeys(("heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1"), _other("a HEIC picture")),
    **dict.fromkeys(("avif", "avis"), _other("an AVIF picture")),
    **dict.fromkeys(("jp2 ", "jpx ", "jpm "), _other("a JPEG 2000 picture")),
    "crx ": _other("a Canon raw photograph (CR3)", _DEVELOP),
}
"""Brands of ISO's base media file format, which videos share with some pictures."""
_QUICKTIME = (b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot", b"moof")
_RIFF = {b"WEBP": WEBP, b"AVI ": _video("an AVI video"), b"WAVE": _other("a sound file", "Name a picture or a video")}
_TEXTS: tuple[tuple[bytes, Kind], ...] = (
    (b"<svg", _other("an SVG drawing")),
    (b"<html", _other("a web page, such as an error page that was saved under this name", _COPY)),
    (b"<!doctype html", _other("a web page, such as an error page that was saved under this name", _COPY)),
    (b"<?xml", _other("XML", _COPY)),
    (b"<error", _other("XML", _COPY)),
    (b"ffconcat", _other("an ffconcat playlist", _COPY)),
    (b"#extm3u", _other("an HLS playlist", _COPY)),
    (b"[playlist]", _other("a playlist", _COPY)),
    (b"v=0", _other("an SDP session", _COPY)),
    (b"<smil", _other("a SMIL playlist", _COPY)),
    (b"<mpd", _other("a DASH manifest", _COPY)),
    (b"<asx", _other("a playlist", _COPY)),
    (b"rtsptext", _other("a QuickTime link", _COPY)),
    (b"smiltext", _other("a QuickTime link", _COPY)),
)
_PLAIN_TEXT = _other("plain text", _COPY)


def picture_kind(path: Path, place: Place) -> Kind:
    """The kind of a file that should be a picture. PlateError: it can't be opened, or is not a supported picture."""
    kind = _sniffed(path, place)
    if kind.is_picture:
        return kind
    if kind.is_video:
        raise place.error(f"this is {kind.said}, not a picture", "Give it as a video, without ####")
    raise _not_read(kind, place)


def is_footage(path: Path, place: Place) -> bool:
    """Whether it is to be read as a video; False: as a picture. PlateError if it is neither.

    Some videos (MPEG streams) have no known first bytes: only for them, the name decides.
    """
    kind = _sniffed(path, place)
    if kind.is_video or kind.is_picture:
        return kind.is_video
    if kind is UNKNOWN and path.suffix.lower() not in PICTURES:
        return True
    raise _not_read(kind, place)


def kind_of(head: bytes) -> Kind:
    """By the file's first bytes, 4096 of them if it is that long."""
    if not head:
        return EMPTY
    for start, kind in _STARTS:
        if head.startswith(start):
            return kind
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12], UNKNOWN)
    if head[4:8] == b"ftyp":
        return _of_brands(head)
    if head[4:8] in _QUICKTIME:
        return _video("a QuickTime video")
    if head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in (12, 40, 52, 56, 64, 108, 124):
        return BMP
    if head[:1] == b"P" and head[1:2] in b"1234567" and head[2:3].isspace():
        return _other("a PNM picture")
    return _of_text(head)


def _of_brands(head: bytes) -> Kind:
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, min(int.from_bytes(head[:4]), 64), 4))]
    for brand in brands:
        if kind := _BRANDS.get(brand.decode("latin-1")):
            return kind
    return _video("an MP4 or QuickTime video")


def _of_text(head: bytes) -> Kind:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith(b"<?xml"):  # its first element has the type
        for begin, kind in _TEXTS:
            if begin[:1] == b"<" and begin != b"<?xml" and begin in start:
                return kind
    for begin, kind in _TEXTS:
        if start.startswith(begin):
            return kind
    try:
        text = head[:_TEXT].decode("utf-8", errors="strict" if len(head) <= _TEXT else "ignore")
    except UnicodeDecodeError:
        return UNKNOWN
    is_text = len(text.encode()) > 0.98 * min(len(head), _TEXT) and all(c.isprintable() or c.isspace() for c in text)
    return _PLAIN_TEXT if is_text else UNKNOWN


def _sniffed(path: Path, place: Place) -> Kind:
    with held(path, place) as there, there.open("rb") as file:
        return kind_of(file.read(_ENOUGH))


def _not_read(kind: Kind, place: Place) -> PlateError:
    if kind in (EMPTY, UNKNOWN):
        return place.error(f"the file is {kind.said}", kind.hint)
    return place.error(f"this is {kind.said}, which fsvfx does not read", kind.hint)
