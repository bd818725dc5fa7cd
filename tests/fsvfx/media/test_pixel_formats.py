"""Every pixel format of the decoder's list is read to the code, or refused by name."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from av.video.format import names
from av.video.reformatter import ColorRange, VideoReformatter
from footage import ffmpeg, shot_job

from fsvfx.errors import PlateError
from fsvfx.media import open_plate
from fsvfx.media.headers import HeaderError
from fsvfx.media.video import rgb as video_rgb
from fsvfx.media.video.formats import READ, REFUSED, pixel_format

_PACKED = {
    "yuyv422": "YUYV", "yvyu422": "YVYU", "uyvy422": "UYVY", "uyyvyy411": "UYYVYY", "ayuv": "AYUV", "uyva": "UYVA",
    "vuya": "VUYA", "vuyx": "VUYA", "vyu444": "VYU", "y210": "YUYV", "y212": "YUYV", "y216": "YUYV", "xv36": "UYVA",
    "xv48": "UYVA", "ayuv64": "AYUV", "rgb24": "RGB", "bgr24": "BGR", "rgba": "RGBA", "bgra": "BGRA", "argb": "ARGB",
    "abgr": "ABGR", "rgb0": "RGBA", "bgr0": "BGRA", "0rgb": "ARGB", "0bgr": "ABGR", "rgb48": "RGB", "bgr48": "BGR",
    "rgba64": "RGBA", "bgra64": "BGRA", "ya8": "YA", "ya16": "YA",
}  # fmt: skip
"""The order of codes in words, as ffmpeg's pixfmt.h has it."""
_TOPMOST = {"y210": 6, "y212": 4, "xv36": 4}
"""Unused bits below the code."""
_BITFIELDS = {
    "xv30": (32, {"V": 20, "Y": 10, "U": 0}), "v30x": (32, {"V": 22, "Y": 12, "U": 2}),
    "x2rgb10": (32, {"R": 20, "G": 10, "B": 0}), "x2bgr10": (32, {"B": 20, "G": 10, "R": 0}),
    "rgb565": (16, {"R": 11, "G": 5, "B": 0}), "bgr565": (16, {"B": 11, "G": 5, "R": 0}),
    "rgb555": (16, {"R": 10, "G": 5, "B": 0}), "bgr555": (16, {"B": 10, "G": 5, "R": 0}),
    "rgb4_byte": (8, {"R": 3, "G": 1, "B": 0}), "bgr4_byte": (8, {"B": 3, "G": 1, "R": 0}),
}  # fmt: skip
_KR_KB = {1: (0.2126, 0.0722), 6: (0.299, 0.114), 9: (0.2627, 0.0593)}


