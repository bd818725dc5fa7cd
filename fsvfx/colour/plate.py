"""A plate's color: into comp space, to display and back, and pictures for viewing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsvfx.colour.conversion import Curves, channel_curves, convert
from fsvfx.colour.display import Floats, decode, encode, preview
from fsvfx.colour.named import DEFAULT_CONFIG, ColourConfig
from fsvfx.colour.planes import HALF_MAX, from_half, half_of, to_half
from fsvfx.colour.spaces import check_space, comp_space, encoding
from fsvfx.errors import PlateError
from schemas.job import ShotJob

_PIXELS = 32768
"""Pixels per block, so that they stay in the processor's cache."""
_INEXACT = 2e-4
"""Tolerance, in display light, for how much a code may depend on the others, because matrices are written with few
digits."""
_ROUNDING = 0.1
"""Codes by which half float's rounding changes a preview, on average, with a margin: measured up to 0.04."""


@dataclass(frozen=True)
class PlateColour:
    """How a plate's pixels are read.

    space: as named in the manifest, in ``config``. exposure: in stops, for what engines and people see; comps are not
    affected. All methods raise InputError for an unknown space or config.
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
        """The space of its comps: its own space if that is scene-linear, otherwise the role ``scene_linear``."""
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
        """A comp (..., 3) for viewing, sRGB: see `fsvfx.colour.preview`."""
        return preview(comp, self.space, self.config, self.exposure)

    def shown(self, frame: NDArray[np.generic]) -> NDArray[np.uint8]:
        """A plate frame (H, W, 3) as ``preview`` shows its comp, in a new array; without the half-float rounding of
        comp space in dark channels beside bright ones."""
        table = preview_codes(self.space, self.config, self.exposure) if frame.dtype == np.uint8 else None
        if table is None:
            return self.preview(self.to_comp(frame))
        import cv2

        return np.asarray(cv2.LUT(np.asarray(frame, np.uint8), table), np.uint8)

    def look(self, frame: NDArray[np.generic]) -> NDArray[np.uint8]:
        """A plate frame (H, W, 3), sRGB, for models that were trained on video.

        Without exposure, display-referred 8-bit plates are unchanged.
        """
        if frame.dtype == np.uint8 and not self.exposure and encoding(self.config, self.space) == "sdr-video":
            return frame.astype(np.uint8, copy=False)
        return self.preview(self.to_comp(frame))

    def display(self, frame: NDArray[np.generic]) -> NDArray[np.float32]:
        """A plate frame, or a piece of one, as engines see it: display light in [0, 1].

        The same as for its comp, but without the half-float rounding of 8-bit codes.
        """
        table = display_codes(self.space, self.config, self.exposure) if frame.dtype == np.uint8 else None
        if table is not None:
            import cv2

            return np.asarray(cv2.LUT(np.asarray(frame, np.uint8), table), np.float32)
        comp = from_half(self.to_comp(frame))
        if not np.isfinite(comp).all():
            comp = np.nan_to_num(comp, posinf=HALF_MAX, neginf=-HALF_MAX)
        shown = self.encode(comp)
        return np.clip(shown, 0.0, 1.0, out=shown, dtype=np.float32)


def plate_to_comp(frame: NDArray[np.generic], plate_space: str, config: ColourConfig) -> NDArray[np.float16]:
    """A plate frame (H, W, 3), uint8, uint16 or float16 in ``plate_space``, in comp space as half.

    The only conversion from plate to comp: everything made from the same frame has the same bits. A half frame in a
    scene-linear space is returned unchanged, including NaN and infinities. Integer codes are read as code / maximum.
    Values beyond half's range are clipped. PlateError for another dtype or shape.
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


@lru_cache(maxsize=8)
def preview_codes(plate_space: str, config: ColourConfig, exposure: float) -> NDArray[np.uint8] | None:
    """The preview of each code of 8-bit plates, (1, 256, 3); None if it depends on the other channels.

    So it is for plates with Rec.709's primaries. Tested, not assumed.
    """
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)[None]
    table = preview(plate_to_comp(ramp, plate_space, config), plate_space, config, exposure)
    codes = np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(np.uint8)
    wanted = preview(plate_to_comp(codes, plate_space, config), plate_space, config, exposure).astype(np.int16)
    found = np.stack([table[0, codes[..., channel], channel] for channel in range(3)], -1)
    if np.abs(wanted - found).mean() > _ROUNDING:
        return None
    table.setflags(write=False)
    return table


@lru_cache(maxsize=8)
def display_codes(plate_space: str, config: ColourConfig, exposure: float) -> NDArray[np.float32] | None:
    """The display value of each code of 8-bit plates, (1, 256, 3); None if it depends on the other channels.

    So it is for plates with Rec.709's primaries. Tested, not assumed.
    """
    space, comp = check_space(config, plate_space), comp_space(config, plate_space)

    def seen(codes: NDArray[np.uint8]) -> NDArray[np.float32]:
        light = convert(codes.astype(np.float32) / np.float32(255), space, comp, config).astype(np.float64)
        return np.clip(encode(light, config, comp, exposure), 0.0, 1.0).astype(np.float32)

    table = seen(np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)[None])
    codes = np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(np.uint8)
    found = np.stack([table[0, codes[..., channel], channel] for channel in range(3)], -1)
    if np.abs(seen(codes) - found).max() > _INEXACT:
        return None
    table.setflags(write=False)
    return table


def _from_codes(frame: NDArray[np.generic], source: str, target: str, config: ColourConfig) -> NDArray[np.float16]:
    levels = (255 if frame.dtype == np.uint8 else 65535) + 1
    found = channel_curves(config, source, target, levels)
    out = np.empty(frame.shape, np.float16)
    rows = max(1, _PIXELS // max(1, frame.shape[1]))
    for top in range(0, frame.shape[0], rows):
        codes, there = frame[top : top + rows], out[top : top + rows]
        if found is None:
            scaled = codes.astype(np.float32) / np.float32(levels - 1)
            there[:] = to_half(convert(scaled, source, target, config))
        else:
            _by_curves(codes, found, there)
    return out


def _by_curves(codes: NDArray[Any], found: Curves, out: NDArray[np.float16]) -> None:
    """Not OpenCV's transform: its bits depend on a pixel's position in the row."""
    import cv2

    light = [cv2.LUT(plane, curve[None]) for plane, curve in zip(cv2.split(codes), found.curves, strict=True)]
    part = np.empty_like(light[0])
    planes = []
    for shares, black in zip(found.matrix, found.black, strict=True):
        plane = light[0] * shares[0]
        plane += np.multiply(light[1], shares[1], out=part)
        plane += np.multiply(light[2], shares[2], out=part)
        if black:
            plane += black
        half = half_of(plane) if found.most <= HALF_MAX else to_half(plane)
        planes.append(half.view(np.int16))
    cv2.merge(planes, out.view(np.int16))
