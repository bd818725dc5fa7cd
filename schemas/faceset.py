"""The faceset settings of a training manifest: which faces are kept, and which are held out."""

from __future__ import annotations

from pydantic import Field

from schemas.base import Name, StrictModel
from schemas.frames import FrameRange


class FacesetSettings(StrictModel):
    """How footage of a person becomes pictures to train on."""

    size: int = Field(256, ge=64, le=1024, multiple_of=16)
    """Height and width of the crops, in pixels."""
    blurred: float = Field(0.4, ge=0, le=1)
    """Drop faces below this fraction of the person's median sharpness; 0 drops none."""
    duplicates: float = Field(1.0, ge=0, le=10)
    """Of faces that differ by less than this, keep only the sharpest; 0 keeps all, 1 is barely visible."""
    held_out: float = Field(0.1, ge=0, le=0.5)
    """Fraction of the faces, in stretches, that training never sees: for evaluation and previews."""
    stretch: int = Field(24, ge=1, le=1000)
    """Number of faces in a held-out stretch."""
    gap: int = Field(12, ge=1, le=1000)
    """Frames to drop on both sides of a held-out stretch, as they are too similar to it."""
    exclude: dict[Name, FrameRange] = Field(default_factory=dict)
    """Frames to exclude, by the name of the footage."""
    seed: int = Field(0, ge=0, lt=2**32)
    """Seed for choosing the held-out stretches."""
