"""Codecs of the movies that are delivered: encoder, pixels, containers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

_LEVEL_62 = 16_888, 35_651_584
"""Of the highest level of H.264 (139 264 macroblocks) and of HEVC: beyond it, nothing has to play it."""
_THREADS = 4
"""Fixed, since x264's and x265's bytes change with the number of threads."""


@dataclass(frozen=True)
class Codec:
    """encoder, pixels, options: as ffmpeg calls them. bits: of what is encoded. smallest: width, height. largest: of a
    side, and pixels in all."""

    encoder: str
    pixels: str
    bits: int
    options: Mapping[str, str | int] = field(default_factory=dict)
    smallest: tuple[int, int] = (2, 2)
    largest: tuple[int, int] = (65_535, 65_535**2)


def codec_of(name: str, *, bits: int = 8, crf: int = 16) -> Codec:
    """``bits`` and ``crf`` count for h264 and hevc only. KeyError for a name that is none of schemas.deliver's."""
    if name == "h264":
        options: dict[str, str | int] = {"crf": crf, "preset": "medium", "threads": _THREADS}
        return Codec("libx264", _chroma_420(bits), bits, options, largest=_LEVEL_62)
    if name == "hevc":
        fixed = f"log-level=error:pools={_THREADS}:frame-threads=1"
        return Codec("libx265", _chroma_420(bits), bits, {"crf": crf, "x265-params": fixed, "tag:v": "hvc1"},
                     largest=_LEVEL_62)  # fmt: skip
    return _MASTERS[name]


def _chroma_420(bits: int) -> str:
    return "yuv420p" if bits == 8 else "yuv420p10le"


def _prores(profile: int, pixels: str = "yuv422p10le") -> Codec:
    return Codec("prores_ks", pixels, 10, {"profile:v": profile, "vendor": "apl0"})


def _dnxhr(profile: str, pixels: str, bits: int) -> Codec:
    return Codec("dnxhd", pixels, bits, {"profile:v": f"dnxhr_{profile}"}, (256, 120))


_MASTERS = {
    "prores": _prores(2),
    "prores_422": _prores(2),
    "prores_422_hq": _prores(3),
    "prores_4444": _prores(4, "yuv444p10le"),
    "dnxhr_sq": _dnxhr("sq", "yuv422p", 8),
    "dnxhr_hq": _dnxhr("hq", "yuv422p", 8),
    "dnxhr_hqx": _dnxhr("hqx", "yuv422p10le", 10),
    "dnxhr_444": _dnxhr("444", "yuv444p10le", 10),
}
