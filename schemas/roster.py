"""Rosters: whose faces a general model has learned, and what they agreed to. Sealed in its weights by digest."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from schemas.base import Name, Sha256, StrictModel, Text
from schemas.collection import Generator
from schemas.consent import RecordId, TrainingScope


class Member(StrictModel):
    """A person with a consent record of their own."""

    person: Name
    """The person's name in the training manifest."""
    record: RecordId
    """Id of the consent record."""
    digest: Sha256
    """Digest of what the record said."""
    training: TrainingScope
    """Which models may learn the face, and where those may be used."""
    valid_to: date | None = None
    """Last day (UTC) of the consent."""
    is_test_record: bool = False
    """Whether the record was made up for tests."""


class MemberCollection(StrictModel):
    """The people of a picture collection, who share a record."""

    collection: Name
    """Name of the collection."""
    record: RecordId
    """Id of the collection's record."""
    digest: Sha256
    """Digest of what the record said."""
    people: tuple[Name, ...] = Field(min_length=1)
    """Everybody of it whose face was learned."""
    made_up: bool
    """Whether nobody in it exists."""
    generators: tuple[Generator, ...] = ()
    """What made the pictures of made-up people."""
    licence: Text
    """Licence of the pictures."""
    training: TrainingScope | None = None
    """Which models may learn the faces, and where those may be used; of people who exist."""
    is_test_record: bool = False
    """Whether the record was made up for tests."""


class Roster(StrictModel):
    """Everybody whose face is in a general model's weights, those of the models that it began with included."""

    schema_version: Literal[1] = 1
    """Version of the roster format: 1."""
    members: tuple[Member, ...] = ()
    """People with a record of their own."""
    collections: tuple[MemberCollection, ...] = ()
    """People who share a record."""

    @property
    def people(self) -> tuple[str, ...]:
        """Everybody, made up or not."""
        own = (one.person for one in self.members)
        return tuple(dict.fromkeys((*own, *(name for one in self.collections for name in one.people))))


class RosterCollection(StrictModel):
    """What a card repeats of a collection."""

    collection: Name
    """Name of the collection."""
    people: int
    """Number of people."""
    made_up: bool
    """Whether nobody in it exists."""
    generators: tuple[Generator, ...] = ()
    """What made the pictures of made-up people, and the terms that apply to them."""
    licence: Text
    """Licence of the pictures."""


class RosterSeal(StrictModel):
    """What a general model's card, and the header of its weights, say of its roster."""

    sha256: Sha256
    """The sha256 of roster.json."""
    people: int
    """Number of people whose faces were learned."""
    real: int
    """How many of them exist."""
    collections: tuple[RosterCollection, ...] = ()
    """Picture collections that were learned."""
