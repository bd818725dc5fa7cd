"""Where weights files lie, and whether they are what their cards say."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from fsvfx.errors import ModelError, Where
from fsvfx.models.catalogue import ModelCard, card
from fsvfx.settings import machine


def sha256_of(file: Path) -> str:
    """Of a file's bytes, in hex."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def path(name: str) -> Path:
    """The weights file of a card, its hash checked once per process.

    Raises ModelError if it is absent or has another hash, InputError if there is no such card.
    """
    return _checked(name, machine().models)


@lru_cache(maxsize=64)
def _checked(name: str, folder: Path) -> Path:
    wanted = card(name)
    file = folder / wanted.file
    if not file.is_file():
        raise ModelError(f"the model '{name}' is not here", hint=how_to_get(wanted), where=Where(file=str(file)))
    found = sha256_of(file)
    if found != wanted.sha256:
        raise ModelError(
            f"the model '{name}' is not its card's: sha256 {found[:12]}..., not {wanted.sha256[:12]}...",
            hint=how_to_get(wanted),
            where=Where(file=str(file)),
        )
    return file


def present(name: str) -> bool:
    """Whether the right file is here."""
    try:
        path(name)
    except ModelError:
        return False
    return True


def how_to_get(wanted: ModelCard) -> str:
    """One sentence that tells the user how the file gets here."""
    if wanted.embedded:
        return f"Run `fsvfx models pull {wanted.name}`"
    terms = "" if wanted.commercial_use else f" Mind its licence: {wanted.licence}."
    return (
        f"Get {Path(wanted.file).name} from {wanted.source} and put it at {machine().models / wanted.file}, "
        f"or name the folder that has it in FSVFX_MODELS_ARCHIVES and run `fsvfx models pull {wanted.name}`.{terms}"
    )
