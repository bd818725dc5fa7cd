"""Model packages as people name them on the command line."""

from __future__ import annotations

from pathlib import Path

from fsvfx.errors import InputError
from fsvfx.packages.find import CARD, card_of, found, what_there_is


def named(name: str, sha256: str = "") -> Path:
    """The package in the folder ``name``; or the one of that model, ``sha256`` saying as much of its hash as tells it
    from others. Raises InputError if there is none, or several; ModelError if a card can't be read."""
    if (Path(name) / CARD).is_file():
        return Path(name)
    fitting = [package for package in found(name) if card_of(package).sha256.startswith(sha256)]
    if len(fitting) == 1:
        return fitting[0]
    said = f" with a sha256 that begins with {sha256}" if sha256 else ""
    if not fitting:
        raise InputError(f"There is no model package '{name}'{said}", hint=what_there_is(name))
    raise InputError(f"There are {len(fitting)} model packages '{name}'{said}", hint=what_there_is(name))
