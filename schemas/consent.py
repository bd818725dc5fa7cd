"""Consent records: what a person (or who speaks for them) has agreed to, for the gate to check."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, model_validator

from schemas.base import FilePath, Name, Sha256, StrictModel, Text
from schemas.manifest import Use

CONSENT_VERSION = 1
Role = Literal["source_identity", "target_performer"]
Standing = Literal["none", "revoked"]
RecordId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$")]


class Subject(StrictModel):
    """Who consents. Minors do it through a guardian, the dead through a representative."""

    legal_name: Text
    guild_id: Text | None = None
    is_minor: bool = False
    guardian: Text | None = None
    deceased: bool = False
    representative: Text | None = None

    @model_validator(mode="after")
    def _spoken_for(self) -> Subject:
        if self.is_minor and not self.guardian:
            raise ValueError("a minor's record needs guardian; name who consents for them")
        if self.deceased and not self.representative:
            raise ValueError("a deceased person's record needs representative; name who consents for them")
        return self


class Scope(StrictModel):
    """What is consented to. What is not named is not allowed."""

    production: Name
    """The manifest's ``production``: a new production needs a new record."""
    shots: tuple[Text, ...] = Field(min_length=1)
    """Shot names or globs; ``"*"`` is every shot of the production."""
    uses: tuple[Use, ...] = Field(min_length=1)
    """What the swap may be for; a shot's ``use`` must be among them."""
    description: str = Field(min_length=40, max_length=4000)
    """Reasonably specific, in words: what will be shown of whom, and where."""
    nudity_or_sexual: bool = False
    training_allowed: bool = False
    """Whether engines may be trained on the person's references."""
    valid_from: date
    valid_to: date | None = None
    """The last day (UTC) on which work may be done; open-ended if left out."""

    @model_validator(mode="after")
    def _forwards(self) -> Scope:
        if self.valid_to and self.valid_to < self.valid_from:
            raise ValueError("valid_to is before valid_from; correct the dates")
        return self


class Document(StrictModel):
    """The paper itself."""

    sha256: Sha256
    path: FilePath | None = None
    """The file, relative to the record: it is hashed each time the gate runs."""
    uri: Text | None = None
    """Where else it is kept; never opened."""
    pages: int | None = Field(None, ge=1)


class Revocation(StrictModel):
    """Whether the consent still stands, and when somebody last asked. Either written here, or kept in a register."""

    status: Standing | None = None
    checked_at: AwareDatetime | None = None
    """When whoever keeps the papers, or their nightly job, last asked. The gate refuses what is over 24 hours old."""
    checked_by: Text | None = None
    at: AwareDatetime | None = None
    """When it was revoked."""
    register_file: FilePath | None = Field(None, alias="register")
    """A ``RevocationRegister`` (YAML), relative to the record: one file to renew a day instead of one per person."""

    @model_validator(mode="after")
    def _one_source(self) -> Revocation:
        here = self.status is not None and self.checked_at is not None
        if here == (self.register_file is not None):
            raise ValueError("revocation needs either status with checked_at, or register; write one of both")
        return self


class ConsentRecord(StrictModel):
    """One person's consent, for one production. Both people of a swap need one."""

    schema_version: Literal[1]
    record_id: RecordId
    person: Name
    """The name that the manifest's ``people`` gives them."""
    subject: Subject
    replica_kind: Literal["employment_based", "independently_created", "background", "licensed_double"]
    roles: tuple[Role, ...] = Field(min_length=1)
    """source_identity: their face goes in; target_performer: their face in the plate is replaced."""
    scope: Scope
    document: Document
    revocation: Revocation
    is_test_record: bool = False
    """True for records made up for tests and demos: whatever they clear says so."""
    notes: str | None = None


class RevocationRegister(StrictModel):
    """The standing of many records at one time, kept by whoever keeps the papers."""

    schema_version: Literal[1]
    checked_at: AwareDatetime
    checked_by: Text
    records: dict[RecordId, Standing]
