"""Pixel formats of the decoder, by ffmpeg's names: how each is read, or why it is refused. Pure.

A test iterates over the decoder's own list, so that none is missed. Imports only lightweight modules: the probe's child
process needs it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from fsvfx.media.headers import HeaderError

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

Model = Literal["ycbcr", "rgb", "grey"]


@dataclass(frozen=True)
class PixelFormat:
    """model: of its codes. bits: of each resulting code. full: the format to which swscale converts it without changing
    codes, with all planes at full size; empty: its planes are read directly. shift: of its codes in their words."""

    model: Model
    bits: int
    full: str
    shift: int = 0


def pixel_format(name: str) -> PixelFormat:
    """How a format is read. HeaderError if it is not."""
    found = READ.get(name)
    if found is None:
        what, hint = REFUSED.get(name, ("an unknown format", _CONVERT))
        raise HeaderError(f"its pixels are {name}: {what}", hint)
    return found


_CONVERT = "Convert it: ffmpeg -i IN -c:v prores_ks -pix_fmt yuv444p10le OUT.mov"
_ENDS = ("le", "be")
_BYTES: dict[Model, str] = {
    "ycbcr": (
        "yuv410p yuv411p yuv420p yuv422p yuv440p yuv444p yuvj411p yuvj420p yuvj422p yuvj440p yuvj444p "
        "yuva420p yuva422p yuva444p nv12 nv16 nv21 nv24 nv42 yuyv422 yvyu422 uyvy422 uyyvyy411 "
        "ayuv uyva vuya vuyx vyu444"
    ),
    "rgb": (
        "rgb24 bgr24 rgba bgra argb abgr rgb0 bgr0 0rgb 0bgr gbrp gbrap pal8 rgb4_byte bgr4_byte "
        "rgb555le bgr555le rgb565le bgr565le"
    ),
    "grey": "gray ya8 monow monob",
}
"""8 bits, or fewer that are expanded to 8."""
_WORDS: dict[Model, dict[int, str]] = {
    "ycbcr": {
        9: "yuv420p9 yuv422p9 yuv444p9 yuva420p9 yuva422p9 yuva444p9",
        10: (
            "yuv420p10 yuv422p10 yuv440p10 yuv444p10 yuv444p10msb yuva420p10 yuva422p10 yuva444p10 "
            "nv20 p010 p210 p410 y210 xv30 v30x"
        ),
        12: "yuv420p12 yuv422p12 yuv440p12 yuv444p12 yuv444p12msb yuva422p12 yuva444p12 p012 p212 p412 y212 xv36",
        14: "yuv420p14 yuv422p14 yuv444p14",
        16: "yuv420p16 yuv422p16 yuv444p16 yuva420p16 yuva422p16 yuva444p16 p016 p216 p416 y216 xv48 ayuv64",
    },
    "rgb": {
        9: "gbrp9",
        10: "gbrp10 gbrp10msb gbrap10 x2rgb10 x2bgr10",
        12: "gbrp12 gbrp12msb gbrap12",
        14: "gbrp14 gbrap14",
        16: "gbrp16 gbrap16 rgb48 bgr48 rgba64 bgra64",
    },
    "grey": {9: "gray9", 10: "gray10", 12: "gray12", 14: "gray14", 16: "gray16 ya16"},
}
"""More than 8 bits: names without their byte order."""

_DCP = "Convert it to RGB frames in a program that knows the gamma of DCPs (Resolve, DCP-o-matic)"
_DEVELOP = "Develop it first, to EXR or DPX frames"
_FRAMES = "Write it as EXR frames, scene-linear"


def _both(names: str) -> str:
    """``names`` in both byte orders."""
    return " ".join(f"{name}{end}" for name in names.split() for end in _ENDS)


_FLOATS = "gbrpf16 gbrapf16 gbrpf32 gbrapf32 rgbf16 rgbaf16 rgbf32 rgbaf32 grayf16 grayf32 yaf16 yaf32"
_TILES = ("bggr", "rggb", "gbrg", "grbg")
_BAYER = " ".join(f"bayer_{tiles}{bits}" for tiles in _TILES for bits in ("8", "16le", "16be"))
_UNREAD = (
    (_both("xyz12"), "X'Y'Z' of a digital cinema package, not RGB", _DCP),
    (_BAYER, "a camera's undeveloped mosaic", _DEVELOP),
    (_both(_FLOATS), "float video", _FRAMES),
    (_both("gbrap32 rgb96 rgba128 gray32"), "32-bit integers", _FRAMES),
    ("rgb8 bgr8 rgb4 bgr4 rgb444le rgb444be bgr444le bgr444be rgb555be bgr555be rgb565be bgr565be",
     "fewer than 8 bits per color, in a layout that can't be read exactly", _CONVERT),
    ("y210be y212be y216be xv30be v30xbe x2rgb10be x2bgr10be", "in a layout that no decoder produces", _CONVERT),
    ("amf cuda d3d11 d3d11va_vld d3d12 drm_prime dxva2_vld mediacodec mmal ohcodec opencl qsv vaapi vdpau "
     "videotoolbox_vld vulkan", "frames in GPU memory, not pixels", _CONVERT),
)  # fmt: skip


def _planar_rgb(name: str, bits: int) -> PixelFormat:
    """Read directly: swscale changes codes when it converts planes with alpha, and those at the top of their words."""
    return PixelFormat("rgb", bits, "", 16 - bits if "msb" in name else 0)


def _table() -> dict[str, PixelFormat]:
    full_bytes: dict[Model, str] = {"ycbcr": "yuv444p", "rgb": "rgb24", "grey": "gray"}
    full_words: dict[Model, str] = {"ycbcr": "yuv444p{}le", "rgb": "gbrp{}le", "grey": "gray{}le"}
    refused = REFUSED.keys()
    table = {
        name: PixelFormat(model, 8, full_bytes[model]) for model, names in _BYTES.items() for name in names.split()
    }
    for model, depths in _WORDS.items():
        for bits, names in depths.items():
            words = [f"{name}{end}" for name in names.split() for end in _ENDS if f"{name}{end}" not in refused]
            table |= {word: PixelFormat(model, bits, full_words[model].format(bits)) for word in words}
    return table | {name: _planar_rgb(name, form.bits) for name, form in table.items() if name.startswith("gbr")}


REFUSED: dict[str, tuple[str, str]] = {name: (what, hint) for names, what, hint in _UNREAD for name in names.split()}
"""What it is, and how to fix it."""
READ: dict[str, PixelFormat] = _table()


_COVER = 0x400 | 0x800
"""FFmpeg's dispositions of cover art and of thumbnails, which phones and catalogues put before the picture."""


def picture_streams(container: InputContainer) -> list[VideoStream]:
    """Streams of moving pictures, in the file's order: the first one is read."""
    return [stream for stream in container.streams.video if not stream.disposition & _COVER]
