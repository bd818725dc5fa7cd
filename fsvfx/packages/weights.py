"""A package's weights, checked before they are used."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from fsvfx.errors import ModelError, Where
from fsvfx.models.files import sha256_of
from fsvfx.packages.find import WEIGHTS, find

if TYPE_CHECKING:
    from torch import Tensor


def weights_of(model: str, sha256: str) -> dict[str, Tensor]:
    """By name, on the CPU. Raises InputError if there is no such package, ModelError if its weights are others."""
    from safetensors.torch import load_file

    return load_file(_checked(find(model, sha256) / WEIGHTS, sha256))


@lru_cache(maxsize=64)
def _checked(file: Path, sha256: str) -> Path:
    """Hashed once per process."""
    if not file.is_file():
        raise _broken(file, "are not there")
    found = sha256_of(file)
    if found != sha256:
        raise _broken(file, f"are not those of the card: sha256 {found[:12]}..., not {sha256[:12]}...")
    return file


def _broken(file: Path, why: str) -> ModelError:
    return ModelError(f"The package's weights {why}", mend="Copy the package anew", where=Where(file=str(file)))
