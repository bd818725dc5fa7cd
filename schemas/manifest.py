"""The shot manifest: what a production hands over. Its shape is a contract: extended, never broken."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, JsonValue

from schemas import rates
from schemas.bank import AllBut, Basis, FromBank
from schemas.base import FilePath, Name, Sha256, StrictModel, Text
from schemas.composite import Composite
from schemas.deliver import Deliver
from schemas.frames import Chunk, FrameRange, chunks_of

SCHEMA_VERSION = 1

MOST_ENTRIES = 32
"""Faces that are replaced in a shot."""
CROWD = "crowd_"
Settings = dict[str, JsonValue]
Use = Literal["face_replacement", "stunt_double", "reshoot", "de_age", "age", "dub", "likeness_insert", "test"]
Head = Literal["ict_facekit", "makehuman"]
LAST_FRAME = 9_999_999


_WHOLE = "write it without gaps, as in 1001-1240"


def _parsed(value: object) -> object:
    """A text with its own hint: other ranges may have gaps."""
    return FrameRange.parse(value, _WHOLE) if isinstance(value, str) else value


def _without_gaps(frames: FrameRange) -> FrameRange:
    if not frames.is_contiguous:
        gap = (FrameRange.span(frames.first, frames.last) - frames).first
        raise ValueError(f"the range skips frame {gap}; {_WHOLE}")
    return frames


def _as_text(value: object) -> object:
    """``frame_rate: 24`` is as good as ``frame_rate: "24"``."""
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def _possible_rate(rate: str) -> str:
    try:
        rates.parse(rate)
    except rates.RateError as error:
        raise ValueError(f"{error}; write 24, 23.976 or 24000/1001") from None
    return rate


FrameRate = Annotated[
    str,
    BeforeValidator(_as_text, json_schema_input_type=str | float),
    AfterValidator(_possible_rate),
]
Timecode = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9][:;][0-9]{2,3}$")]


class Person(StrictModel):
    """A person whose face is in a plate (performer) or goes into one (identity)."""

    references: tuple[FilePath, ...] = Field((), max_length=256)
    """Footage and stills of the face: files or globs, relative to the manifest."""
    consent: FilePath
    """Path of the consent record (YAML), relative to the manifest."""


class Plate(StrictModel):
    """The photographed frames."""

    path: FilePath
    """A video file, or an image sequence with ``####`` or ``%04d`` for the frame number; ``s3://`` is allowed."""
    first_frame: int = Field(1001, ge=-LAST_FRAME, le=LAST_FRAME)
    """The production's number for the video's first frame. Sequences take their numbers from the file names.

    Negative where the shot lies deep inside a long take.
    """
    frames: Annotated[FrameRange, BeforeValidator(_parsed), AfterValidator(_without_gaps)]
    """The frames to process, in production numbers, without gaps, such as 1001-1240."""
    color_space: Text
    """The plate's color space: its OCIO name, or a common short one (``sRGB``, ``ACEScg``)."""
    exposure: float = Field(0.0, ge=-10, le=10)
    """Exposure adjustment in stops for what face models and engines see: for linear and log plates that are under- or
    overexposed. It is reversed in the swap, so the comp keeps the plate's own light."""
    frame_rate: FrameRate | None = None
    """Frames per second, for image sequences without one (``24``, ``23.98``, ``24000/1001``). Default: the video's own.

    A video with unevenly spaced frames plays at this rate, frame by frame, without its sound.
    """
    timecode: Timecode | None = None
    """Timecode of ``first_frame``, counting every frame (00 to 59 at 60 fps). Default: the plate's own."""
    layer: Text | None = None
    """EXR: the layer or part that holds the picture (``beauty``). Default: plain R, G, B."""
    data_window: Literal["same", "union"] = "same"
    """EXR: ``same`` if all frames share one data window; ``union`` places each on black in the union of all of them."""
    header_color: Literal["check", "ignore"] = "check"
    """EXR: a ``colorInteropID`` that contradicts ``color_space`` is an error (``check``) or is ignored (``ignore``)."""


Coordinate = Annotated[float, Field(ge=0, le=65536)]


class SettingsOverride(StrictModel):
    """Engine settings for some frames only."""

    frames: FrameRange
    """The frames they apply to."""
    settings: Settings
    """The settings that change."""


