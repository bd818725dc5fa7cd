"""The shot manifest: what a production hands over. Its shape is a contract: extended, never broken."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, JsonValue

from schemas import rates
from schemas.base import FilePath, Name, Sha256, StrictModel, Text
from schemas.composite import Composite
from schemas.deliver import Deliver
from schemas.frames import Chunk, FrameRange, chunks_of

SCHEMA_VERSION = 1

Settings = dict[str, JsonValue]
Use = Literal["face_replacement", "stunt_double", "reshoot", "de_age", "age", "dub", "likeness_insert", "test"]
LAST_FRAME = 9_999_999


def _without_gaps(frames: FrameRange) -> FrameRange:
    if not frames.is_contiguous:
        gap = (FrameRange.span(frames.first, frames.last) - frames).first
        raise ValueError(f"the range leaves frame {gap} out; write one without gaps, as 1001-1240")
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
    """Somebody whose face is in a plate (performer) or goes into one (identity)."""

    references: tuple[FilePath, ...] = Field((), max_length=256)
    """Footage and stills of the face: files or globs, relative to the manifest."""
    consent: FilePath
    """The consent record (YAML), relative to the manifest."""


class Plate(StrictModel):
    """The photographed frames."""

    path: FilePath
    """A video file, or an image sequence with ``####`` or ``%04d`` for the frame number; may be ``s3://``."""
    first_frame: int = Field(1001, ge=-LAST_FRAME, le=LAST_FRAME)
    """The production's number of the video's first frame; a sequence's numbers are in its file names.

    Below 0 where the shot lies deep in a long take.
    """
    frames: Annotated[FrameRange, AfterValidator(_without_gaps)]
    """What to do, in production numbers; without gaps."""
    color_space: Text
    """The OCIO name of the colour space that the plate is in, or a usual short one (``sRGB``, ``ACEScg``)."""
    exposure: float = Field(0.0, ge=-10, le=10)
    """Stops by which face models and engines see the plate brighter: for linear and log plates that are under- or
    overexposed. It is taken back from the swap, so the comp has the plate's own light."""
    frame_rate: FrameRate | None = None
    """For image sequences, which carry none (``24``, ``23.98``, ``24000/1001``); a video's own is used otherwise.

    A video whose frames are unevenly spaced plays at this rate, frame by frame, without its sound.
    """
    timecode: Timecode | None = None
    """Of ``first_frame``, each frame counted (00 to 59 at 60 a second); the plate's own where it has one."""
    layer: Text | None = None
    """EXR: the layer or part that holds the picture (``beauty``); plain R, G, B otherwise."""
    data_window: Literal["same", "union"] = "same"
    """EXR: all frames have the ``same`` data window; or they are laid on black over the ``union`` of theirs."""
    header_color: Literal["check", "ignore"] = "check"
    """EXR: a ``colorInteropID`` that contradicts ``color_space`` is refused (``check``), or is wrong (``ignore``)."""


Coordinate = Annotated[float, Field(ge=0, le=65536)]


class SettingsOverride(StrictModel):
    """Engine settings for some frames only."""

    frames: FrameRange
    settings: Settings


class Replace(StrictModel):
    """One swap: whose face goes, whose comes, by which engine."""

    performer: Name
    """Whose face is in the plate."""
    identity: Name
    """Whose face goes in."""
    engine: Text
    """As ``fsvfx engines`` lists them."""
    settings: Settings = Field(default_factory=dict)
    """The engine's own settings, for all frames."""
    overrides: tuple[SettingsOverride, ...] = Field((), max_length=256)
    track: int | None = Field(None, ge=1, le=9999)
    """Which track is the performer, as ``fsvfx faces`` numbers them."""
    position: tuple[Coordinate, Coordinate] | None = None
    """Or where the face is in the first frame that shows it: x, y in plate pixels."""
    roto: FilePath | None = None
    """An external matte for every frame: an EXR, PNG or TIFF sequence with ``####``, 0 to 1; may be ``s3://``."""
    roto_layer: Text | None = None
    """Which layer or channel of its files is the matte; otherwise the only channel, else A, else R."""


class Faces(StrictModel):
    """How faces are found and followed."""

    detector: Literal["blazeface", "yunet", "insightface"] = "blazeface"
    """What finds them, as ``fsvfx models list`` has them."""
    min_score: float = Field(0.5, gt=0, lt=1)
    """How sure the detector must be."""
    min_size: float = Field(24.0, ge=8)
    """Faces lower than this many plate pixels are left alone."""
    tiles: Literal["auto", "always", "never"] = "auto"
    """Search in overlapping tiles too, for small faces. auto: where the whole frame shows none."""
    roll: bool = True
    """Search the turned frame too where the upright one shows no face."""
    perturb: int = Field(5, ge=1, le=33)
    """Shaken crops whose landmarks are averaged, against jitter."""
    smooth: float = Field(1.0, ge=0, le=2)
    """Standard deviation, in frames, of the landmarks' filter over time; 0: none."""
    max_gap: int = Field(8, ge=0, le=48)
    """Gaps up to this many frames are filled by interpolation."""


class Measure(StrictModel):
    """What quality control measures."""

    every: int = Field(8, ge=1)
    """Identity embeddings are taken on each n-th frame."""


class Shot(StrictModel):
    """A plate and what to do with it."""

    name: Name
    plate: Plate
    replace: tuple[Replace, ...] = Field((), max_length=32)
    use: Use = "face_replacement"
    """What the swap is for: both people's consent must name it."""
    nudity_or_sexual: bool = False
    """Whether the shot shows nudity or sexual content: both people's consent must say that it may."""
    composite: Composite = Field(default_factory=Composite)
    faces: Faces = Field(default_factory=Faces)
    measure: Measure = Field(default_factory=Measure)
    chunk_size: int = Field(24, ge=1, le=240)
    seed: int = Field(0, ge=0, lt=2**32)

    @property
    def chunks(self) -> list[Chunk]:
        return chunks_of(self.plate.frames, size=self.chunk_size, anchor=self.plate.first_frame)


Purpose = Literal["commercial", "research"]


class HeldLicence(StrictModel):
    """A licence that the production holds for weights whose own does not allow its use."""

    file: FilePath
    """Relative to the manifest."""
    sha256: Sha256
    """Of the file."""


class Color(StrictModel):
    """How color spaces are named and converted."""

    config: FilePath | None = None
    """An OCIO config: the full name of a built-in one, or a ``.ocio`` or ``.ocioz`` file, relative to the manifest.
    The studio config of ACES 2 is used otherwise."""


class Manifest(StrictModel):
    """One production's shots."""

    schema_version: Literal[1]
    production: Name
    people: dict[Name, Person]
    shots: tuple[Shot, ...] = Field(min_length=1, max_length=2000)
    color: Color = Field(default_factory=Color)
    deliver: tuple[Deliver, ...] = Field((), max_length=64)
    store: FilePath = "work/"
    """A folder, relative to the manifest, or ``s3://bucket/prefix``."""
    packages: FilePath = "packages/"
    """A folder of model packages, relative to the manifest; those of FSVFX_PACKAGES are looked for after it."""
    purpose: Purpose = "commercial"
    """What the production is for: ``research`` may use weights whose licence keeps commercial use out."""
    licences: dict[Text, HeldLicence] = Field(default_factory=dict)
    """Licences that the production holds, by the name of the weights (``fsvfx models list``) or of the package."""
