"""YCbCr to RGB by the stream's own matrix and range, at the depth that the video has."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange, VideoReformatter
from footage import ffmpeg, shot_job, write_video
from hypothesis import given, settings
from hypothesis import strategies as st

from fsvfx.errors import PlateError
from fsvfx.media import open_plate
from fsvfx.media.video import rgb as video_rgb

BITS = {"yuv420p": 8, "yuv444p": 8, "yuv422p10le": 10, "yuv420p10le": 10, "yuv444p12le": 12}
KR_KB = {1: (0.2126, 0.0722), 6: (0.299, 0.114), 9: (0.2627, 0.0593)}


def flat(pix_fmt: str, codes: tuple[int, int, int], matrix: int, full: bool, size: tuple[int, int] = (16, 16)):
    frame = av.VideoFrame(*size, pix_fmt)
    for plane, code in zip(frame.planes, codes, strict=True):
        deep = "10" in pix_fmt or "12" in pix_fmt
        plane.update(np.full(plane.buffer_size // (2 if deep else 1), code, np.uint16 if deep else np.uint8).tobytes())
    frame.colorspace = matrix
    frame.color_range = ColorRange.JPEG if full else ColorRange.MPEG
    return frame


def by_the_book(codes: tuple[int, int, int], matrix: int, full: bool, bits: int) -> np.ndarray:
    """ITU-T H.273 equations 20 to 45, in float: RGB in [0, 1]."""
    unit = 2 ** (bits - 8)
    y, u, v = codes
    if full:
        span = 2**bits - 1
        luma, cb, cr = y / span, (u - 128 * unit) / span, (v - 128 * unit) / span
    else:
        luma, cb, cr = (y / unit - 16) / 219, (u / unit - 128) / 224, (v / unit - 128) / 224
    kr, kb = KR_KB[matrix]
    red, blue = luma + 2 * (1 - kr) * cr, luma + 2 * (1 - kb) * cb
    return np.clip([red, (luma - kr * red - kb * blue) / (1 - kr - kb), blue], 0, 1)


@settings(deadline=None)
@given(
    matrix=st.sampled_from(sorted(KR_KB)),
    full=st.booleans(),
    form=st.sampled_from(list(BITS.items())),
    shares=st.tuples(*[st.floats(0.1, 0.9)] * 3),
)
def test_flat_colours_are_right_to_the_rounding(
    matrix: int, full: bool, form: tuple[str, int], shares: tuple[float, float, float]
) -> None:
    pix_fmt, bits = form
    codes = tuple(round(share * (2**bits - 1)) for share in shares)
    rgb = video_rgb.to_rgb(flat(pix_fmt, codes, matrix, full), VideoReformatter())
    white = 255 if bits == 8 else 65535
    wanted = by_the_book(codes, matrix, full, bits) * white
    assert rgb.dtype == (np.uint8 if bits == 8 else np.uint16)
    np.testing.assert_allclose(rgb[8, 8], wanted, atol=0.52)


@pytest.mark.parametrize(("pix_fmt", "white"), [("yuv420p", 235), ("yuv420p10le", 940), ("yuv444p12le", 3760)])
def test_white_reaches_the_top_and_black_the_bottom(pix_fmt: str, white: int) -> None:
    unit = white // 235
    for luma, wanted in ((white, 1.0), (16 * unit, 0.0)):
        rgb = video_rgb.to_rgb(flat(pix_fmt, (luma, 128 * unit, 128 * unit), 1, False), VideoReformatter())
        assert (rgb == wanted * np.iinfo(rgb.dtype).max).all()


@pytest.mark.parametrize(("size", "matrix"), [((720, 576), 6), ((1280, 544), 1), ((640, 1136), 1)])
def test_a_stream_without_a_matrix_is_read_by_its_size(size: tuple[int, int], matrix: int) -> None:
    unspecified = flat("yuv420p", (120, 90, 180), 2, False, size)
    named = flat("yuv420p", (120, 90, 180), matrix, False, size)
    reformatter = VideoReformatter()
    assert video_rgb.is_assumed(unspecified)
    np.testing.assert_array_equal(video_rgb.to_rgb(unspecified, reformatter), video_rgb.to_rgb(named, reformatter))


@pytest.mark.parametrize(
    ("pix_fmt", "codes", "wanted"),
    [
        ("gbrp", (10, 20, 30), (30, 10, 20)),
        ("gbrp10le", (0, 512, 1023), (65535, 0, 32800)),
        ("gray", (255,), (255,) * 3),
    ],
)
def test_rgb_and_grey(pix_fmt: str, codes: tuple[int, ...], wanted: tuple[int, ...]) -> None:
    """Coded planes are G, B, R."""
    rgb = video_rgb.to_rgb(flat(pix_fmt, codes, 2, True), VideoReformatter())
    np.testing.assert_allclose(rgb[8, 8], wanted, atol=1)


def test_grey_follows_its_range_tag() -> None:
    for full, wanted in ((True, (16, 235)), (False, (0, 255))):
        greys = [video_rgb.to_rgb(flat("gray", (code,), 2, full), VideoReformatter())[0, 0, 0] for code in (16, 235)]
        assert tuple(greys) == wanted


def test_an_unsupported_matrix_is_refused_by_name(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", 4, options={"x264-params": "colormatrix=YCgCo:log-level=none"})
    with pytest.raises(PlateError, match=r"matrix \(H.273 code 8\) is not supported") as told:
        open_plate(shot_job(path, "1001-1004"))
    command = told.value.hint.removeprefix("Convert it: ffmpeg ").split()
    names = {"IN": path, "OUT.mov": tmp_path / "out.mov"}
    ffmpeg(*(names.get(word, word) for word in command))
    assert len(list(open_plate(shot_job(tmp_path / "out.mov", "1001-1004")).pictures(range(1001, 1005)))) == 4


def test_ten_bit_video_gives_uint16_and_alpha_is_told(tmp_path: Path) -> None:
    ten = open_plate(
        shot_job(write_video(tmp_path / "a.mov", 4, codec="prores_ks", pix_fmt="yuv422p10le"), "1001-1004")
    )
    assert ten.info.dtype == np.uint16
    assert next(ten.pictures([1001])).dtype == np.uint16
    path = write_video(tmp_path / "b.mov", 4, codec="prores_ks", pix_fmt="yuva444p10le")
    assert "alpha is left out" in open_plate(shot_job(path, "1001-1004")).info.notes


def test_pixel_aspect_is_told(tmp_path: Path) -> None:
    info = open_plate(shot_job(write_video(tmp_path / "a.mp4", 4, aspect=Fraction(2)), "1001-1004")).info
    assert info.pixel_aspect == 2
    assert any("pixels are not square" in note for note in info.notes)
