"""A package's weights, checked before they are used."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from fsvfx.errors import ModelError, Where
from fsvfx.models.files import sha256_of
from fsvfx.packages.find import WEIGHTS, find

if TYPE_CHECKING:
    from torch import Tensor


def weights_of(model: str, sha256: str) -> dict[str, Tensor]:
    """By name, on the CPU. Raises InputError if there is no such package, ModelError if its weights are others."""
    return weights_in(find(model, sha256), sha256)


def weights_in(package: Path, sha256: str) -> dict[str, Tensor]:
    """Those of a package's folder. The file is mapped: processes of a machine share its memory. Raises ModelError."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    file = package / WEIGHTS
    try:
        held = sha256_of(file)
        if held == sha256:
            return load_file(file)
        why = f"are not those of the card: their sha256 is {held}"
    except (OSError, SafetensorError) as error:
        why = f"can't be read: {error}"
    raise ModelError(f"The package's weights {why}", hint="Copy the package again", where=Where(file=str(file)))