class Driver(StrictModel):
    """Reenactment: whose performance a face shows, in place of the performer's. One frame of theirs to one of the
    shot, whatever the frame rates."""

    person: Name
    """The person whose performance it is; their consent must cover the role ``driver``."""
    plate: Plate
    """Their footage; its ``frames`` are those that play, and show the face at rest."""
    track: int | None = Field(None, ge=1, le=9999)
    """Number of their track, if the footage shows several people and they have no references."""
    position: tuple[Coordinate, Coordinate] | None = None
    """Or the position of their face in the first frame that shows it: x, y in the footage's pixels."""
    starts: int | None = Field(None, ge=-LAST_FRAME, le=LAST_FRAME)
    """The shot's frame with which the footage's first frame plays. Default: the shot's first."""
    beyond: Literal["error", "hold", "loop", "own"] = "error"
    """Where the footage does not reach: its first or last frame is held (``hold``), it plays over and over (``loop``),
    or the performer's own performance shows (``own``). ``error``: it must cover the shot."""
    ease: int = Field(4, ge=0, le=48)
    """With ``own``: frames over which the footage's performance fades in and out."""
    expression: bool = True
    """Whether to transfer the expression, relative to each face at rest. Gaze is not part of it."""
    pose: bool = False
    """Whether small turns of its head, relative to its usual pose, are added to the plate's; at most 10 degrees, as
    neck and hair stay the plate's."""
    strength: float = Field(1.0, ge=0, le=1)
    """How strongly; 0: the performer's own performance."""
    mouth: Literal["driver", "performer"] = "driver"
    """Whose teeth and tongue show in an open mouth. The performer's are moved along with the lips: of use only where
    their mouth is open as well."""
    neutral: int | None = None
    """A frame of the footage that shows the face at rest. Default: the tenth of its frames with the least
    expression."""

    @property
    def gives(self) -> str:
        """What it takes of whom, in words: ``expression and pose of ada``."""
        taken = [what for what, given in (("expression", self.expression), ("pose", self.pose)) if given]
        return f"{' and '.join(taken)} of {self.person}"

    def covers(self, first: int) -> tuple[int, int]:
        """The first and the last frame with which it plays, of a shot that begins with ``first``."""
        start = first if self.starts is None else self.starts
        return start, start + len(self.plate.frames) - 1

    def frame_at(self, number: int, first: int) -> int | None:
        """Its frame that plays with the shot's frame ``number``; None where the performer's own performance shows."""
        start, last = self.covers(first)
        count, place = last - start + 1, number - start
        if not 0 <= place < count:
            if self.beyond in ("own", "error"):
                return None
            place = place % count if self.beyond == "loop" else min(max(place, 0), count - 1)
        return self.plate.frames.first + place

    def share_at(self, number: int, first: int) -> float:
        """How far its performance has come in at the shot's frame ``number``, 0 to 1: without ``strength``."""
        start, last = self.covers(first)
        if self.beyond in ("hold", "loop"):
            return 1.0
        inside = min(number - start, last - number) + 1
        return float(min(max(inside / ((self.ease if self.beyond == "own" else 0) + 1), 0), 1))


