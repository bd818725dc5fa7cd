"""What a training manifest may say of its facesets: which faces are kept, and which are held out."""

from __future__ import annotations

from pydantic import Field

from schemas.base import Name, StrictModel
from schemas.frames import FrameRange


class FacesetSettings(StrictModel):
    """How a person's footage becomes pictures to train on."""

    size: int = Field(256, ge=64, le=1024, multiple_of=16)
    """Height and width of the crops, px."""
    blurred: float = Field(0.4, ge=0, le=1)
    """Faces with less than this share of the person's median sharpness are left out; 0: none."""
    duplicates: float = Field(1.0, ge=0, le=10)
    """Of faces less unlike each other than this the sharper one is kept; 0: all, 1: what the eye hardly tells apart."""
    held_out: float = Field(0.1, ge=0, le=0.5)
    """Share of the faces that no training sees, in stretches: for evaluation and previews."""
    stretch: int = Field(24, ge=1, le=1000)
    """Faces in a held-out stretch."""
    gap: int = Field(12, ge=1, le=1000)
    """Frames on both sides of a held-out stretch that are left out altogether, as they are too much like it."""
    exclude: dict[Name, FrameRange] = Field(default_factory=dict)
    """Frames to leave out, by the footage's name."""
    seed: int = Field(0, ge=0, lt=2**32)
    """Of the choice of held-out stretches."""
