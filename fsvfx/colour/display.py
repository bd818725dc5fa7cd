"""The way to display and back, for engines; and pictures to look at.

Display space here: linear Rec.709 primaries, exposure, a shoulder per channel that brings [knee, 64] into [knee, 1],
then the sRGB curve. Engines were trained on such pictures, so crops are shown to them in Rec.709 primaries whatever the
comp's. Scene colours outside Rec.709 go below 0 or above 1 and come back from there: each curve is odd-symmetric.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from fsvfx.colour.convert import linear_matrix
from fsvfx.colour.spaces import check_space, comp_space, encoding

Floats = NDArray[np.floating]

KNEE = 0.8
CEILING = 64.0
_REC709 = "lin_rec709"
_BLOCK = 65536
_SRGB_BREAK = 0.0031308
_SRGB_TOE = 12.92


def encode(linear: Floats, config: str, comp: str, exposure: float = 0.0) -> Floats:
    """Comp space (..., 3) to display: float32, or float64 where ``linear`` is.

    ``exposure`` is in stops; greys from 0 to ``64 * 2**-exposure`` fill [0, 1]. ``decode`` gives back what went in, to
    half an ulp of half float over [-0.05, 64]: in float64 each channel; in float32 as measured on the pixel's largest
    channel, since the primaries mix them.
    """
    light = _matrix(np.asarray(linear, np.float64), linear_matrix(config, comp, _space(config)))
    return _srgb(_shoulder(light * 2.0**exposure)).astype(_result(linear), copy=False)


def decode(display: Floats, config: str, comp: str, exposure: float = 0.0) -> Floats:
    """The inverse of ``encode``."""
    light = _unshoulder(_unsrgb(np.asarray(display, np.float64))) / 2.0**exposure
    matrix = np.linalg.inv(linear_matrix(config, comp, _space(config)))
    return _matrix(light, np.asarray(matrix, np.float64)).astype(_result(display), copy=False)


def preview(comp_frame: Floats, plate_space: str, config: str) -> NDArray[np.uint8]:
    """A comp (..., 3) to look at: sRGB, uint8.

    Plates that were made for a display come back as they looked, clipped to the display; for scene-linear and log
    plates highlights roll off as in ``encode``. A quick look, not the show's viewing transform.
    """
    matrix = linear_matrix(config, comp_space(config, plate_space), _space(config)).astype(np.float32)
    table = _preview_table(encoding(config, plate_space) != "sdr-video")
    pixels = comp_frame.reshape(-1, 3)
    out = np.empty(pixels.shape, np.uint8)
    with np.errstate(invalid="ignore", over="ignore"):  # EXR may hold NaN and infinities
        for start in range(0, len(pixels), _BLOCK):
            planes = np.ascontiguousarray(pixels[start : start + _BLOCK].T, dtype=np.float32)
            for channel, (red, green, blue) in enumerate(matrix):  # not BLAS, whose sums differ between machines
                light = (planes[0] * red + planes[1] * green + planes[2] * blue).astype(np.float16)
                out[start : start + _BLOCK, channel] = table[light.view(np.uint16)]
    return out.reshape(comp_frame.shape)


@lru_cache(maxsize=2)
def _preview_table(rolls_off: bool) -> NDArray[np.uint8]:
    """sRGB of every half float; NaN is black."""
    halves = np.arange(65536, dtype=np.uint16).view(np.float16).astype(np.float64)
    light = np.clip(np.nan_to_num(halves, nan=0.0), 0.0, CEILING)
    shown = _srgb(_shoulder(light) if rolls_off else np.minimum(light, 1.0))
    return np.rint(np.clip(shown, 0.0, 1.0) * 255.0).astype(np.uint8)


def _space(config: str) -> str:
    return check_space(config, _REC709)


def _result(given: Floats) -> type[np.floating]:
    return np.float64 if given.dtype == np.float64 else np.float32


def _matrix(rgb: NDArray[np.float64], matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    out: NDArray[np.float64] = np.einsum("...c,rc->...r", rgb, matrix)
    return out


@lru_cache(maxsize=1)
def _softness() -> float:
    """``s`` for which the shoulder leaves the knee with slope 1: ``s * log1p((64 - knee) / s) = 1 - knee``."""
    soft = 0.05
    for _ in range(100):
        soft = (1.0 - KNEE) / float(np.log1p((CEILING - KNEE) / soft))
    return soft


def _shoulder(light: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logarithmic above the knee: slope 1 there, 64 comes to 1."""
    soft = _softness()
    size = np.abs(light)
    bent = KNEE + soft * np.log1p(np.maximum(size - KNEE, 0.0) / soft)
    return np.copysign(np.where(size > KNEE, bent, size), light)


def _unshoulder(bent: NDArray[np.float64]) -> NDArray[np.float64]:
    soft = _softness()
    size = np.abs(bent)
    light = KNEE + soft * np.expm1(np.maximum(size - KNEE, 0.0) / soft)
    return np.copysign(np.where(size > KNEE, light, size), bent)


def _srgb(light: NDArray[np.float64]) -> NDArray[np.float64]:
    """IEC 61966-2-1."""
    size = np.abs(light)
    curved = 1.055 * np.power(np.maximum(size, _SRGB_BREAK), 1 / 2.4) - 0.055
    return np.copysign(np.where(size > _SRGB_BREAK, curved, size * _SRGB_TOE), light)


def _unsrgb(shown: NDArray[np.float64]) -> NDArray[np.float64]:
    size = np.abs(shown)
    curved = np.power((np.maximum(size, 0.04) + 0.055) / 1.055, 2.4)
    return np.copysign(np.where(size > _SRGB_BREAK * _SRGB_TOE, curved, size / _SRGB_TOE), shown)
