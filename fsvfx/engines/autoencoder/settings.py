"""Settings of ``df`` and ``liae`` models in a training manifest: sizes and losses."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from fsvfx.engines.contract import EngineSettings


class FamilySettings(EngineSettings):
    """Sizes and losses that ``df`` and ``liae`` share."""

    resolution: int = Field(128, ge=64, le=640, multiple_of=16)
    """Height and width of the model's pictures, px; a multiple of 16, with variant d of 32."""
    variant: str = Field("", pattern="^u?d?t?c?$")
    """u: codes of unit length; d: the decoder's last doubling in its output layer; t: deeper; c: x cos(x) for ReLU."""
    ae_dims: int = Field(256, ge=16, le=1024)
    """Length of the bottleneck's code, through which everything goes."""
    e_dims: int = Field(64, ge=8, le=256)
    """Width of the encoder."""
    d_dims: int = Field(64, ge=8, le=256)
    """Width of the decoders."""
    d_mask_dims: int | None = Field(None, ge=4, le=256)
    """Width of the mask decoders; a third of d_dims, made even, if not given."""
    masked: bool = True
    """Learn only what is inside the face's mask."""
    eyes_mouth_priority: bool = False
    """Give eyes and mouth more weight."""
    face_style: float = Field(0.0, ge=0, le=100)
    """Pull the swap's tone towards the plate's, in the mask; percent."""
    background_style: float = Field(0.0, ge=0, le=100)
    """Pull the swap towards the plate outside of the mask; percent."""
    gan_power: float = Field(0.0, ge=0, le=5)
    """Weight of the patch adversary, for detail late in the training; 0: none."""
    gan_patch: int | None = Field(None, ge=4, le=640)
    """Pixels that each output of the adversary sees. Default: an eighth of the resolution."""
    gan_dims: int = Field(16, ge=4, le=64)
    """Its width."""

    @model_validator(mode="after")
    def _divides(self) -> Self:
        if ("d" in self.variant or "t" in self.variant) and self.resolution % 32:
            what = f"variant '{self.variant}' needs a resolution divisible by 32, not {self.resolution}"
            raise ValueError(f"{what}; take {round(self.resolution / 32) * 32}")
        return self


class DfSettings(FamilySettings):
    """Settings of ``df``."""

    true_face: float = Field(0.0, ge=0, le=1)
    """Weight of the adversary that makes the identity's codes look like the performer's; 0: none."""


class LiaeSettings(FamilySettings):
    """Settings of ``liae``."""

    variant: str = Field("ud", pattern="^u?d?t?c?$")
    """u: codes of unit length; d: the decoder's last doubling in its output layer; t: deeper; c: x cos(x) for ReLU."""


class OriginalSettings(EngineSettings):
    """Settings of ``original``: none but its published weights of the loss."""

    eyes: float = Field(3.0, ge=0, le=50)
    """How much more the eyes count."""
    mouth: float = Field(2.0, ge=0, le=50)
    """How much more the mouth counts."""


class CombSettings(EngineSettings):
    """Settings of ``comb``."""

    resolution: Literal[4, 8, 16, 32, 64, 128, 256, 512, 1024] = 256
    """Height and width of the finest level's pictures, px."""
    first: Literal[4, 8, 16, 32, 64, 128, 256, 512, 1024] = 4
    """The level that training begins with; equal to ``resolution``: no growth."""
    level_steps: int = Field(10_000, ge=2)
    """Iterations on each level but the last; the first half of them fades the level in."""
    width: float = Field(1.0, gt=0, le=4)
    """Number of channels, as a share of the published ones."""

    @model_validator(mode="after")
    def _grows(self) -> Self:
        if self.first > self.resolution:
            raise ValueError(
                f"first ({self.first}) is finer than resolution ({self.resolution}); begin with a coarser level"
            )
        return self