def flat(name: str, codes: dict[str, int]) -> av.VideoFrame:
    """A frame of one colour, written by the format's own layout."""
    frame = av.VideoFrame(34, 18, name)
    base = name[:-2] if name[-2:] in ("le", "be") else name
    codes = {"A": 77, **codes}
    bits = max(component.bits for component in frame.format.components)
    size = 8 if bits <= 8 else 16
    if base in _PACKED:
        layout = {0: (size, [codes[kind] << _TOPMOST.get(base, 0) for kind in _PACKED[base]])}
    elif base in _BITFIELDS:
        size, places = _BITFIELDS[base]
        layout = {0: (size, [sum(codes[kind] << place for kind, place in places.items())])}
    elif base.startswith("mono"):
        layout = {0: (8, [255 * (codes["Y"] ^ (base == "monow"))])}
    else:
        layout = _planar(frame, base, codes, bits)
    for index, plane in enumerate(frame.planes):
        size, words = layout[index]
        kind = np.dtype(f"{'>' if name.endswith('be') else '<'}u{size // 8}")
        row = np.resize(np.array(words), plane.line_size * 8 // size).astype(kind)
        plane.update(np.tile(row, plane.buffer_size // plane.line_size).tobytes())
    return frame


def _planar(frame: av.VideoFrame, base: str, codes: dict[str, int], bits: int) -> dict[int, tuple[int, list[int]]]:
    kinds = "RGBA" if frame.format.is_rgb else "YUVA"
    up = 16 - bits if bits > 8 and ("msb" in base or base.startswith("p")) else 0
    layout: dict[int, tuple[int, list[int]]] = {}
    for component, kind in zip(frame.format.components, kinds):
        _, words = layout.setdefault(component.plane, (8 if bits <= 8 else 16, []))
        words.append(codes[kind] << up)
    if base in ("nv21", "nv42"):
        layout[1][1].reverse()
    return layout


def by_the_book(codes: dict[str, int], matrix: int, full: bool, bits: int) -> np.ndarray:
    """ITU-T H.273, equations 20 to 45, in float: RGB in [0, 1]."""
    unit, span = 2 ** (bits - 8), 2**bits - 1
    y, u, v = codes["Y"], codes["U"] - 128 * unit, codes["V"] - 128 * unit
    luma, cb, cr = (y / span, u / span, v / span) if full else ((y / unit - 16) / 219, u / unit / 224, v / unit / 224)
    kr, kb = _KR_KB[matrix]
    red, blue = luma + 2 * (1 - kr) * cr, luma + 2 * (1 - kb) * cb
    return np.clip([red, (luma - kr * red - kb * blue) / (1 - kr - kb), blue], 0, 1)


def rgb_of(frame: av.VideoFrame) -> np.ndarray:
    rgb = video_rgb.to_rgb(frame, VideoReformatter())
    assert rgb.shape == (18, 34, 3)
    assert rgb.dtype == video_rgb.depth(frame)
    assert (rgb == rgb[0, 0]).all()
    return rgb[0, 0] / np.iinfo(rgb.dtype).max


def test_the_table_has_the_decoders_whole_list() -> None:
    assert READ.keys() | REFUSED.keys() == set(names)
    assert not READ.keys() & REFUSED.keys()


@pytest.mark.parametrize("name", [name for name, form in READ.items() if form.model == "ycbcr"])
def test_ycbcr_by_the_book(name: str) -> None:
    bits = READ[name].bits
    for share, (matrix, full) in enumerate([(1, False), (6, True), (9, False), (1, True)], 1):
        full = full or name.startswith("yuvj")
        codes = {kind: round((0.3 + 0.1 * at + 0.05 * share) * (2**bits - 1)) for at, kind in enumerate("YUV")}
        frame = flat(name, codes)
        frame.colorspace = matrix
        frame.color_range = ColorRange.JPEG if full else ColorRange.MPEG
        white = 255 if bits == 8 else 65535
        np.testing.assert_allclose(rgb_of(frame) * white, by_the_book(codes, matrix, full, bits) * white, atol=0.52)


@pytest.mark.parametrize("name", [name for name, form in READ.items() if form.model == "rgb" and name != "pal8"])
def test_rgb_to_the_code(name: str) -> None:
    components = av.VideoFormat(name, 8, 8).components
    tops = {kind: 2 ** components[at].bits - 1 for at, kind in enumerate("RGB")}
    white = 255 if READ[name].bits == 8 else 65535
    for red, green, blue in ((0, 0, 0), (1, 1, 1), (0.8, 0.31, 0.12), (0.05, 0.6, 0.97)):
        codes = {kind: round(tops[kind] * share) for kind, share in zip("RGB", (red, green, blue))}
        wanted = [codes[kind] / tops[kind] * white for kind in "RGB"]
        # 5 and 6 bits become 8 by repeating their upper bits.
        np.testing.assert_allclose(
            rgb_of(flat(name, codes)) * white, wanted, atol=0.75 if max(tops.values()) < 255 else 0.51
        )


@pytest.mark.parametrize("name", [name for name, form in READ.items() if form.model == "grey"])
def test_grey_by_its_range(name: str) -> None:
    bits = av.VideoFormat(name, 8, 8).components[0].bits
    for share in (0, 1, 0.25, 0.7):
        frame = flat(name, {"Y": round(share * (2**bits - 1))})
        np.testing.assert_allclose(rgb_of(frame), round(share * (2**bits - 1)) / (2**bits - 1), atol=2e-5)
        if bits >= 8:
            frame.color_range = ColorRange.MPEG
            unit = 2 ** (bits - 8)
            wanted = np.clip((round(share * (2**bits - 1)) / unit - 16) / 219, 0, 1)
            np.testing.assert_allclose(rgb_of(frame), wanted, atol=0.002 if bits == 8 else 1e-5)


def test_a_palette() -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (4, 3))
    frame = av.VideoFrame(34, 18, "pal8")
    frame.planes[0].update(bytes([3]) * frame.planes[0].buffer_size)
    palette = np.zeros((256, 4), np.uint8)
    palette[:4] = np.column_stack([rgb[:, ::-1], np.full(4, 255)])
    frame.planes[1].update(palette.tobytes())
    np.testing.assert_array_equal(rgb_of(frame) * 255, rgb[3])


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_the_rest_is_refused_by_name(name: str) -> None:
    with pytest.raises(HeaderError) as told:
        pixel_format(name)
    assert told.value.what.startswith(f"its pixels are {name}: ")
    assert told.value.hint


def test_a_format_of_a_later_decoder_is_refused() -> None:
    with pytest.raises(HeaderError, match="its pixels are yuv555p3: an unknown format"):
        pixel_format("yuv555p3")


_SOURCE = ["-f", "lavfi", "-i", "testsrc2=s=96x64:r=24:d=0.25"]


@pytest.mark.parametrize(
    ("name", "how", "says"),
    [
        ("dcp.mxf", ["-c:v", "libopenjpeg", "-profile:v", "cinema2k", "-pix_fmt", "xyz12le"], "X'Y'Z'.*DCP-o-matic"),
        ("dcp.mov", ["-c:v", "libopenjpeg", "-profile:v", "cinema4k", "-pix_fmt", "xyz12le"], "xyz12le"),
    ],
)
def test_what_is_not_read_is_told_when_the_plate_is_opened(
    name: str, how: list[str], says: str, tmp_path: Path
) -> None:
    ffmpeg(*_SOURCE, *how, tmp_path / name)
    with pytest.raises(PlateError, match=says) as told:
        open_plate(shot_job(tmp_path / name, "1001-1004"))
    assert name in str(told.value)


@pytest.mark.parametrize(
    ("name", "how", "dtype"),
    [
        ("a.mov", ["-c:v", "prores_ks", "-pix_fmt", "yuva444p10le"], np.uint16),
        ("a.mkv", ["-c:v", "ffv1", "-pix_fmt", "gbrap12le"], np.uint16),
        ("b.mkv", ["-c:v", "ffv1", "-pix_fmt", "gbrp16le"], np.uint16),
        ("c.mkv", ["-c:v", "utvideo", "-pix_fmt", "gbrp"], np.uint8),
        ("d.mkv", ["-c:v", "magicyuv", "-pix_fmt", "gbrap"], np.uint8),
        ("a.avi", ["-c:v", "rawvideo", "-pix_fmt", "bgr24"], np.uint8),
        ("b.mov", ["-c:v", "v210", "-pix_fmt", "yuv422p10le"], np.uint16),
        ("c.mov", ["-c:v", "qtrle", "-pix_fmt", "rgb555be"], np.uint8),
        ("d.mov", ["-c:v", "r210", "-pix_fmt", "gbrp10le"], np.uint16),
        ("e.mov", ["-c:v", "png", "-pix_fmt", "rgb48be"], np.uint16),
    ],
)
def test_codecs_of_many_kinds(name: str, how: list[str], dtype: type, tmp_path: Path) -> None:
    """The same picture from each, as near as its depth and chroma allow."""
    ffmpeg(*_SOURCE, "-sws_flags", "accurate_rnd+full_chroma_int", *how, tmp_path / name)
    ffmpeg(*_SOURCE, "-c:v", "png", "-pix_fmt", "rgb24", tmp_path / "wanted.mov")
    read = next(open_plate(shot_job(tmp_path / name, "1001-1004")).pictures([1002]))
    wanted = next(open_plate(shot_job(tmp_path / "wanted.mov", "1001-1004")).pictures([1002]))
    assert read.dtype == dtype
    apart = np.abs(read / np.iinfo(dtype).max - wanted / 255)
    assert np.median(apart) < 0.02
