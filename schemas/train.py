"""The training manifest: whose faces an engine learns, from which footage, and how."""

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
    """Where footage is a shot of a shot manifest: what the shot's store holds of it is used again."""

    manifest: FilePath
    """The shot manifest, relative to this one."""
    shot: Name
    """Its name there."""


class Footage(StrictModel):
    """A piece of footage of one person, for their faceset. Either ``plate`` or ``shot``."""

    name: Name
    """What it is called: in ``faceset.exclude``, and in the package's card."""
    person: Name
    """Whose face it shows: somebody who is learned."""
    plate: Plate | None = None
    """As in a shot manifest."""
    shot: ShotFootage | None = None
    """The person must be the performer of one of its ``replace`` entries."""
    track: int | None = Field(None, ge=1, le=9999)
    """Which track is the person, where there are several."""
    position: tuple[Coordinate, Coordinate] | None = None
    """Or where the face is in the first frame that shows it: x, y in plate pixels."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.plate is None) == (self.shot is None):
            raise ValueError("footage is either a plate or a shot; write one of both")
        if self.shot and (self.track or self.position):
            raise ValueError("track and position stand in the shot's own manifest; take them out here")
        return self


class Start(StrictModel):
    """A model package that training begins with, in place of random weights; its people are taken in order."""

    model: Name
    """The package's name."""
    sha256: Sha256
    """Of its weights, as its card has it."""
    restart: bool = True
    """Begin anew what carries identity: after pretraining on other people."""


class TrainManifest(StrictModel):
    """One model: who goes in, who performs, by which engine, learned from what."""

    schema_version: Literal[1]
    """1 until the shape of training manifests changes."""
    production: Name
    """As consent records name it."""
    model: Name
    """What the model package is called."""
    engine: Text
    """One that learns, as ``fsvfx engines`` lists them."""
    architecture: Settings = Field(default_factory=dict)
    """The engine's sizes and losses."""
    identity: Name
    """Whose face goes in."""
    performer: Name
    """Whose face is in the plates."""
    others: tuple[Name, ...] = Field((), max_length=30)
    """More people that the model learns: of engines that take them (``comb``)."""
    people: dict[Name, Person]
    """References are only needed to tell a person among several in their footage."""
    footage: tuple[Footage, ...] = Field(min_length=1, max_length=500)
    """Of everybody who is learned."""
    faces: Faces = Field(default_factory=Faces)
    faceset: FacesetSettings = Field(default_factory=FacesetSettings)
    augmentation: Augmentation = Field(default_factory=Augmentation)
    trainer: TrainerSettings
    start: Start | None = None
    licence: Text = "all rights reserved"
    """What the model package may be used for: goes into its card."""
    purpose: Purpose = "commercial"
    """As in a shot manifest. What was trained with weights for research only is for research only, too."""
    licences: dict[Text, HeldLicence] = Field(default_factory=dict)
    """As in a shot manifest."""
    color: Color = Field(default_factory=Color)
    chunk_size: ChunkSize = 24
    """Frames of a plate in one chunk."""
    store: FilePath = "work/"
    """As in a shot manifest: footage and facesets go there."""
    training: FilePath = "training/"
    """A folder, relative to the manifest: checkpoints, curves, previews go into ``MODEL/`` there."""
    packages: FilePath = "packages/"
    """A folder, relative to the manifest: the model package goes there, and ``start`` is looked for there."""

    @property
    def learned(self) -> tuple[str, ...]:
        """Everybody whom the model learns, in its order."""
        return (self.identity, self.performer, *self.others)