class Replace(StrictModel):
    """One swap: whose face is replaced, by whose, with which engine."""

    performer: Name = ""
    """The person whose face is in the plate.
    Required, unless ``performers`` is given."""
    performers: Literal["all"] | AllBut | None = None
    """Instead of ``performer``: ``all`` faces of the plate, or all but some; each gets a face from a bank."""
    at_most: int = Field(8, ge=1, le=MOST_ENTRIES)
    """With ``performers``: the largest number of faces. If the plate shows more, the run says so and stops."""
    shown: tuple[Name, ...] = Field((), max_length=MOST_ENTRIES)
    """With ``performers``: who they are, each with a consent record. Or give a ``basis``."""
    basis: Basis | None = None
    """With ``performers``: the legal basis on which their faces are replaced without records."""
    identity: Name | FromBank
    """The person whose face goes in; or ``{bank: NAME}``: people who do not exist."""
    engine: Text
    """Name of the engine, as listed by ``fsvfx engines``."""
    settings: Settings = Field(default_factory=dict)
    """Settings of the engine, for all frames."""
    overrides: tuple[SettingsOverride, ...] = Field((), max_length=256)
    """Other settings for some frames; later overrides win."""
    track: int | None = Field(None, ge=1, le=9999)
    """Number of the performer's track, as listed by ``fsvfx faces``."""
    position: tuple[Coordinate, Coordinate] | None = None
    """Or the position of the face in the first frame that shows it: x, y in plate pixels."""
    roto: FilePath | None = None
    """An external matte for every frame, 0 to 1: an EXR, PNG or TIFF sequence with ``####``; ``s3://`` is allowed."""
    roto_layer: Text | None = None
    """The layer or channel that holds the matte. Default: the only channel, else A, else R."""
    driver: Driver | None = None
    """Reenactment: another person's performance instead of the performer's."""

    @property
    def whose(self) -> str:
        """Whose face is replaced, in words."""
        if not self.is_crowd:
            return self.performer
        alone = self.performers.all_but if isinstance(self.performers, AllBut) else ()
        return f"everybody but {', '.join(map(str, alone))}" if alone else "everybody"

    @property
    def goes_in(self) -> str:
        """Whose face goes in, in words: of a bank's members none can have the same, as people's names have no colon."""
        return self.identity if isinstance(self.identity, str) else f"bank:{self.identity.bank}"

    @property
    def from_bank(self) -> FromBank | None:
        """The bank whose member goes in; None: a person does."""
        return self.identity if isinstance(self.identity, FromBank) else None

    @property
    def is_crowd(self) -> bool:
        """Whether it stands for a face that nobody named."""
        return self.performers is not None

    @property
    def each(self) -> tuple[Replace, ...]:
        """An entry per face: itself; of a crowd as many as there is room for, ``crowd_1`` and so on."""
        if not self.is_crowd or self.performer:
            return (self,)
        names = (f"{CROWD}{number}" for number in range(1, self.at_most + 1))
        return tuple(self.model_copy(update={"performer": name}) for name in names)

    def settings_at(self, frame: int) -> Settings:
        """Those in force: the entry's, and what overrides say on top; later ones win."""
        values = dict(self.settings)
        for override in self.overrides:
            if frame in override.frames:
                values |= override.settings
        return values


class Faces(StrictModel):
    """How faces are detected and tracked."""

    detector: Literal["blazeface", "yunet", "insightface"] | Name = "blazeface"
    """The face detector, as listed by ``fsvfx models list``: one of these, or an insightface pack that was added."""
    min_score: float = Field(0.5, gt=0, lt=1)
    """Lowest detector confidence that counts as a face."""
    min_size: float = Field(24.0, ge=8)
    """Smallest face height, in plate pixels; smaller faces are ignored."""
    tiles: Literal["auto", "always", "never"] = "auto"
    """Whether to search overlapping tiles too, for small faces. ``auto``: only if the whole frame shows no face."""
    roll: bool = True
    """Search the rotated frame too if the upright one shows no face."""
    every: int = Field(4, ge=1, le=48)
    """Frames from one search for faces to the next; in between they are followed, and back to where they came in. One
    that comes and goes between two searches may be missed: 1 searches every frame."""
    perturb: int = Field(3, ge=1, le=33)
    """Number of slightly shifted crops whose landmarks are averaged to reduce jitter."""
    smooth: float = Field(1.0, ge=0, le=2)
    """Standard deviation, in frames, of the temporal landmark filter; 0 turns it off."""
    max_gap: int = Field(8, ge=0, le=48)
    """Longest gap, in frames, that is filled by interpolation."""
    head: Head = "ict_facekit"
    """The morphable model for engines in three dimensions, drivers, meshes and point caches: the ICT-FaceKit, which
    ``fsvfx models add`` packs, or MakeHuman's head, which ``fsvfx models pull makehuman`` downloads."""


class Measure(StrictModel):
    """What quality control measures."""

    every: int = Field(8, ge=1)
    """Identity embeddings are measured on every n-th frame; 1 where faces must not be recognized in any."""


