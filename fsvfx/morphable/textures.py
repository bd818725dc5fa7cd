"""Texture bases as packages: writing and reading."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path

import numpy as np

from fsvfx.morphable.basis import TextureBasis
from fsvfx.packages import place_texture, texels_in, texture_of
from fsvfx.version import __version__
from schemas.collection import CollectionRecord
from schemas.texture_card import TextureCard


def placed(
    root: Path,
    name: str,
    basis: TextureBasis,
    model: str,
    people: Sequence[str],
    record: CollectionRecord,
    now: datetime,
) -> Path:
    """Write a basis below ``root``, as float16; returns its folder. Raises MachineError if writing fails."""

    def card(sha256: str) -> TextureCard:
        return TextureCard(
            texture=name,
            sha256=sha256,
            model=model,
            people=tuple(people),
            modes=len(basis.modes),
            record=record,
            built_at=now,
            fsvfx=__version__,
        )

    held = {each: getattr(basis, each).astype(np.float16) for each in ("mean", "modes", "noise", "known")}
    return place_texture(root, {"pixels": basis.pixels.astype(np.int32), **held}, card)


def open_basis(package: Path) -> TextureBasis:
    """The basis in a folder, cached per process. Raises ModelError if it is broken, or its card belongs to another."""
    return _open(package, texture_of(package).sha256)


@lru_cache(maxsize=2)
def _open(package: Path, sha256: str) -> TextureBasis:
    held = texels_in(package, sha256)
    rest = {name: np.asarray(held[name], np.float32) for name in ("mean", "modes", "noise", "known")}
    return TextureBasis(np.asarray(held["pixels"], np.int64), **rest)
