"""Texture bases: how the skin of people differs who do not exist."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import AwareDatetime, Field, model_validator

from schemas.base import Name, Sha256, StrictModel, Text
from schemas.collection import CollectionRecord


class TextureCard(StrictModel):
    """The card of a texture basis: ``texture.yaml``. The header of its texels has the same."""

    schema_version: Literal[1] = 1
    """Version of the card format: 1."""
    texture: Name
    """Name of the basis and of its folder."""
    sha256: Sha256
    """The sha256 of texture.safetensors."""
    model: Text
    """The morphable model whose UV it is laid out by."""
    people: tuple[Name, ...] = Field(min_length=1)
    """Everybody whose skin it has learned."""
    modes: int = Field(ge=1)
    """Number of its modes."""
    record: CollectionRecord
    """The statement that none of them exist, what made the pictures, and their licence."""
    built_at: AwareDatetime
    """When it was built."""
    fsvfx: str
    """The version of fsvfx that built it."""

    @model_validator(mode="after")
    def _of_nobody(self) -> Self:
        if not self.record.made_up:
            raise ValueError(f"a texture basis is of made-up people; those of record {self.record.record_id} exist")
        return self
