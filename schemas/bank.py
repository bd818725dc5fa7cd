"""What a shot says of banks of faces, and of crowds that get faces from them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from schemas.base import Name, Sha256, StrictModel, Text


class FromBank(StrictModel):
    """The identity of an entry: the member of a bank that fits best. Nobody else's face in the shot gets that one."""

    bank: Name
    """Name of the bank, as listed by ``fsvfx bank list``."""
    sha256: Sha256 | None = None
    """The sha256 of the bank. Default: that of the only bank of this name."""
    pick: tuple[Text, ...] = Field(("*",), min_length=1, max_length=1000)
    """Names or globs of the members to choose from: one name keeps a face from shot to shot."""
    leave_out: tuple[Text, ...] = Field((), max_length=1000)
    """Names or globs of the members to leave out."""
    seed: int = Field(0, ge=0, lt=2**32)
    """0: the best fit. Another number: another cast, of members that fit nearly as well."""


class AllBut(StrictModel):
    """Everybody in the plate but these."""

    all_but: tuple[Name | Annotated[int, Field(ge=1, le=9999)], ...] = Field(min_length=1, max_length=64)
    """People of the manifest, found by their references; or numbers of tracks, as listed by ``fsvfx faces``."""


class Basis(StrictModel):
    """The legal ground on which faces are replaced of people who have signed no record: nobody's face goes in."""

    kind: Literal["privacy"]
    """``privacy``: that they are not recognized."""
    decided_by: Text
    """Who decided that it holds."""
    decided_on: date
    """When."""
    why: str = Field(min_length=40, max_length=4000)
    """In at least 40 characters: who is shown, and why their faces may, or must, be replaced without a record."""
