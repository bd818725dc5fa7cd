"""Texture bases as packages: ``NAME/SHA12/texture.yaml``, and ``texture.safetensors`` with the card in its header."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from fsvfx.packages.sealed import Sealed
from schemas.texture_card import TextureCard

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from fsvfx.packages.sealed import Arrays

TEXTURE, TEXELS = "texture.yaml", "texture.safetensors"
_SEALED = frozenset({"texture", "model", "people", "modes", "record"})
_TEXTURES = Sealed("texture basis", "texels", TextureCard, TEXTURE, TEXELS, _SEALED)


def place_texture(root: Path, arrays: Arrays, card: Callable[[str], TextureCard]) -> Path:
    """Write a basis below ``root`` and return its folder. The same one that is there already stays.

    Raises MachineError if the disk refuses.
    """
    return _TEXTURES.place(root, card("0" * 64).texture, arrays, card)


def texture_of(package: Path) -> TextureCard:
    """Its card. Raises ModelError if it can't be read, or is not that of the texels beside it."""
    return _TEXTURES.card_of(package)


def texels_in(package: Path, sha256: str) -> dict[str, NDArray[np.generic]]:
    """Its arrays by name. Raises ModelError if their sha256 is another one, or they are broken."""
    return _TEXTURES.arrays_in(package, sha256)
