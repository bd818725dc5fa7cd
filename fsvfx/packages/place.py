"""Writes model packages: whole or not at all, never over another."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ruamel.yaml import YAML

from fsvfx.disk import place_file, place_folder
from fsvfx.packages import seal
from fsvfx.packages.find import CARD, WEIGHTS, folder_of
from schemas.package import PackageCard

if TYPE_CHECKING:
    from torch import Tensor

_UNKNOWN = "0" * 64


def place(
    root: Path, weights: Mapping[str, Tensor], card: Callable[[str], PackageCard], files: Mapping[str, bytes]
) -> Path:
    """The folder, below ``root``, of a package: ``weights``, the card made of their sha256, other files by name.

    One of the same weights that is there already stays. Raises MachineError if the disk refuses.
    """
    from safetensors.torch import save

    content = save({name: held.contiguous() for name, held in weights.items()}, seal.metadata(card(_UNKNOWN)))
    sha256 = hashlib.sha256(content).hexdigest()
    written = card(sha256)
    final = folder_of(root, written.model, sha256)
    if final.exists():
        return final

    def write(draft: Path) -> None:
        (draft / WEIGHTS).write_bytes(content)
        (draft / CARD).write_bytes(_yaml(written))
        for name, held in files.items():
            (draft / name).write_bytes(held)

    place_folder(final, write)
    return final


def amend(package: Path, card: PackageCard, files: Mapping[str, bytes]) -> None:
    """Add ``files`` and a card that knows more; the weights stay, and the card must still be theirs.

    Raises ModelError if it is not, MachineError if the disk refuses.
    """
    seal.check(card, package / WEIGHTS)
    for name, held in files.items():
        place_file(package / name, held)
    place_file(package / CARD, _yaml(card))


def _yaml(card: PackageCard) -> bytes:
    out = io.BytesIO()
    YAML().dump(card.model_dump(mode="json", exclude_none=True), out)
    return out.getvalue()
