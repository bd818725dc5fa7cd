"""Clips of actors for tests: EXR, scene-linear, or PNG; one frame in memory at a time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from fsvfx.actors.cast import Actor
from fsvfx.actors.facekit import Floats
from fsvfx.actors.performance import Moment
from fsvfx.actors.rendering import render
from fsvfx.media.exr.writer import ExrPart, ExrWindows, colour_attributes, write_exr
from fsvfx.media.stills.writer import StillFormat, write_still


def write_clip(
    folder: Path, actor: Actor, moments: Sequence[Moment], *, size: int = 512, first: int = 1001, kind: str = "exr"
) -> str:
    """Write ``NAME.####.exr`` (half, linear Rec.709) or ``.png`` (8 bits, sRGB), and return the plate's pattern.

    Raises ModelError where the FaceKit is absent, OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for number, moment in enumerate(moments, first):
        path = folder / f"{actor.name}.{number:04d}.{kind}"
        rgb = render(actor, moment, size).rgb
        if kind == "exr":
            _write_exr(path, rgb)
        else:
            write_still(path, np.asarray(shown(rgb) * 255 + 0.5, np.uint8), StillFormat(bits=8))
    return str(folder / f"{actor.name}.####.{kind}")


def shown(rgb: Floats) -> Floats:
    """Linear Rec.709 as sRGB in [0, 1], clipped: what a camera's video would show (IEC 61966-2-1)."""
    light = np.clip(rgb, 0, 1)
    return np.asarray(np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055), np.float32)


def _write_exr(path: Path, rgb: Floats) -> None:
    window = (0, 0, rgb.shape[1] - 1, rgb.shape[0] - 1)
    write_exr(
        path,
        [ExrPart("", {"RGB": rgb.astype(np.float16)})],
        colour_attributes("lin_rec709_scene"),
        ExrWindows(window, window),
    )
