"""insightface's packs: networks that find faces, their points, and whose they are, as a user's own folder has them.

A pack is a folder ``packs/NAME/`` of the machine's models, with ``pack.yaml`` and, unless they were left where they
lay, the ONNX files. ``measured.yaml`` beside it has what ``fsvfx models measure`` found.
"""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, Field

from schemas.base import FilePath, Name, Sha256, StrictModel, Text, forbids_commercial_use

Task = Literal["detection", "recognition", "landmarks_106", "landmarks_68"]


class PackNetwork(StrictModel):
    """One network of a pack."""

    task: Task
    """What it is for."""
    file: FilePath
    """The ONNX file: its name beside the card, or an absolute path."""
    sha256: Sha256
    """The sha256 of the file."""
    bytes: int = Field(gt=0)
    """Its size."""
    input: Text
    """Name of the input."""
    size: int | None = Field(None, ge=16, le=4096)
    """Height and width of its pictures, px; none if any will do."""
    mean: float
    """What is subtracted from values in 0 to 255."""
    std: float = Field(gt=0)
    """What they are divided by then."""
    numbers: int = Field(gt=0, le=65536)
    """Length of its vector: of a face's identity, or of its points."""
    at_once: int | None = Field(None, ge=1)
    """Pictures per run, if the file fixes their number."""


class PackCard(StrictModel):
    """The card of a pack."""

    schema_version: Literal[1] = 1
    """Version of the card format: 1."""
    pack: Name
    """Name of the pack here, by which manifests and commands call its detector and its identity network."""
    model_id: Name
    """insightface's name for it, which a signed licence names."""
    manifest: Literal["legacy", "v2"]
    """Whether insightface's manifest.json said what its files are, or their shapes did."""
    source: Text
    """Where it came from."""
    licence: Text
    """What it may be used for."""
    commercial_use: bool
    """Whether it may be used commercially."""
    signed: FilePath | None = None
    """insightface's signed MODEL.LICENSE, if it came with one: its name beside the card, or an absolute path."""
    trained_on: Text
    """What its networks learned from."""
    consent: Text
    """The consent of those people."""
    networks: tuple[PackNetwork, ...] = Field(min_length=1)
    """Its networks, one per task."""

    @property
    def allows_commercial_use(self) -> bool:
        """By what it says of it, and by its licence's words."""
        return self.commercial_use and not forbids_commercial_use(self.licence)


class Spread(StrictModel):
    """Distances between vectors of pairs of pictures."""

    pairs: int
    """Number of pairs."""
    median: float
    """Half of them are nearer."""
    tail: float
    """Of one person: 95 % are nearer. Of two: 5 % are."""


class PointsApart(StrictModel):
    """How far five points (eyes, nose, corners of the mouth) are from FaceMesh's, as shares of the eyes' distance."""

    median: float
    """Half of the pictures have less."""
    tail: float
    """95 % have less."""
    scale: float
    """Median size of a crop fitted to these points, of one fitted to FaceMesh's."""


class Measured(StrictModel):
    """What an identity network makes of pictures of people: how well it tells them apart, and where."""

    schema_version: Literal[1] = 1
    """Version of the format: 1."""
    network: Name
    """Name of the identity network."""
    sha256: Sha256
    """The sha256 of its weights."""
    people: int
    """Number of people."""
    pictures: int
    """Number of their pictures in which a face was found."""
    same: Spread
    """Of two pictures of one person."""
    different: Spread
    """Of pictures of two people."""
    same_person: float = Field(gt=0)
    """Distance below which two vectors are usually of one person: it classifies most pairs of both kinds correctly."""
    right: float
    """Mean of the shares of both kinds that it classifies correctly."""
    points: dict[str, PointsApart] = Field(default_factory=dict)
    """How far the pack's own points are from FaceMesh's, by network."""
    fsvfx: str
    """The version of fsvfx that measured."""
    measured_at: AwareDatetime
    """When."""
