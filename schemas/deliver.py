"""What a production gets: the kinds of deliverables."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from schemas.base import FilePath, StrictModel, Text

Layer = Literal["matte", "swap", "stmap"]
MovieCodec = Literal[
    "prores_422", "prores_422_hq", "prores_4444", "dnxhr_sq", "dnxhr_hq", "dnxhr_hqx", "dnxhr_444", "h264", "hevc"
]


class DeliverExr(StrictModel):
    """Half-float EXR frames: RGB, the mattes, and the headers that say what they are."""

    kind: Literal["exr"]
    path: FilePath
    """With ``{frame}`` or ``####`` for the frame number; ``{shot}`` and ``{production}`` are filled in."""
    color_space: Text | None = None
    """Default: the plate's own if scene-linear, else ACEScg."""
    compression: Literal["none", "zips", "zip", "piz", "dwaa"] = "zip"
    layers: tuple[Layer, ...] = ("matte", "swap")
    """Beside RGB and the joint matte. ``matte``: one per performer; ``swap``: per identity, premultiplied; ``stmap``:
    per performer, where the aligned crop lies in the plate (32-bit float, a part of its own)."""
    parts: Literal["single", "multi"] = "single"
    """Whether mattes and swaps lie in one part with RGB, or in parts of their own."""


class DeliverFrames(StrictModel):
    """The comp as DPX, PNG or TIFF frames. Where nothing is swapped they have the plate's very codes, if the spaces are
    the same."""

    kind: Literal["frames"]
    path: FilePath
    """With ``{frame}``; its ending says which: ``.dpx``, ``.png``, ``.tif``."""
    color_space: Text | None = None
    """Default: the plate's own. DPX must name it; so must integer frames of a scene-linear plate."""
    depth: Literal[8, 10, 12, 16, "float"] | None = None
    """Default: 10 for DPX, 16 for PNG and TIFF. ``float`` (32 bits) is for TIFF; half floats are EXR's."""


class DeliverMattes(StrictModel):
    """The mattes as pictures on every frame, black where there is no face: 16-bit PNG or half-float EXR."""

    kind: Literal["mattes"]
    path: FilePath
    """With ``{frame}``; with ``{performer}`` one sequence for each performer, without it their union."""


class DeliverMovie(StrictModel):
    """The comp as a movie without burn-in, with the plate's sound and timecode."""

    kind: Literal["movie"]
    path: FilePath
    codec: MovieCodec = "prores_422_hq"
    color_space: Text | None = None
    """Default: the plate's own; movies of scene-linear plates must name one."""
    bits: Literal[8, 10] = 10
    """Of ``h264`` and ``hevc``; the others have their own."""
    crf: int = Field(12, ge=0, le=40)
    """Of ``h264`` and ``hevc``: lower is better."""


class DeliverReview(StrictModel):
    """A video to look at, with burn-in and the plate's sound."""

    kind: Literal["review"]
    path: FilePath
    codec: Literal["h264", "prores"] = "h264"
    crf: int = Field(16, ge=0, le=40)
    """Of ``h264``."""
    slate: bool = False
    """One frame before the first that says what this is."""


class DeliverSheet(StrictModel):
    """A contact sheet (PNG or JPEG): plate and comp of frames through the shot, with their figures."""

    kind: Literal["contact_sheet"]
    path: FilePath


class DeliverReport(StrictModel):
    """The delivery report (JSON): what was delivered, its digests, its figures, whose consent."""

    kind: Literal["report"]
    path: FilePath


class DeliverMhl(StrictModel):
    """An ASC MHL history (xxh128) of the shot's delivered files below a folder on disk."""

    kind: Literal["mhl"]
    path: FilePath
    """The folder; ``ascmhl/`` is made in it. Each shot needs its own."""


Deliver = Annotated[
    DeliverExr
    | DeliverFrames
    | DeliverMattes
    | DeliverMovie
    | DeliverReview
    | DeliverSheet
    | DeliverReport
    | DeliverMhl,
    Field(discriminator="kind"),
]
PER_FRAME = (DeliverExr, DeliverFrames, DeliverMattes)
"""Written chunk by chunk, a file per frame; the others once per shot."""


def template(deliver: Deliver) -> str:
    """The path, for ``schemas.templates``. A folder's ends in /: only the names of files have frame numbers."""
    return f"{deliver.path.rstrip('/')}/" if isinstance(deliver, DeliverMhl) else deliver.path
