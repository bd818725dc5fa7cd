"""Picture collections: many people by a folder each, and the one record that says who they are and what is allowed."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from schemas.base import FilePath, Name, StrictModel, Text
from schemas.consent import Document, RecordId, Revocation, TrainingScope


class Collection(StrictModel):
    """Pictures of many people, a folder for each: the folder's name is the person's."""

    path: FilePath
    """Folder with the people's folders, relative to the manifest."""
    record: FilePath
    """Path of the collection's record (YAML), relative to the manifest."""
    only: tuple[Text, ...] = Field(("*",), min_length=1, max_length=1000)
    """Names or globs of the people to include."""
    leave_out: tuple[Text, ...] = Field((), max_length=10_000)
    """Names or globs of the people to leave out."""
    faceless: float = Field(0.05, ge=0, le=1)
    """Largest share of pictures that may show no face; they are listed and left out. A larger share is an error."""


class Generator(StrictModel):
    """What made pictures of people who do not exist."""

    name: Text
    """Name and version of the generator."""
    terms: Text
    """The terms that apply to its output: their name and where to find them."""


class CollectionRecord(StrictModel):
    """The licence record of a collection: that nobody in it exists, or what its people have agreed to."""

    schema_version: Literal[1]
    """Version of the record format: 1."""
    record_id: RecordId
    """Unique id of the record. ``ID.PERSON`` in a register stands for one person of the collection."""
    collection: Name
    """Name of the collection, as in the manifest's ``collections``."""
    people: tuple[Text, ...] = Field(min_length=1, max_length=10_000)
    """Names or globs of the people that the record covers. Others are unknown, and are not trained on."""
    made_up: bool
    """Whether nobody in it exists: then nobody has to agree, but the generators' terms apply."""
    generators: tuple[Generator, ...] = ()
    """What made the pictures; required if the people are made up."""
    statement: str = Field(min_length=40, max_length=4000)
    """In at least 40 characters: who is shown, where the pictures come from, and why they may be trained on."""
    source: Text
    """Who published the collection, and where."""
    licence: Text
    """Licence of the pictures."""
    commercial_use: bool
    """Whether models that were trained on them may be used commercially."""
    training: TrainingScope | None = None
    """Which models may learn the faces, and where those may be used; required if the people exist."""
    document: Document | None = None
    """The agreement that was signed with the people, or their licence; required if the people exist."""
    revocation: Revocation | None = None
    """Whether it still stands; required if the people exist."""
    is_test_record: bool = False
    """True for records made up for tests and demos; everything that they clear is marked as such."""
    notes: str | None = None
    """Remarks for people; not checked."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.made_up and not self.generators:
            raise ValueError("made-up people need generators; name what made the pictures, and its terms")
        if not self.made_up and self.generators:
            raise ValueError("generators are only for made-up people; write made_up: true, or remove generators")
        lacking = [name for name in ("training", "document", "revocation") if getattr(self, name) is None]
        if not self.made_up and lacking:
            raise ValueError(f"people who exist must have agreed; add {', '.join(lacking)}")
        return self
