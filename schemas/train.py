"""The training manifest: whose faces a model learns, from which footage, and how."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schemas.augmentation import Augmentation
from schemas.base import FilePath, Name, Sha256, StrictModel, Text
from schemas.collection import Collection
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


class Clips(StrictModel):
    """Many videos at once, all of their frames; each becomes a piece of footage named after its file."""

    path: FilePath
    """A folder, or a glob such as ``clips/lead/*.mov``, relative to the manifest."""
    color_space: Text
    """Their color space, as in a plate."""
    exposure: float = Field(0.0, ge=-10, le=10)
    """As in a plate."""


class Footage(StrictModel):
    """Footage of one person, for their faceset: a ``plate``, ``clips`` or a ``shot``."""

    name: Name
    """Name of the footage, for ``faceset.exclude`` and the package's card."""
    person: Name
    """The person it shows: one of those the model learns."""
    plate: Plate | None = None
    """The photographed frames, as in a shot manifest."""
    clips: Clips | None = None
    """All videos of a folder or glob."""
    shot: ShotFootage | None = None
    """A shot that has the person as the performer of one of its ``replace`` entries."""
    track: int | None = Field(None, ge=1, le=9999)
    """Number of the person's track, if there are several faces."""
    position: tuple[Coordinate, Coordinate] | None = None
    """Or the position of the face in the first frame that shows it: x, y in plate pixels."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if sum(one is not None for one in (self.plate, self.clips, self.shot)) != 1:
            raise ValueError("footage is a plate, clips or a shot; give exactly one of them")
        if self.clips and self.position:
            raise ValueError("position belongs to one plate; with clips, give the person references or track")
        if self.shot and (self.track or self.position):
            raise ValueError("track and position belong in the shot's own manifest; remove them here")
        return self


class HeldOut(StrictModel):
    """People of a crowd whom training never sees: named, or a share of everybody by a hash of the name."""

    people: tuple[Text, ...] = Field((), max_length=10_000)
    """Names or globs of people."""
    share: float = Field(0.1, ge=0, le=0.5)
    """Share of the other people. Adding people does not change who is held out."""
    seed: int = Field(0, ge=0, lt=2**32)
    """Seed of the choice: another seed holds out other people."""

    @property
    def is_nobody(self) -> bool:
        """Whether nobody is to be held out: previews and evaluation then take held-out frames of people it learns."""
        return not self.people and not self.share


class Learn(StrictModel):
    """Whom a model learns: a pair (``identity`` and ``performer``, with ``others`` for a comb), or a crowd."""

    identity: Name | None = None
    """The person whose face goes in."""
    performer: Name | None = None
    """The person whose face is in the plates."""
    others: tuple[Name, ...] = Field((), max_length=30)
    """More people for the model to learn, for engines that support it (``comb``)."""
    people: tuple[Name, ...] = Field((), max_length=10_000)
    """A crowd's people with footage and a consent record of their own."""
    collections: tuple[Name, ...] = Field((), max_length=100)
    """A crowd's picture collections."""
    held_out: HeldOut = Field(default_factory=HeldOut)
    """Which people of a crowd are held out."""

    @property
    def is_crowd(self) -> bool:
        return bool(self.people or self.collections)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        pair = {"identity": self.identity, "performer": self.performer, "others": self.others}
        said = [name for name, value in pair.items() if value]
        if said and self.is_crowd:
            raise ValueError(f"{', '.join(said)} and a crowd are both given; give a pair or a crowd")
        if not self.is_crowd and not (self.identity and self.performer):
            raise ValueError("there is nobody to learn; give identity and performer, or people and collections")
        if not self.is_crowd and "held_out" in self.model_fields_set:
            raise ValueError("held_out is for crowds; a pair's frames are held out by faceset.held_out")
        return self


class Occluders(StrictModel):
    """What is pasted in front of a crowd's faces while a second stage learns to keep it: drawn shapes, and cut-outs."""

    path: FilePath | None = None
    """Folder with cut-outs of hands, glasses, hair: PNG or TIFF with alpha. Default: drawn shapes only."""
    licence: Text | None = None
    """Licence of the cut-outs; required with ``path``."""
    commercial_use: bool | None = None
    """Whether models that have seen them may be used commercially; required with ``path``."""
    share: float = Field(0.7, ge=0, le=1)
    """Share of the pictures in which something is pasted in front."""
    drawn: float = Field(0.3, ge=0, le=1)
    """Share of drawn shapes in what is pasted, if there are cut-outs."""

    @model_validator(mode="after")
    def _said(self) -> Self:
        lacking = [name for name in ("licence", "commercial_use") if getattr(self, name) is None]
        if self.path is not None and lacking:
            raise ValueError(
                f"the terms of cut-outs bind the model that is trained with them; add {', '.join(lacking)}"
            )
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
    learn: Learn | None = None
    """Whose faces it learns: a pair, a few people, or a crowd."""
    identity: Name | None = None
    """The person whose face goes in; short for ``learn.identity``."""
    performer: Name | None = None
    """The person whose face is in the plates; short for ``learn.performer``."""
    others: tuple[Name, ...] = Field((), max_length=30)
    """More people for the model to learn; short for ``learn.others``."""
    people: dict[Name, Person] = Field(default_factory=dict)
    """Everybody who is learned from footage, by name. References only serve to pick a person out of several in it."""
    collections: dict[Name, Collection] = Field(default_factory=dict)
    """Picture collections with a folder for each person, by name."""
    footage: tuple[Footage, ...] = Field((), min_length=1, max_length=500)
    """Footage of everybody in ``people``."""
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
    occluders: Occluders | None = None
    """What is pasted in front of faces, for a second stage that learns to keep it."""
    licence: Text = "all rights reserved"
    """What the model package may be used for; written to its card."""
    purpose: Purpose = "commercial"
    """As in a shot manifest. A model trained with weights for research only is for research only, too."""
    licences: dict[Text, HeldLicence] = Field(default_factory=dict)
    """Licences held by the production, as in a shot manifest."""
    revocations: FilePath | None = None
    """As in a shot manifest: for the people of a general model that training starts from."""
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
    def whom(self) -> Learn:
        """Whom it learns, however that is written."""
        return self.learn or Learn(identity=self.identity, performer=self.performer, others=self.others)

    @property
    def learned(self) -> tuple[str, ...]:
        """Everybody with footage whom the model learns: the identity, the performer and others, or a crowd's people."""
        whom = self.whom
        return whom.people if whom.is_crowd else (*filter(None, (whom.identity, whom.performer)), *whom.others)

    @model_validator(mode="after")
    def _said_once(self) -> Self:
        short = [name for name in ("identity", "performer", "others") if getattr(self, name)]
        if self.learn and short:
            raise ValueError(f"{', '.join(short)} and learn are both given; move them into learn")
        if not self.learn:
            for name in ("identity", "performer"):
                if name not in short:
                    raise ValueError(f"{name} is missing; add {name}, or learn")
        return self
