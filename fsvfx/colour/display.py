"""The conversion to display and back, for engines; and pictures for viewing.

Display space here: linear Rec.709 primaries, exposure, a shoulder per channel that maps [knee, 64] to [knee, 1], then
the sRGB curve. Engines were trained on such pictures, so crops use Rec.709 primaries whatever the comp's. Scene colors
outside Rec.709 go below 0 or above 1 and are restored on the way back: each curve is odd-symmetric.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from fsvfx.colour.conversion import rec709_matrix
from fsvfx.colour.curves import CEILING, shoulder, srgb, to_display, to_light, unshoulder, unsrgb
from fsvfx.colour.named import ColourConfig
from fsvfx.colour.planes import Planes, by_blocks, half_of, mixed
from fsvfx.colour.spaces import check_space, comp_space, encoding

Floats = NDArray[np.floating]
Floats32 = NDArray[np.float32]


def encode(linear: Floats, config: ColourConfig, comp: str, exposure: float = 0.0) -> Floats:
    """Comp space (..., 3) to display: float32, or float64 if ``linear`` is.

    ``exposure`` is in stops; grays from 0 to ``64 * 2**-exposure`` fill [0, 1]. ``decode`` restores the input, to half
    an ulp of half float over [-0.05, 64]: in float64 for each channel; in float32 relative to the pixel's largest
    channel, since the primaries mix them.
    """
    matrix = rec709_matrix(config, check_space(config, comp)) * 2.0**exposure

    def shown(light: Planes) -> Planes:
        return _curve(mixed(light, matrix), to_display, lambda x: srgb(shoulder(x)))

    return by_blocks(linear, _precision(linear), shown, out=_precision(linear))


def decode(display: Floats, config: ColourConfig, comp: str, exposure: float = 0.0) -> Floats:
    """The inverse of ``encode``. Finite for all finite values."""
    matrix = np.linalg.inv(rec709_matrix(config, check_space(config, comp))) / 2.0**exposure

    def light(shown: Planes) -> Planes:
        return mixed(_curve(shown, to_light, lambda x: unshoulder(unsrgb(x))), matrix)

    with np.errstate(invalid="ignore"):  # NaN passes
        return by_blocks(display, _precision(display), light, out=_precision(display))


def preview(comp_frame: Floats, plate_space: str, config: ColourConfig, exposure: float = 0.0) -> NDArray[np.uint8]:
    """A comp (..., 3) for viewing: sRGB, uint8.

    Display-referred plates keep their look, clipped to the display; for scene-linear and log plates highlights roll off
    as in ``encode``. ``exposure`` in stops. A quick look, not the show's viewing transform.
    """
    matrix = rec709_matrix(config, comp_space(config, plate_space)) * 2.0**exposure
    table = _preview_table(encoding(config, plate_space) != "sdr-video")

    def looked_up(light: Planes) -> NDArray[np.uint8]:
        shown: NDArray[np.uint8] = np.take(table, half_of(mixed(light, matrix)).view(np.uint16), mode="clip")
        return shown

    with np.errstate(invalid="ignore", over="ignore"):  # EXR may contain NaN and infinities
        return by_blocks(comp_frame, np.float32, looked_up, out=np.uint8)


@lru_cache(maxsize=2)
def _preview_table(rolls_off: bool) -> NDArray[np.uint8]:
    """sRGB of every half float; NaN is black."""
    halves = np.arange(65536, dtype=np.uint16).view(np.float16).astype(np.float64)
    light = np.clip(np.nan_to_num(halves, nan=0.0), 0.0, CEILING)
    shown = srgb(shoulder(light) if rolls_off else np.minimum(light, 1.0))
    table: NDArray[np.uint8] = np.rint(np.clip(shown, 0.0, 1.0) * 255.0).astype(np.uint8)
    return table


def _precision(given: Floats) -> type[np.floating]:
    return np.float64 if given.dtype == np.float64 else np.float32


def _curve(values: Planes, table: Callable[[Floats32], Floats32], formula: Callable[[Planes], Planes]) -> Planes:
    """float32 by ``table``, for non-negative values; float64 by ``formula``."""
    if values.dtype != np.float32:
        return formula(values)
    if values.min(initial=0.0) >= 0:
        return table(values)
    return np.copysign(table(np.abs(values)), values)
