"""Consent records: what a person, or their representative, has agreed to, for the gate to check."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, model_validator

from schemas.base import FilePath, Name, Sha256, StrictModel, Text
from schemas.manifest import Use

Role = Literal["source_identity", "target_performer", "driver"]
Standing = Literal["none", "revoked"]
RecordId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$")]


class Subject(StrictModel):
    """The person who consents; minors through a guardian, the deceased through a representative."""

    legal_name: Text
    """The legal name of the person who consents."""
    guild_id: Text | None = None
    """Membership number in a guild or union."""
    is_minor: bool = False
    """Whether the person is a minor; ``guardian`` is then required."""
    guardian: Text | None = None
    """Who consents for a minor."""
    deceased: bool = False
    """Whether the person is deceased; ``representative`` is then required."""
    representative: Text | None = None
    """Who consents for a deceased person."""

    @model_validator(mode="after")
    def _spoken_for(self) -> Subject:
        if self.is_minor and not self.guardian:
            raise ValueError("a minor's record needs a guardian; name who consents for them")
        if self.deceased and not self.representative:
            raise ValueError("a deceased person's record needs a representative; name who consents for them")
        return self


class TrainingScope(StrictModel):
    """Which general models, for anybody's face, may learn the face, and who may use them."""

    models: tuple[Text, ...] = Field(min_length=1)
    """Names or globs of the models; ``"*"`` means every model."""
    productions: tuple[Text, ...] = Field(min_length=1)
    """Names or globs of the productions that may train or use such a model."""


class Scope(StrictModel):
    """What the person consents to. Anything that is not named is not allowed."""

    production: Name
    """Name of the production, as in the manifest; each production needs its own record."""
    shots: tuple[Text, ...] = Field(min_length=1)
    """Shot names or globs; ``"*"`` means every shot of the production."""
    uses: tuple[Use, ...] = Field(min_length=1)
    """Permitted uses; the shot's ``use`` must be among them."""
    description: str = Field(min_length=40, max_length=4000)
    """A reasonably specific description, in at least 40 characters: who will be shown doing what, and where."""
    nudity_or_sexual: bool = False
    """Whether nudity and sexual content are covered."""
    training_allowed: bool = False
    """Whether models may be trained on the person's face."""
    training: TrainingScope | None = None
    """Which general models may learn the face, besides those made for its own swap; with ``training_allowed``.
    Default: none."""
    valid_from: date
    """First day (UTC) on which work may be done."""
    valid_to: date | None = None
    """Last day (UTC) on which work may be done. Default: no end."""

    @model_validator(mode="after")
    def _forwards(self) -> Scope:
        if self.valid_to and self.valid_to < self.valid_from:
            raise ValueError("valid_to is before valid_from; correct the dates")
        if self.training and not self.training_allowed:
            raise ValueError("training needs training_allowed: true; allow both, or remove training")
        return self


class Document(StrictModel):
    """The signed document."""

    sha256: Sha256
    """The sha256 of the signed document."""
    path: FilePath | None = None
    """Path of the document, relative to the record. It is hashed each time the gate runs."""
    uri: Text | None = None
    """Where the original is kept; for reference only, never opened."""
    pages: int | None = Field(None, ge=1)
    """Number of pages."""


class Revocation(StrictModel):
    """Whether the consent still stands, and when that was last checked: either here or in a register."""

    status: Standing | None = None
    """``none`` while the consent stands; ``revoked`` once it is withdrawn."""
    checked_at: AwareDatetime | None = None
    """When the rights desk, or its nightly job, last checked. The gate refuses checks older than 24 hours."""
    checked_by: Text | None = None
    """Who checked."""
    at: AwareDatetime | None = None
    """When the consent was revoked."""
    register_file: FilePath | None = Field(None, alias="register")
    """Path of a revocation register (YAML), relative to the record: one file to renew daily, for many people."""

    @model_validator(mode="after")
    def _one_source(self) -> Revocation:
        here = self.status is not None and self.checked_at is not None
        if here == (self.register_file is not None):
            raise ValueError("revocation needs either status with checked_at, or register; give exactly one of them")
        return self


class ConsentRecord(StrictModel):
    """One person's consent for one production. Everybody in a swap needs one."""

    schema_version: Literal[1]
    """Version of the record format: 1."""
    record_id: RecordId
    """Unique id of the record."""
    person: Name
    """The person's name in the manifest's ``people``."""
    subject: Subject
    """The person who consents."""
    replica_kind: Literal["employment_based", "independently_created", "background", "licensed_double"]
    """Kind of digital replica, as contracts name it."""
    roles: tuple[Role, ...] = Field(min_length=1)
    """``source_identity``: the person's face goes into a plate; ``target_performer``: the person's face is replaced;
    ``driver``: the person's performance moves another face."""
    scope: Scope
    """What the person consents to."""
    document: Document
    """The signed document."""
    revocation: Revocation
    """Whether the consent still stands."""
    is_test_record: bool = False
    """True for records made up for tests and demos; everything that they clear is marked as such."""
    notes: str | None = None
    """Remarks for people; not checked."""


class RevocationRegister(StrictModel):
    """The status of many records at one time, kept by the rights desk."""

    schema_version: Literal[1]
    """Version of the register format: 1."""
    checked_at: AwareDatetime
    """When all of these were last checked."""
    checked_by: Text
    """Who checked."""
    records: dict[RecordId, Standing]
    """Status by record id: ``none`` or ``revoked``."""
