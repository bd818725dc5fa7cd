"""Decoded frames to RGB, full range: with the stream's own matrix and range, the same bytes on every machine.

Chroma is scaled to full size by swscale (bicubic, bit-exact), the matrix is applied here: swscale's own reaches only
99.6 % of white for 10-bit video. 8-bit video becomes uint8; 9 to 16 bits become uint16, white = 65535. A stream that
names no matrix is read as BT.709 from 1280 pixels wide or over 576 lines, as BT.601 below. ``pixel_formats`` lists
every format, and which of the methods here it uses.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Interpolation, VideoReformatter
from numpy.typing import NDArray

from fsvfx.arrays import Array
from fsvfx.media.headers import HeaderError
from fsvfx.media.video.formats import PixelFormat, pixel_format

_EXACT = Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.BITEXACT
_UNNAMED = (0, 2, 3)
"""Unspecified, reserved, and RGB, which is impossible for YCbCr: containers write it if they know nothing."""
# Kr, Kb by the code points of ITU-T H.273, table 4 (MatrixCoefficients).
_LUMA = {
    1: (0.2126, 0.0722),
    4: (0.30, 0.11),
    5: (0.299, 0.114),
    6: (0.299, 0.114),
    7: (0.212, 0.087),
    9: (0.2627, 0.0593),
}


def depth(frame: VideoFrame) -> np.dtype[np.generic]:
    """uint8 or uint16, as returned by ``to_rgb``. HeaderError: an unsupported format."""
    return np.dtype(np.uint8 if pixel_format(frame.format.name).bits == 8 else np.uint16)


def matrix_of(frame: VideoFrame) -> int:
    """The H.273 matrix that applies. HeaderError names an unsupported matrix or format."""
    if pixel_format(frame.format.name).model != "ycbcr":
        return 0
    matrix = int(frame.colorspace)
    if matrix in _UNNAMED:
        return 1 if frame.width >= 1280 or frame.height > 576 else 6
    if matrix not in _LUMA:
        hint = "Convert it: ffmpeg -i IN -vf zscale=matrix=709 -c:v prores_ks -pix_fmt yuv444p10le -c:a copy OUT.mov"
        raise HeaderError(f"its color matrix (H.273 code {matrix}) is not supported", hint)
    return matrix


def is_assumed(frame: VideoFrame) -> bool:
    """Whether the matrix is derived only from the picture's size."""
    return pixel_format(frame.format.name).model == "ycbcr" and int(frame.colorspace) in _UNNAMED


def has_alpha(frame: VideoFrame) -> bool:
    return any(component.is_alpha for component in frame.format.components)


def to_rgb(frame: VideoFrame, reformatter: VideoReformatter) -> Array:
    """(H, W, 3) uint8 or uint16 RGB, full range, as coded (not rotated). HeaderError: matrix or format not
    supported."""
    form = pixel_format(frame.format.name)
    if form.model == "rgb":
        return _from_rgb(frame, form, reformatter)
    if form.model == "grey":
        return _from_grey(frame, form, reformatter)
    return _from_ycbcr(frame, form, reformatter)


def _from_ycbcr(frame: VideoFrame, form: PixelFormat, reformatter: VideoReformatter) -> Array:
    full = frame.color_range == ColorRange.JPEG or frame.format.name.startswith("yuvj")
    span = ColorRange.JPEG if full else ColorRange.MPEG
    wide = reformatter.reformat(
        frame,
        format=form.full,
        src_color_range=span,
        dst_color_range=span,
        src_colorspace=1,
        dst_colorspace=1,
        interpolation=_EXACT,
        threads=1,
    )
    codes = cv2.merge(_planes(wide, form)).astype(np.uint16)
    # OpenCV rounds 8-bit sums coarsely, 16-bit ones properly.
    rgb: NDArray[Any] = cv2.transform(codes, _to_rgb(matrix_of(frame), full, form.bits))
    return cv2.convertScaleAbs(rgb) if form.bits == 8 else rgb


def _planes(frame: VideoFrame, form: PixelFormat) -> list[NDArray[Any]]:
    """(H, W) codes of each plane; read by hand, as PyAV supports few of the deep formats."""
    word = ">u2" if frame.format.is_big_endian else "<u2"
    kind = np.dtype(np.uint8 if form.bits == 8 else word)
    whole = [np.frombuffer(memoryview(plane), kind).reshape(plane.height, -1) for plane in frame.planes]
    cut = [codes[:, : plane.width] for codes, plane in zip(whole, frame.planes)]
    return [(codes >> form.shift).astype(np.uint16) for codes in cut] if form.bits > 8 else cut


def _from_grey(frame: VideoFrame, form: PixelFormat, reformatter: VideoReformatter) -> Array:
    """Full range unless the stream says otherwise, like ffmpeg."""
    bits = form.bits
    codes = _planes(reformatter.reformat(frame, format=form.full, interpolation=_EXACT, threads=1), form)[0]
    black, white = (16, 235) if frame.color_range == ColorRange.MPEG else (0, 255 + (1 - 2.0 ** (8 - bits)))
    share = (codes / 2 ** (bits - 8) - black) / (white - black)
    grey = np.rint(np.clip(share, 0, 1) * (255 if bits == 8 else 65535)).astype(np.uint8 if bits == 8 else np.uint16)
    return np.repeat(grey[..., None], 3, axis=2)


def _from_rgb(frame: VideoFrame, form: PixelFormat, reformatter: VideoReformatter) -> Array:
    if form.full == "rgb24":
        coded: Array = reformatter.reformat(frame, format="rgb24", interpolation=_EXACT, threads=1).to_ndarray()
        return coded
    if form.full:
        frame = reformatter.reformat(frame, format=form.full, interpolation=_EXACT, threads=1)
    green, blue, red = _planes(frame, form)[:3]
    return _to_white(cv2.merge([red, green, blue]), form.bits)


def _to_white(codes: NDArray[Any], bits: int) -> Array:
    """Full-range codes: white becomes 255 for 8 bits, otherwise 65535."""
    if bits in (8, 16):
        return codes
    white: Array = np.rint(codes * (65535 / (2**bits - 1))).astype(np.uint16)
    return white


@lru_cache(maxsize=16)
def _to_rgb(matrix: int, full: bool, bits: int) -> NDArray[np.float32]:
    """(3, 4): YCbCr codes of ``bits`` depth, 1 -> RGB codes (255 or 65535 is white). H.273, equations 20 to 45."""
    unit = 2 ** (bits - 8)
    white = 255 if bits == 8 else 65535
    luma = white / (2**bits - 1) if full else white / (219 * unit)
    chroma = white / (2**bits - 1) if full else white / (224 * unit)
    black = 0 if full else 16 * unit
    kr, kb = _LUMA[matrix]
    kg = 1 - kr - kb
    turn = np.array(
        [
            [1, 0, 2 * (1 - kr)],
            [1, -2 * kb * (1 - kb) / kg, -2 * kr * (1 - kr) / kg],
            [1, 2 * (1 - kb), 0],
        ]
    ) * [luma, chroma, chroma]
    offset = -turn @ [black, 128 * unit, 128 * unit]
    return np.column_stack([turn, offset]).astype(np.float32)
