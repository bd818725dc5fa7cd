"""Where model packages are, and what their cards say."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from fsvfx.errors import InputError, ModelError, Where
from fsvfx.packages import seal
from fsvfx.plugins import nearest
from fsvfx.reach import Reach
from fsvfx.settings import machine
from schemas.package import PackageCard

CARD, WEIGHTS = "card.yaml", "weights.safetensors"
_SHORT = 12
_folder: Path | None = None
_reach: Reach | None = None


def use(folder: str, reach: Reach | None = None) -> None:
    """From now on, in this process, look for packages in a manifest's own folder first. Empty: it has none.

    ``reach``: the manifest's; links in its folder lead no further. None: whoever runs fsvfx has named the folder.
    """
    global _folder, _reach
    _folder, _reach = (Path(folder), reach) if folder else (None, None)


def folder_of(root: Path, model: str, sha256: str) -> Path:
    """Where a package is below a folder of packages."""
    return root / model / sha256[:_SHORT]


def find(model: str, sha256: str) -> Path:
    """The package's folder. Raises InputError, with what there is, if it is in none of the places looked at.

    Raises ModelError if its card can't be read.
    """
    for root in _roots():
        found = folder_of(root, model, sha256)
        if not (found / CARD).is_file():
            continue
        _check_reach(found)
        if _read(found).sha256 == sha256:
            return found
    raise InputError(
        f"There is no model package '{model}' with sha256 {sha256}",
        hint=what_there_is(model),
        where=Where(field="settings.model"),
    )


def found(model: str | None = None) -> list[Path]:
    """The folders of all packages, or of those of one name, in the places looked at; by name, newest card last."""
    cards = {card for root in _roots() for card in root.glob(f"{model or '*'}/[!.]*/{CARD}")}
    return [card.parent for card in sorted(cards, key=lambda card: (card.parent.parent.name, card.stat().st_mtime))]


def card_of(package: Path) -> PackageCard:
    """What the package is. Raises ModelError if the card can't be read, or is not the weights' own."""
    card = _read(package)
    seal.check(card, package / WEIGHTS)
    return card


def what_there_is(model: str) -> str:
    """What to say to one who asked for a package of ``model`` that was not found."""
    versions = [_read(package).sha256 for package in found(model)]
    if versions:
        return f"Of '{model}' there are: {', '.join(versions)}. Give one of these as sha256"
    looked = ", ".join(map(str, _roots())) or "no folder"
    known = sorted({package.parent.name for package in found()})
    return f"Looked in {looked}; `fsvfx train` makes packages, FSVFX_PACKAGES names folders. {nearest(model, known)}"


def _check_reach(package: Path) -> None:
    """The manifest may read the files, or the machine's owner has put them among the packages."""
    for file in (package / CARD, package / WEIGHTS):
        real = Path(os.path.realpath(file))
        shared = any(real.is_relative_to(os.path.realpath(root)) for root in machine().packages)
        if _reach is not None and not shared and not _reach.holds(real):
            raise ModelError(
                f"The package's {file.name} is a link out of what the manifest may read",
                hint="Copy the package itself there, or let the machine's owner name its folder in FSVFX_PACKAGES",
                where=Where(file=str(file)),
            )


def _read(package: Path) -> PackageCard:
    from fsvfx.manifests.yaml_text import RecordError, read_record  # the manifests' checks look for packages, too

    path = package / CARD
    try:
        return read_record(path, PackageCard)
    except RecordError as error:
        raise ModelError(
            f"The package's card can't be read: {error}", hint="Copy the package again", where=Where(file=str(path))
        ) from error


def _roots() -> Iterator[Path]:
    if _folder is not None:
        yield _folder
    yield from machine().packages
