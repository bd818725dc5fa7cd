"""A texture basis that we made: a disc of texels, and two ways to differ. For tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import toy_banks

from fsvfx.morphable.basis import SIDE
from fsvfx.morphable.model import Floats, Ints
from fsvfx.packages import place_texture, texture_of
from schemas.texture_card import TextureCard

Arrays = dict[str, np.ndarray[Any, np.dtype[np.generic]]]

HALF = (SIDE - 1) / 2


def texels(radius: float = 12) -> Ints:
    row, column = np.divmod(np.arange(SIDE * SIDE), SIDE)
    return np.flatnonzero((row - HALF) ** 2 + (column - HALF) ** 2 < radius**2)


def people(count: int, seed: int = 0) -> tuple[Ints, Floats]:
    """Texels (p,), and what they are of people (n, p, 3): as dark toward the rim, and as red below, as they are."""
    random, pixels = np.random.default_rng(seed), texels()
    row, column = np.divmod(pixels, SIDE)
    rim = np.hypot(row - HALF, column - HALF) / 12
    below = (row > HALF) * 1.0
    dark, red = random.normal(0, 1, (2, count, 1))
    values = 0.8 + np.stack([0.15 * dark * rim + 0.2 * red * below, 0.15 * dark * rim, 0.15 * dark * rim], axis=-1)
    return pixels, (values + random.normal(0, 0.01, values.shape)).astype(np.float32)


def placed(root: Path, name: str = "toys", **said: Any) -> TextureCard:
    """A basis of numbers, as a package below ``root``."""
    pixels = texels(4)
    held = {"mean": np.full((len(pixels), 3), 0.8), "modes": np.full((1, len(pixels), 3), 0.1)}
    held |= {each: np.full(len(pixels), 0.5) for each in ("noise", "known")}
    arrays: Arrays = {"pixels": pixels.astype(np.int32), **{each: one.astype(np.float16) for each, one in held.items()}}

    def card(sha256: str) -> TextureCard:
        return TextureCard(
            texture=name, sha256=sha256, model="ict_facekit", people=("toy_1", "toy_2"), modes=1,
            record=toy_banks.record(**said), built_at=toy_banks.NOW, fsvfx="0",
        )  # fmt: skip

    return texture_of(place_texture(root, arrays, card))