class Shot(StrictModel):
    """A plate and what to do with it."""

    name: Name
    """Name of the shot, unique in the manifest."""
    plate: Plate
    """The photographed frames."""
    replace: tuple[Replace, ...] = Field((), max_length=MOST_ENTRIES)
    """The faces to replace, in order."""
    use: Use = "face_replacement"
    """The purpose of the swap; the consent of both people must name it."""
    nudity_or_sexual: bool = False
    """Whether the shot shows nudity or sexual content; the consent of both people must allow it."""
    composite: Composite = Field(default_factory=Composite)
    """How the swaps are composited."""
    faces: Faces = Field(default_factory=Faces)
    """How faces are detected and tracked."""
    measure: Measure = Field(default_factory=Measure)
    """What quality control measures."""
    chunk_size: int = Field(24, ge=1, le=240)
    """Frames per chunk: the unit that runs, fails and is redone on its own."""
    seed: int = Field(0, ge=0, lt=2**32)
    """Seed for everything random."""

    @property
    def told(self) -> tuple[Replace, ...]:
        """Its entries as a person tells of them: a crowd's faces are one."""
        first = next((entry for entry in self.replace if entry.is_crowd), None)
        return tuple(entry for entry in self.replace if not entry.is_crowd or entry is first)

    @property
    def chunks(self) -> list[Chunk]:
        return chunks_of(self.plate.frames, size=self.chunk_size, anchor=self.plate.first_frame)


def drivers_of(shot: Shot) -> list[str]:
    """Whose performance shows where it is not the performer's own, in words."""
    return [f"{entry.performer}: {entry.driver.gives}" for entry in shot.told if entry.driver]


Purpose = Literal["commercial", "research"]
Keep = Literal["all", "results"]


class HeldLicence(StrictModel):
    """A licence held by the production for weights whose own licence does not allow its use."""

    file: FilePath
    """Path of the licence, relative to the manifest."""
    sha256: Sha256
    """The sha256 of that file."""


class Color(StrictModel):
    """How color spaces are named and converted."""

    config: FilePath | None = None
    """An OCIO config: the full name of a built-in one, or a ``.ocio`` or ``.ocioz`` file, relative to the manifest.
    Default: the ACES 2 studio config."""


class StoreSettings(StrictModel):
    """Where results are stored, and how many of them."""

    path: FilePath = "work/"
    """A folder, relative to the manifest, or ``s3://bucket/prefix``."""
    keep: Keep = "all"
    """``all`` arrays; or ``results``: without those of align, swap and occlude where one task makes and uses them. They
    take most of the room, and are computed again if they are needed later."""


def _as_store(value: object) -> object:
    """``store: work/`` is short for ``store: {path: work/}``."""
    return {"path": value} if isinstance(value, str) else value


Store = Annotated[StoreSettings, BeforeValidator(_as_store, json_schema_input_type=StoreSettings | FilePath)]


class Manifest(StrictModel):
    """One production's shots."""

    schema_version: Literal[1]
    """Version of the manifest format: 1."""
    production: Name
    """Name of the production, as the consent records have it."""
    people: dict[Name, Person] = Field(default_factory=dict)
    """Everybody who takes part, by the names that the rest of the manifest uses. A crowd needs nobody here."""
    shots: tuple[Shot, ...] = Field(min_length=1, max_length=2000)
    """The shots to process."""
    color: Color = Field(default_factory=Color)
    """How color spaces are named and converted."""
    deliver: tuple[Deliver, ...] = Field((), max_length=64)
    """What to deliver for every shot."""
    store: Store = Field(default_factory=StoreSettings)
    """Where results are stored: a folder, relative to the manifest, or ``s3://bucket/prefix``; or a mapping of ``path``
    and ``keep``."""
    packages: FilePath = "packages/"
    """Folder of model packages, relative to the manifest. The folders in FSVFX_PACKAGES are searched after it."""
    purpose: Purpose = "commercial"
    """What the production is for. ``research`` may use weights whose licence excludes commercial use."""
    licences: dict[Text, HeldLicence] = Field(default_factory=dict)
    """Licences held by the production, by the name of the weights (``fsvfx models list``) or of the package."""
    revocations: FilePath | None = None
    """Register of revocations (YAML), relative to the manifest. The people whose faces a general model has learned are
    looked up in it; it is required if any of them exist."""
