"""What a production gets: the kinds of deliverables."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from schemas.base import StrictModel, Text


class DeliverExr(StrictModel):
    """Half-float EXR frames: RGB, the matte, and the headers that say what they are."""

    kind: Literal["exr"]
    path: Text
    """With ``{frame}`` or ``####`` for the frame number; ``{shot}`` and ``{production}`` are filled in."""
    color_space: Text | None = None
    """Default: the plate's own if scene-linear, else ACEScg."""
    compression: Literal["none", "zips", "zip", "piz", "dwaa"] = "zip"


class DeliverReview(StrictModel):
    """An H.264 video to look at, with burn-in and the plate's sound."""

    kind: Literal["review"]
    path: Text
    crf: int = Field(16, ge=0, le=40)


class DeliverSheet(StrictModel):
    """A contact sheet (PNG or JPEG): plate and comp of frames through the shot, with their figures."""

    kind: Literal["contact_sheet"]
    path: Text


class DeliverReport(StrictModel):
    """The delivery report (JSON): what was delivered, its digests, its figures, whose consent."""

    kind: Literal["report"]
    path: Text


Deliver = Annotated[DeliverExr | DeliverReview | DeliverSheet | DeliverReport, Field(discriminator="kind")]
