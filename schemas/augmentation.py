"""The augmentation settings of a training manifest: how pictures are varied while a model learns."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from schemas.base import StrictModel


class Augmentation(StrictModel):
    """How pictures are varied. Input and target vary alike, except that only the input is warped."""

    warp: Literal["cells", "jitter"] = "cells"
    """How the input is warped while ``trainer.random_warp`` is on: with DeepFaceLab's grids of cells, or with the
    5 x 5 grid of the original Deepfakes."""
    rotation: float = Field(10.0, ge=0, le=180)
    """Largest rotation, in degrees, either way."""
    scale: float = Field(1.15, ge=1, le=2)
    """Largest scale factor; the smallest is its inverse."""
    shift: float = Field(0.05, ge=0, le=0.5)
    """Largest shift along both axes, as a fraction of the picture's side."""
    flip: float = Field(0.4, ge=0, le=1)
    """Probability of mirroring a picture. Faces are not quite symmetrical: set 0 where that matters."""
    hue: float = Field(0.0, ge=0, le=0.5)
    """Largest hue rotation, as a fraction of the circle, either way."""
    saturation: float = Field(0.0, ge=0, le=1)
    """Largest change of saturation, as a fraction."""
    light: float = Field(0.0, ge=0, le=1)
    """Largest change of brightness, as a fraction."""
    color_transfer: Literal["none", "monge_kantorovich"] = "none"
    """Match the identity's pictures to the colors of random pictures of the performer; with more people, each to
    another's."""
    balance_poses: bool = True
    """Show pictures of rare poses more often, so that all poses are learned equally well."""
