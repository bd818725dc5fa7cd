"""Model packages: weights that somebody trained, and the card that says of whom, on what, and how good they are.

A package is a folder ``MODEL/SHA256/`` (the first 12 digits) with ``weights.safetensors``, ``card.yaml``, and, where
they were made, ``preview.png``, ``evaluation.json`` and ``evaluation.png``. Its weights are never overwritten.
"""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, Field, JsonValue

from schemas.augmentation import Augmentation
from schemas.base import Name, Sha256, StrictModel, Text
from schemas.consent import RecordId
from schemas.faceset import FacesetSettings
from schemas.trainer import TrainerSettings


class TrainedPerson(StrictModel):
    """Somebody whose faces the weights were made of."""

    name: Name
    """As the training manifest named them."""
    consent: RecordId
    """The record that allowed it."""
    is_test_record: bool = False
    """A record that was made for tests: the package is for tests, too."""
    faceset: str
    """Digest of the faceset."""
    faces: int
    """Trained on."""
    held_out: int
    """Not trained on."""
    footage: tuple[Name, ...]
    """The pieces of footage, by name."""


class Ancestor(StrictModel):
    """The package that training began with."""

    model: Name
    sha256: Sha256
    people: tuple[Name, ...]
    """Everybody whose faces went into it."""
    restart: bool
    """Whether what carries identity began anew."""


class Figures(StrictModel):
    """The evaluation in short; ``evaluation.json`` has all of it."""

    identity: Name
    performer: Name
    faces: int
    """Held-out faces that were looked at."""
    nearer: float | None = None
    """Share of the held-out faces nearer the identity than the performer."""
    retrieved: float | None = None
    """Share that is nearest to the identity of all people at hand."""
    yaw_r: float | None = None
    """Correlation of the swap's turn of the head with the plate's."""
    mouth_r: float | None = None
    """The same of the mouth's opening."""
    self_swap_psnr: float | None = None
    """Of the identity swapped for itself, dB."""
    flicker: float | None = None
    """What changes from frame to frame along tracked points and not in the plate, of the display range."""
    ms_per_face: float


class PackageCard(StrictModel):
    """What a model package is."""

    schema_version: Literal[1] = 1
    model: Name
    """Its name, and its folder's."""
    sha256: Sha256
    """Of weights.safetensors."""
    engine: Text
    """The only one that can use it."""
    architecture: dict[str, JsonValue]
    """All of the engine's sizes and losses."""
    people: tuple[TrainedPerson, ...] = Field(min_length=1)
    """In the model's order: the identity, the performer, others."""
    production: Name
    """Which trained it."""
    licence: Text
    """What it may be used for."""
    commercial_use: bool | None = None
    """Whether it may be used commercially: not if weights had a part in its training that may not. None: a card of
    before this was told; its licence's words count."""
    rights: str
    """Digest of the decision that allowed the training."""
    trained_at: AwareDatetime
    iterations: int
    """How many it was trained for; a comb's stage of growth follows from it."""
    seconds: float
    """Of training."""
    ended: str
    """Why training stopped."""
    device: str
    """What it was trained on."""
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
