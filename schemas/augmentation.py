"""What a training manifest may say of how its pictures are varied while a model learns."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from schemas.base import StrictModel


class Augmentation(StrictModel):
    """Variation of the pictures. Input and target vary alike, but that the input alone is warped."""

    warp: Literal["cells", "jitter"] = "cells"
    """How the input is warped, while the trainer's ``random_warp`` is on: by DeepFaceLab's grids of cells, or by the
    5 x 5 grid of Deepfakes' ``original``."""
    rotation: float = Field(10.0, ge=0, le=180)
    """Turned by up to so many degrees, either way."""
    scale: float = Field(1.15, ge=1, le=2)
    """Scaled by 1 / this to this."""
    shift: float = Field(0.05, ge=0, le=0.5)
    """Shifted by up to this share of the picture's side, along both axes."""
    flip: float = Field(0.4, ge=0, le=1)
    """How often pictures are mirrored. Faces are not quite symmetrical: 0 where that matters."""
    hue: float = Field(0.0, ge=0, le=0.5)
    """Hue turned by up to this share of the circle, either way."""
    saturation: float = Field(0.0, ge=0, le=1)
    """Saturation changed by up to this share."""
    light: float = Field(0.0, ge=0, le=1)
    """Brightness changed by up to this share."""
    color_transfer: Literal["none", "monge_kantorovich"] = "none"
    """Give the identity's pictures the colours of random pictures of the performer (of engines with more people: each
    the colours of another)."""
    balance_poses: bool = True
    """Pictures of rare poses are shown more often, so that all poses are learned alike."""
