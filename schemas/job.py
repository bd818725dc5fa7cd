"""One shot or one training, ready to run: what every task of it is handed. Paths are absolute or s3://."""

from __future__ import annotations

from pydantic import Field, JsonValue

from schemas.augmentation import Augmentation
from schemas.bank import AllBut
from schemas.bank_card import UsedBank
from schemas.base import StrictModel
from schemas.deliver import Deliver
from schemas.faceset import FacesetSettings
from schemas.manifest import Faces, HeldLicence, Keep, Person, Purpose, Replace, Shot
from schemas.train import HeldOut, Occluders, Start
from schemas.trainer import TrainerSettings


class TrainedModel(StrictModel):
    """A model package that is used, or a user's own network: who must have allowed their faces' use in training."""

    model: str
    sha256: str
    engine: str
    people: tuple[str, ...]
    licence: str = ""
    commercial_use: bool | None = True
    weights: tuple[str, ...] = ()
    """Names of the model cards whose weights it uses besides."""
    roster: str = ""
    """Of a general model: the sha256 of its roster, which says whose faces it has learned."""
    wide: float = 1.0
    """How many times as wide as align's crops the pictures are that it looks at."""


class ShotJob(StrictModel):
    """The part of a manifest that one shot needs, with its paths resolved."""

    production: str
    shot: Shot
    people: dict[str, Person]
    """Only the people that the shot names, and those that its models were trained on."""
    models: tuple[TrainedModel, ...] = ()
    """The packages that its engines use."""
    banks: tuple[UsedBank, ...] = ()
    """Those that its entries' identities come from."""
    packages: str = ""
    """The folder of model packages that the manifest names."""
    deliver: tuple[Deliver, ...]
    """Templates are filled in but for the frame number."""
    store: str
    """Absolute folder, ``s3://bucket/prefix`` or ``memory://name``."""
    keep: Keep = "all"
    """``results``: without arrays that only the task which makes them uses. In no key."""
    colour_config: str
    """A built-in OCIO config's name; the production's own by the hash of its content (``blake3:...``)."""
    colour_file: str = ""
    """Where the production's own is."""
    chosen_store: str = ""
    """The store, where it was given in place of the manifest's."""
    manifest: str
    """The manifest's path, for messages and the commands that they give."""
    purpose: Purpose = "commercial"
    licences: dict[str, HeldLicence] = Field(default_factory=dict)
    """Those that the production holds, their paths absolute."""
    revocations: str = ""
    """Absolute path of the register in which rosters are looked up."""
    sound: bool = True
    """Whether the plate's sound is of use: not that of a driver's footage, or of a training's."""
    run_id: str = ""
    rights: str = ""
    """Digest of the decision that allowed this run."""
    may_replace: bool = False
    """Whether deliverables may replace files that the shot did not deliver."""

    @property
    def where(self) -> str:
        return f"shot {self.shot.name}"

    @property
    def shown(self) -> tuple[str, ...]:
        """Its people, in alphabetical order, but for those who are only asked for their part in its models."""
        named = {name for entry in self.shot.replace for name in people_of(entry)}
        trained = {name for model in self.models for name in model.people}
        return tuple(sorted(self.people.keys() - (trained - named)))


def people_of(entry: Replace) -> set[str]:
    """Everybody of the manifest whom an entry names, but for those who are in a crowd and not told apart."""
    alone = entry.performers.all_but if isinstance(entry.performers, AllBut) else ()
    named = [entry.identity] if isinstance(entry.identity, str) else []
    whose = [entry.performer] if entry.performer and not entry.is_crowd else []
    driver = [entry.driver.person] if entry.driver else []
    return {*named, *whose, *driver, *(one for one in alone if isinstance(one, str))}


def driver_job(job: ShotJob, index: int) -> ShotJob:
    """The footage that drives the ``index``-th entry, as a shot of which no more is wanted than the driver's face:
    as in a training, whose face would go in does not matter."""
    driver = job.shot.replace[index].driver
    assert driver is not None
    face = Replace(
        performer=driver.person,
        identity=driver.person,
        engine="landmark_warp",
        track=driver.track,
        position=driver.position,
    )
    shot = job.shot.model_copy(update={"plate": driver.plate, "replace": (face,)})
    return job.model_copy(update={"shot": shot, "models": (), "deliver": (), "sound": False})


class FootageJob(StrictModel):
    """A piece of footage, as a shot of which no more is wanted than one performer's aligned face."""

    name: str
    person: str
    entry: int
    """Index of the ``replace`` entry whose performer the person is."""
    shot: ShotJob


class CollectionJob(StrictModel):
    """A picture collection that a crowd has. Paths are absolute."""

    name: str
    folder: str
    only: tuple[str, ...]
    leave_out: tuple[str, ...]
    record: str
    faceless: float


class TrainJob(StrictModel):
    """One training, with its paths resolved and all defaults filled in."""

    production: str
    model: str
    engine: str
    architecture: dict[str, JsonValue]
    learned: tuple[str, ...]
    """The identity, the performer, others: the model's order. Of a crowd: those with footage."""
    people: dict[str, Person]
    """The people it learns, and those that its start was trained on."""
    collections: tuple[CollectionJob, ...] = ()
    """A crowd's."""
    held_out: HeldOut | None = None
    """Who of a crowd is held out; None: it is a pair, or a comb's few."""
    faces: Faces = Field(default_factory=Faces)
    footage: tuple[FootageJob, ...]
    faceset: FacesetSettings
    augmentation: Augmentation
    trainer: TrainerSettings
    start: Start | None
    models: tuple[TrainedModel, ...] = ()
    """The package that it starts with, if it does."""
    occluders: Occluders | None = None
    """Of a second stage; its path is absolute."""
    licence: str
    store: str
    folder: str
    """Where checkpoints, curves and previews go."""
    packages: str
    manifest: str
    purpose: Purpose = "commercial"
    licences: dict[str, HeldLicence] = Field(default_factory=dict)
    revocations: str = ""
    run_id: str = ""
    rights: str = ""
    """Digest of the decision that allowed it."""

    @property
    def is_crowd(self) -> bool:
        return self.held_out is not None

    @property
    def sets(self) -> tuple[str, ...]:
        """Names of its facesets: everybody with footage, then collections; no two have one name."""
        return (*self.learned, *(one.name for one in self.collections))
