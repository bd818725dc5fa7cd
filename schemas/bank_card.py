"""Banks of faces: people who do not exist, packed to go into crowds."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, Field

from schemas.bank import Sex
from schemas.base import Name, Sha256, StrictModel, Text
from schemas.collection import CollectionRecord

SURE = 0.8
"""Of an estimated sex: the probability from which it counts as known."""


class About(StrictModel):
    """How old a member looks, and of which sex: estimated by a network, or said by who built the bank."""

    age: float | None = None
    """Years."""
    age_deviation: float | None = None
    """The estimate's standard deviation, years. Not given: the age was stated."""
    sex: Sex | None = None
    """The more likely one."""
    sex_probability: float | None = None
    """The estimate's probability. Not given: the sex was stated."""

    @property
    def known_sex(self) -> Sex | None:
        """None if it is not known, or the estimate is not sure."""
        return self.sex if self.sex_probability is None or self.sex_probability >= SURE else None


class BankCard(StrictModel):
    """The card of a bank: ``bank.yaml``. The header of its pictures has the same."""

    schema_version: Literal[1] = 1
    """Version of the card format: 1."""
    bank: Name
    """Name of the bank and of its folder."""
    sha256: Sha256
    """The sha256 of faces.safetensors."""
    members: tuple[Name, ...] = Field(min_length=1)
    """Everybody in it, in the order of the pictures."""
    networks: tuple[Text, ...] = Field(min_length=1)
    """The identity networks that measure how far a member is from a performer."""
    record: CollectionRecord
    """The statement that nobody in it exists, what made the faces, and their licence."""
    about: tuple[About, ...] = ()
    """Age and sex of each member, in the same order; empty if nobody's are known."""
    built_at: AwareDatetime
    """When it was built."""
    fsvfx: str
    """The version of fsvfx that built it."""


class UsedBank(StrictModel):
    """What a shot's job has of a bank."""

    bank: Name
    sha256: Sha256
    members: tuple[Name, ...]
    networks: tuple[Text, ...]
    record: CollectionRecord
    about: tuple[About, ...] = ()
