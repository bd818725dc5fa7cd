"""The training manifest: whose faces a model learns, from which footage, and how."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schemas.augmentation import Augmentation
from schemas.base import FilePath, Name, Sha256, StrictModel, Text
from schemas.faceset import FacesetSettings
from schemas.manifest import Color, Coordinate, Faces, HeldLicence, Person, Plate, Purpose, Settings
from schemas.trainer import TrainerSettings

ChunkSize = Annotated[int, Field(ge=1, le=240)]


class ShotFootage(StrictModel):
    """Footage that is a shot of a shot manifest; what the shot's store already holds is reused."""

    manifest: FilePath
    """Path of the shot manifest, relative to this one."""
    shot: Name
    """Name of the shot in that manifest."""


class Footage(StrictModel):
    """Footage of one person, for their faceset: either a ``plate`` or a ``shot``."""

    name: Name
    """Name of the footage, for ``faceset.exclude`` and the package's card."""
    person: Name
    """The person it shows: one of those the model learns."""
    plate: Plate | None = None
    """The photographed frames, as in a shot manifest."""
    shot: ShotFootage | None = None
    """A shot that has the person as the performer of one of its ``replace`` entries."""
    track: int | None = Field(None, ge=1, le=9999)
    """Number of the person's track, if there are several faces."""
    position: tuple[Coordinate, Coordinate] | None = None
    """Or the position of the face in the first frame that shows it: x, y in plate pixels."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.plate is None) == (self.shot is None):
            raise ValueError("footage is either a plate or a shot; give exactly one of them")
        if self.shot and (self.track or self.position):
            raise ValueError("track and position belong in the shot's own manifest; remove them here")
        return self


class Start(StrictModel):
    """A model package to start from, instead of random weights; its people are matched in order."""

    model: Name
    """Name of the package."""
    sha256: Sha256
    """The sha256 of its weights, from its card."""
    restart: bool = True
    """Reset the weights that carry identity: for packages that were pretrained on other people."""


class TrainManifest(StrictModel):
    """One model: whose faces it learns, from which footage, with which engine."""

    schema_version: Literal[1]
    """Version of the training manifest format: 1."""
    production: Name
    """Name of the production, as the consent records have it."""
    model: Name
    """Name of the model package."""
    engine: Text
    """Name of an engine that learns, as listed by ``fsvfx engines``."""
    architecture: Settings = Field(default_factory=dict)
    """Sizes and losses of the engine."""
    identity: Name
    """The person whose face goes in."""
    performer: Name
    """The person whose face is in the plates."""
    others: tuple[Name, ...] = Field((), max_length=30)
    """More people for the model to learn, for engines that support it (``comb``)."""
    people: dict[Name, Person]
    """Everybody who is learned, by name. References only serve to pick a person out of several in their footage."""
    footage: tuple[Footage, ...] = Field(min_length=1, max_length=500)
    """Footage of everybody who is learned."""
    faces: Faces = Field(default_factory=Faces)
    """How faces are detected and tracked."""
    faceset: FacesetSettings = Field(default_factory=FacesetSettings)
    """Which faces are kept, and which are held out."""
    augmentation: Augmentation = Field(default_factory=Augmentation)
    """How pictures are varied."""
    trainer: TrainerSettings
    """How training runs, and when it stops."""
    start: Start | None = None
    """A model package to start from."""
    licence: Text = "all rights reserved"
    """What the model package may be used for; written to its card."""
    purpose: Purpose = "commercial"
    """As in a shot manifest. A model trained with weights for research only is for research only, too."""
    licences: dict[Text, HeldLicence] = Field(default_factory=dict)
    """Licences held by the production, as in a shot manifest."""
    color: Color = Field(default_factory=Color)
    """How color spaces are named and converted."""
    chunk_size: ChunkSize = 24
    """Frames per chunk of a plate."""
    store: FilePath = "work/"
    """Where results of footage and facesets are stored, as in a shot manifest."""
    training: FilePath = "training/"
    """Folder, relative to the manifest, for checkpoints, curves and previews, in ``MODEL/``."""
    packages: FilePath = "packages/"
    """Folder, relative to the manifest, where the model package is written and ``start`` is looked up."""

    @property
    def learned(self) -> tuple[str, ...]:
        """Everybody whom the model learns, in its order."""
        return (self.identity, self.performer, *self.others)
