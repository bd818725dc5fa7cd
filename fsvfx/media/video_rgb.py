"""Decoded frames to RGB, full range: by the stream's own matrix and range, the same bytes on every machine.

Chroma is brought to full size by swscale (bicubic, bit-exact), the matrix is applied here: swscale's own reaches only
99.6 % of white for 10-bit video. 8-bit video gives uint8; 9 to 16 bits give uint16, white = 65535.
A stream that names no matrix is read as BT.709 from 1280 pixels wide or over 576 lines on, as BT.601 below.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Interpolation, VideoReformatter
from numpy.typing import NDArray

from fsvfx.stages.contract import Array

_EXACT = Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.BITEXACT
_UNSPECIFIED = 2
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
    """uint8 or uint16, as ``to_rgb`` gives it."""
    return np.dtype(np.uint8 if _bits(frame) <= 8 else np.uint16)


def matrix_of(frame: VideoFrame) -> int:
    """The H.273 matrix that applies. ValueError names one that is not supported."""
    if frame.format.is_rgb or frame.colorspace == 0:
        return 0
    matrix = int(frame.colorspace)
    if matrix == _UNSPECIFIED:
        return 1 if frame.width >= 1280 or frame.height > 576 else 6
    if matrix not in _LUMA:
        raise ValueError(f"its colour matrix (H.273 code {matrix}) is not supported")
    return matrix


def is_assumed(frame: VideoFrame) -> bool:
    """Whether the matrix comes from the picture's size only."""
    return not frame.format.is_rgb and int(frame.colorspace) == _UNSPECIFIED


def has_alpha(frame: VideoFrame) -> bool:
    return any(component.is_alpha for component in frame.format.components)


def to_rgb(frame: VideoFrame, reformatter: VideoReformatter) -> Array:
    """(H, W, 3) uint8 or uint16 RGB, full range, as coded (not turned). ValueError: format not supported."""
    if frame.format.is_rgb or frame.format.has_palette:
        return _from_rgb(frame, reformatter)
    if frame.format.name.startswith(("gray", "ya")):
        return _from_grey(frame, reformatter)
    full = frame.color_range == ColorRange.JPEG or frame.format.name.startswith("yuvj")
    span = ColorRange.JPEG if full else ColorRange.MPEG
    bits = _bits(frame)
    wide = reformatter.reformat(
        frame,
        format="yuv444p" if bits == 8 else f"yuv444p{bits}le",
        src_color_range=span,
        dst_color_range=span,
        src_colorspace=1,
        dst_colorspace=1,
        interpolation=_EXACT,
        threads=1,
    )
    # OpenCV rounds 8-bit sums coarsely, 16-bit ones properly.
    rgb: NDArray[Any] = cv2.transform(_planes(wide).astype(np.uint16), _to_rgb(matrix_of(frame), full, bits))
    return cv2.convertScaleAbs(rgb) if bits == 8 else rgb


def _planes(frame: VideoFrame) -> NDArray[Any]:
    """(H, W, planes) of codes; read by hand as PyAV hands out deep formats of few kinds only."""
    kind = np.dtype(np.uint8 if _bits(frame) <= 8 else "<u2")
    planes: list[NDArray[Any]] = [
        np.frombuffer(memoryview(plane), kind).reshape(plane.height, -1)[:, : plane.width] for plane in frame.planes
    ]
    return cv2.merge(planes) if len(planes) > 1 else planes[0][..., None]


def _from_grey(frame: VideoFrame, reformatter: VideoReformatter) -> Array:
    """Full range unless the stream says otherwise, as ffmpeg has it."""
    bits = _bits(frame)
    form = "gray" if bits <= 8 else f"gray{bits}le"
    codes = _planes(reformatter.reformat(frame, format=form, interpolation=_EXACT, threads=1))
    black, white = (16, 235) if frame.color_range == ColorRange.MPEG else (0, 255 + (1 - 2.0 ** (8 - bits)))
    top = 255 if bits <= 8 else 65535
    share = (codes / 2 ** (bits - 8) - black) / (white - black)
    grey = np.rint(np.clip(share, 0, 1) * top).astype(depth(frame))
    return np.repeat(grey, 3, axis=2)


def _from_rgb(frame: VideoFrame, reformatter: VideoReformatter) -> Array:
    bits = _bits(frame)
    if "f" in frame.format.name.removeprefix("gbr").removeprefix("ap"):
        raise ValueError("float video is not supported")
    form = "rgb24" if bits <= 8 else "rgb48le" if bits == 16 else f"gbrp{bits}le"
    coded: NDArray[Any] = reformatter.reformat(frame, format=form, interpolation=_EXACT, threads=1).to_ndarray()
    return coded if bits <= 8 or bits == 16 else np.rint(coded * (65535 / (2**bits - 1))).astype(np.uint16)


def _bits(frame: VideoFrame) -> int:
    return max(component.bits for component in frame.format.components)


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
