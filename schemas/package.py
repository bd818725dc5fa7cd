"""Model packages: trained weights, and the card that says of whom, on what, and how good they are.

A package is a folder ``MODEL/SHA256/`` (the first 12 digits) with ``weights.safetensors``, ``card.yaml``, and, where
they were made, ``preview.png``, ``evaluation.json`` and ``evaluation.png``. Its weights are never overwritten.
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import AwareDatetime, JsonValue, model_validator

from schemas.augmentation import Augmentation
from schemas.base import Name, Sha256, StrictModel, Text, forbids_commercial_use
from schemas.consent import RecordId
from schemas.faceset import FacesetSettings
from schemas.roster import RosterSeal
from schemas.trainer import TrainerSettings


class TrainedPerson(StrictModel):
    """A person whose faces the weights were trained on."""

    name: Name
    """The person's name in the training manifest."""
    consent: RecordId
    """Id of the consent record that allowed it."""
    is_test_record: bool = False
    """Whether that record was made up for tests; the package is then for tests, too."""
    faceset: str
    """Digest of the faceset."""
    faces: int
    """Number of faces trained on."""
    held_out: int
    """Number of faces held out."""
    footage: tuple[Name, ...]
    """Names of the footage."""


class Ancestor(StrictModel):
    """The package that training started from."""

    model: Name
    """Name of the package."""
    sha256: Sha256
    """The sha256 of its weights."""
    people: tuple[Name, ...]
    """Everybody whose faces it was trained on."""
    restart: bool
    """Whether the weights that carry identity were reset."""


class Figures(StrictModel):
    """Summary of the evaluation; ``evaluation.json`` has all of it."""

    identity: Name | None = None
    """The person whose face goes in; none for a general model, as many pairs were evaluated."""
    performer: Name | None = None
    """The person whose face is replaced."""
    pairs: int = 1
    """Number of pairs of people."""
    faces: int
    """Number of held-out faces evaluated."""
    nearer: float | None = None
    """Fraction of the held-out faces that are nearer to the identity than to the performer; over pairs: mean."""
    retrieved: float | None = None
    """Fraction that is nearer to the identity than to anybody else in the evaluation."""
    yaw_r: float | None = None
    """Correlation of the swap's head yaw with the plate's."""
    mouth_r: float | None = None
    """Correlation of the swap's mouth opening with the plate's."""
    self_swap_psnr: float | None = None
    """PSNR of the identity swapped for itself, in dB."""
    flicker: float | None = None
    """Change between frames along tracked points that the plate does not have, as a fraction of the display range."""
    ms_per_face: float
    """Milliseconds per face."""


class PackageCard(StrictModel):
    """The card of a model package."""

    schema_version: Literal[1] = 1
    """Version of the card format: 1."""
    model: Name
    """Name of the package and of its folder."""
    sha256: Sha256
    """The sha256 of weights.safetensors."""
    engine: Text
    """The engine that it was trained for; no other can use it."""
    architecture: dict[str, JsonValue]
    """Sizes and losses of the engine."""
    people: tuple[TrainedPerson, ...] = ()
    """The people it learned, in the model's order: the identity, the performer, others. Empty for a general model."""
    roster: RosterSeal | None = None
    """For a general model, which swaps anybody: roster.json, which says whose faces it learned."""
    production: Name
    """The production that trained it."""
    licence: Text
    """What it may be used for."""
    commercial_use: bool | None = None
    """Whether it may be used commercially: not if it was trained with weights that may not. Older cards have no value;
    for them the licence's words count."""
    rights: str
    """Digest of the rights decision that allowed the training."""
    trained_at: AwareDatetime
    """When training ended."""
    iterations: int
    """Number of iterations trained; for a comb it determines the growth stage."""
    seconds: float
    """Seconds of training."""
    ended: str
    """Why training stopped."""
    device: str
    """The device that it was trained on."""
    fsvfx: str
    """The version of fsvfx that trained it."""
    trainer: TrainerSettings
    """The trainer settings."""
    augmentation: Augmentation
    """The augmentation settings."""
    faceset: FacesetSettings
    """The faceset settings."""
    start: Ancestor | None = None
    """The package that training started from."""
    published_from: Sha256 | None = None
    """Of a published package: the sha256 of the weights as they were trained. These are the same as float16, without
    adversaries."""
    losses: dict[str, float]
    """Mean losses at the end, by term."""
    figures: Figures | None = None
    """Summary of the last evaluation."""

    @model_validator(mode="after")
    def _learned_somebody(self) -> Self:
        if bool(self.people) == bool(self.roster):
            raise ValueError("a card has either people or a roster; restore the one that the weights came with")
        return self

    @property
    def allows_commercial_use(self) -> bool:
        """By what it says of it, and by its licence's words."""
        return self.commercial_use is not False and not forbids_commercial_use(self.licence)

    @property
    def names(self) -> tuple[str, ...]:
        """Of the people, in the model's order."""
        return tuple(person.name for person in self.people)

    @property
    def everybody(self) -> tuple[str, ...]:
        """Whose faces went into the weights: the people, and those of the packages that training began with."""
        return tuple(dict.fromkeys((*self.names, *(self.start.people if self.start else ()))))
