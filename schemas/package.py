"""Model packages: weights that somebody trained, and the card that says of whom, on what, and how good they are.

A package is a folder ``MODEL/SHA256/`` (the first 12 digits) with ``weights.safetensors``, ``card.yaml``, and, where
they were made, ``preview.png``, ``evaluation.json`` and ``evaluation.png``. Its weights are never overwritten.
"""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, Field, JsonValue

from schemas.augmentation import Augmentation
from schemas.base import Name, StrictModel, Text
from schemas.consent import RecordId, Sha256
from schemas.faceset import FacesetSettings
from schemas.trainer import TrainerSettings


class TrainedPerson(StrictModel):
    """Somebody whose faces the weights were made of."""

    name: Name
    consent: RecordId
    """The record that allowed it."""
    is_test_record: bool = False
    faceset: str
    """Digest of the faceset."""
    faces: int
    """Trained on."""
    held_out: int
    """Not trained on."""
    footage: tuple[Name, ...]


class Ancestor(StrictModel):
    """The package that training began with."""

    model: Name
    sha256: Sha256
    people: tuple[Name, ...]
    """Everybody whose faces went into it."""
    restart: bool


class Figures(StrictModel):
    """The evaluation in short; ``evaluation.json`` has all of it."""

    identity: Name
    performer: Name
    faces: int
    nearer: float | None = None
    """Share of the held-out faces nearer the identity than the performer."""
    retrieved: float | None = None
    yaw_r: float | None = None
    mouth_r: float | None = None
    self_swap_psnr: float | None = None
    flicker: float | None = None
    ms_per_face: float


class PackageCard(StrictModel):
    """What a model package is."""

    schema_version: Literal[1] = 1
    model: Name
    sha256: Sha256
    """Of weights.safetensors."""
    engine: Text
    architecture: dict[str, JsonValue]
    """All of the engine's sizes and losses."""
    people: tuple[TrainedPerson, ...] = Field(min_length=1)
    """In the model's order: the identity, the performer, others."""
    production: Name
    licence: Text
    rights: str
    """Digest of the decision that allowed the training."""
    trained_at: AwareDatetime
    iterations: int
    seconds: float
    ended: str
    """Why training stopped."""
    device: str
    fsvfx: str
    """The version that trained it."""
    trainer: TrainerSettings
    augmentation: Augmentation
    faceset: FacesetSettings
    start: Ancestor | None = None
    losses: dict[str, float]
    """The last means, by term."""
    figures: Figures | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Of the people, in the model's order."""
        return tuple(person.name for person in self.people)

    @property
    def everybody(self) -> tuple[str, ...]:
        """Whose faces went into the weights: the people, and those of the packages that training began with."""
        return tuple(dict.fromkeys((*self.names, *(self.start.people if self.start else ()))))
