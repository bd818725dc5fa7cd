"""A plate's colour: into comp space, to display and back, and pictures to look at."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fsvfx.colour.config import DEFAULT_CONFIG, ColourConfig
from fsvfx.colour.convert import channel_tables, convert
from fsvfx.colour.display import Floats, decode, encode, preview
from fsvfx.colour.planes import from_half, to_half
from fsvfx.colour.spaces import check_space, comp_space, encoding
from fsvfx.errors import PlateError
from schemas.job import ShotJob

_ROWS = 64


@dataclass(frozen=True)
class PlateColour:
    """How a plate's pixels are read.

    space: as the manifest names it, in ``config``. exposure: in stops, for what engines and people look at; comps
    stay as they are. All methods raise InputError for a space or config that does not exist.
    """

    space: str
    config: ColourConfig = DEFAULT_CONFIG
    exposure: float = 0.0

    @classmethod
    def of(cls, job: ShotJob) -> PlateColour:
        return cls(job.shot.plate.color_space, ColourConfig.of(job), job.shot.plate.exposure)

    @property
    def name(self) -> str:
        """The space, by the config's own name."""
        return check_space(self.config, self.space)

    @property
    def comp_space(self) -> str:
        """Where its comps are made: its own space if that is scene-linear, else the role ``scene_linear``."""
        return comp_space(self.config, self.space)

    @property
    def as_shot(self) -> PlateColour:
        """The same without exposure."""
        return replace(self, exposure=0.0)

    def to_comp(self, frame: NDArray[np.generic]) -> NDArray[np.float16]:
        """A plate frame (H, W, 3), or a piece of one, in comp space: see `plate_to_comp`."""
        return plate_to_comp(frame, self.space, self.config)

    def from_comp(self, rgb: NDArray[np.floating], space: str) -> NDArray[np.float32]:
        """Comp space (..., 3) to ``space``."""
        return convert(rgb, self.comp_space, space, self.config)

    def encode(self, comp: Floats) -> Floats:
        """Comp space (..., 3) to display: see `fsvfx.colour.encode`."""
        return encode(comp, self.config, self.comp_space, self.exposure)

    def decode(self, display: Floats) -> Floats:
        """Display (..., 3) to comp space: the inverse of ``encode``."""
        return decode(display, self.config, self.comp_space, self.exposure)

    def preview(self, comp: Floats) -> NDArray[np.uint8]:
        """A comp (..., 3) to look at, sRGB: see `fsvfx.colour.preview`."""
        return preview(comp, self.space, self.config, self.exposure)

    def look(self, frame: NDArray[np.generic]) -> NDArray[np.uint8]:
        """A plate frame (H, W, 3), sRGB, for models that were trained on video.

        Without exposure, 8-bit plates that were made for a display stay as they are.
        """
        if frame.dtype == np.uint8 and not self.exposure and encoding(self.config, self.space) == "sdr-video":
            return frame.astype(np.uint8, copy=False)
        return self.preview(self.to_comp(frame))

    def display(self, frame: NDArray[np.generic]) -> NDArray[np.float32]:
        """A plate frame, or a piece of one, as engines see it: display light in [0, 1]."""
        comp = from_half(self.to_comp(frame))
        if not np.isfinite(comp.sum(dtype=np.float64)):
            comp = np.nan_to_num(comp)
        shown = self.encode(comp)
        return np.clip(shown, 0.0, 1.0, out=shown, dtype=np.float32)


def plate_to_comp(frame: NDArray[np.generic], plate_space: str, config: ColourConfig) -> NDArray[np.float16]:
    """A plate frame (H, W, 3), uint8, uint16 or float16 in ``plate_space``, in comp space as half.

    The one way from plate to comp: whatever is made from the same frame has the same bits. A half frame in a
    scene-linear space comes back as it is, NaN and infinities included. Integer codes are read as code / maximum.
    Values beyond half's range are held at its ends. PlateError for another dtype or shape.
    """
    if frame.ndim != 3 or frame.shape[2] != 3:
        raise PlateError(
            f"A plate frame is {frame.shape}", hint="Plates are pictures of three channels, red green blue"
        )
    source, target = check_space(config, plate_space), comp_space(config, plate_space)
    if frame.dtype == np.float16:
        half = frame.astype(np.float16, copy=False)
        return half if source == target else to_half(convert(half, source, target, config))
    if frame.dtype not in (np.uint8, np.uint16):
        raise PlateError(f"A plate frame is {frame.dtype}", hint="Plates are uint8, uint16 or float16")
    return _from_codes(frame, source, target, config)


def _from_codes(frame: NDArray[np.generic], source: str, target: str, config: ColourConfig) -> NDArray[np.float16]:
    levels = (255 if frame.dtype == np.uint8 else 65535) + 1
    tables = channel_tables(config, source, target, levels)
    out = np.empty(frame.shape, np.float16)
    for top in range(0, frame.shape[0], _ROWS):  # some rows at a time: stays in the processor's cache
        codes = frame[top : top + _ROWS]
        if tables is None:
            scaled = codes.astype(np.float32) / np.float32(levels - 1)
            out[top : top + _ROWS] = to_half(convert(scaled, source, target, config))
        else:
            _looked_up(codes, tables, out[top : top + _ROWS])
    return out


def _looked_up(codes: NDArray[np.generic], tables: NDArray[np.float32], out: NDArray[np.float16]) -> None:
    """Plane by plane: what red, green and blue add to it."""
    parts = [np.ascontiguousarray(codes[..., channel]) for channel in range(3)]
    for channel in range(3):
        plane = np.take(tables[0, channel], parts[0], mode="clip")
        plane += np.take(tables[1, channel], parts[1], mode="clip")
        plane += np.take(tables[2, channel], parts[2], mode="clip")
        out[..., channel] = to_half(plane)
