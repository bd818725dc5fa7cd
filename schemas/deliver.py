"""The kinds of deliverables."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Discriminator, Field, Tag
from pydantic.json_schema import SkipJsonSchema

from schemas.base import FilePath, Name, StrictModel, Text

Layer = Literal["matte", "swap", "stmap"]
MovieCodec = Literal[
    "prores_422", "prores_422_hq", "prores_4444", "dnxhr_sq", "dnxhr_hq", "dnxhr_hqx", "dnxhr_444", "h264", "hevc"
]


class DeliverExr(StrictModel):
    """Half-float EXR frames: RGB, mattes, and headers that describe them."""

    kind: Literal["exr"]
    path: FilePath
    """Path of the frames, with ``{frame}`` or ``####``; ``{shot}`` and ``{production}`` are filled in."""
    color_space: Text | None = None
    """Color space. Default: the plate's own if it is scene-linear, else ACEScg."""
    compression: Literal["none", "zips", "zip", "piz", "dwaa"] = "zip"
    """EXR compression."""
    layers: tuple[Layer, ...] = ("matte", "swap")
    """Layers besides RGB and the joint matte. ``matte``: one per performer; ``swap``: one per identity, premultiplied;
    ``stmap``: one per performer, the position of the aligned crop in the plate (32-bit float, a separate part)."""
    parts: Literal["single", "multi"] = "single"
    """Whether mattes and swaps share a part with RGB or have parts of their own."""


class DeliverFrames(StrictModel):
    """The comp as DPX, PNG or TIFF frames. In the plate's own color space, unswapped pixels keep the plate's exact
    code values."""

    kind: Literal["frames"]
    path: FilePath
    """Path of the frames, with ``{frame}``. The ending chooses the format: ``.dpx``, ``.png`` or ``.tif``."""
    color_space: Text | None = None
    """Color space. Default: the plate's own. Required for DPX, and for integer frames of a scene-linear plate."""
    depth: Literal[8, 10, 12, 16, "float"] | None = None
    """Bits per channel. Default: 10 for DPX, 16 for PNG and TIFF. ``float`` (32 bits) is for TIFF only."""


class DeliverMattes(StrictModel):
    """The mattes as 16-bit PNG or half-float EXR, one file per frame; black where there is no face."""

    kind: Literal["mattes"]
    path: FilePath
    """Path of the frames, with ``{frame}``. With ``{performer}``: one sequence per performer; without: their union."""


class DeliverMesh(StrictModel):
    """Each performer's face as a mesh, one OBJ per frame, before a camera that a JSON beside it states."""

    kind: Literal["mesh"]
    path: FilePath
    """Path of the frames, with ``{frame}``; with ``{performer}`` if a shot replaces several faces."""
    of: Literal["plate", "swap"] = "plate"
    """``plate``: the performer's own shape; ``swap``: the identity's shape, with the performer's expression and
    outline."""


class DeliverPointCache(StrictModel):
    """Each performer's face over the whole shot in one USD file: a mesh whose points move, and its camera."""

    kind: Literal["point_cache"]
    path: FilePath
    """Path of the file; with ``{performer}`` if a shot replaces several faces."""
    of: Literal["plate", "swap"] = "plate"
    """As for ``mesh``."""


class DeliverMovie(StrictModel):
    """The comp as a movie, without burn-in, with the plate's sound and timecode."""

    kind: Literal["movie"]
    path: FilePath
    """Path of the movie; ``{shot}`` and ``{production}`` are filled in."""
    codec: MovieCodec = "prores_422_hq"
    """Video codec."""
    color_space: Text | None = None
    """Color space. Default: the plate's own. Required for scene-linear plates."""
    bits: Literal[8, 10] = 10
    """Bit depth of ``h264`` and ``hevc``; the other codecs have a fixed one."""
    crf: int = Field(12, ge=0, le=40)
    """Quality of ``h264`` and ``hevc``: lower is better."""


class DeliverReview(StrictModel):
    """A review video, with burn-in and the plate's sound."""

    kind: Literal["review"]
    path: FilePath
    """Path of the video; ``{shot}`` and ``{production}`` are filled in."""
    codec: Literal["h264", "prores"] = "h264"
    """Video codec."""
    crf: int = Field(16, ge=0, le=40)
    """Quality of ``h264``: lower is better."""
    slate: bool = False
    """Add a slate: one frame before the first."""


class DeliverSheet(StrictModel):
    """A contact sheet (PNG or JPEG): plate and comp for frames across the shot, with their QC figures."""

    kind: Literal["contact_sheet"]
    path: FilePath
    """Path of the picture; ``{shot}`` and ``{production}`` are filled in."""


class DeliverReport(StrictModel):
    """The delivery report (JSON): files, digests, QC figures and consent records."""

    kind: Literal["report"]
    path: FilePath
    """Path of the report; ``{shot}`` and ``{production}`` are filled in."""


class DeliverMhl(StrictModel):
    """An ASC MHL history (xxh128) of the shot's deliverables below a folder on disk."""

    kind: Literal["mhl"]
    path: FilePath
    """The folder that gets an ``ascmhl/`` folder. Each shot needs its own."""


class DeliverOther(StrictModel):
    """A deliverable of a kind that an installed package registers. Its other settings are kept as they are written:
    the kind's own model checks them."""

    model_config = ConfigDict(extra="allow")

    kind: Name
    path: FilePath
    kind_version: int = 0
    """Of the kind, filled in when a job is made: part of the key of what is delivered."""


OWN_KINDS: dict[str, type[StrictModel]] = {
    "exr": DeliverExr,
    "frames": DeliverFrames,
    "mattes": DeliverMattes,
    "mesh": DeliverMesh,
    "point_cache": DeliverPointCache,
    "movie": DeliverMovie,
    "review": DeliverReview,
    "contact_sheet": DeliverSheet,
    "report": DeliverReport,
    "mhl": DeliverMhl,
}
OTHER_KIND = "other"
"""The tag of all kinds that are not fsvfx's own, in places of pydantic's errors."""


def _tag(value: object) -> str | None:
    if not isinstance(value, (dict, StrictModel)):
        return "exr"  # whose model says that it is no mapping
    kind = value.get("kind") if isinstance(value, dict) else getattr(value, "kind", None)
    if not isinstance(kind, str):
        return None
    return kind if kind in OWN_KINDS else OTHER_KIND


Deliver = Annotated[
    Annotated[DeliverExr, Tag("exr")]
    | Annotated[DeliverFrames, Tag("frames")]
    | Annotated[DeliverMattes, Tag("mattes")]
    | Annotated[DeliverMesh, Tag("mesh")]
    | Annotated[DeliverPointCache, Tag("point_cache")]
    | Annotated[DeliverMovie, Tag("movie")]
    | Annotated[DeliverReview, Tag("review")]
    | Annotated[DeliverSheet, Tag("contact_sheet")]
    | Annotated[DeliverReport, Tag("report")]
    | Annotated[DeliverMhl, Tag("mhl")]
    | Annotated[SkipJsonSchema[DeliverOther], Tag(OTHER_KIND)],
    Field(
        discriminator=Discriminator(_tag),
        json_schema_extra={
            "discriminator": {
                "mapping": {kind: f"#/$defs/{model.__name__}" for kind, model in OWN_KINDS.items()},
                "propertyName": "kind",
            }
        },
    ),
]


def template(deliver: Deliver) -> str:
    """The path, for ``schemas.templates``. A folder's ends in /: only the names of files have frame numbers."""
    return f"{deliver.path.rstrip('/')}/" if isinstance(deliver, DeliverMhl) else deliver.path
