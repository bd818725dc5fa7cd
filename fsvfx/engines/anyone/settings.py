"""Settings in a training manifest for models that put anyone's face on anyone: sizes and losses."""

from __future__ import annotations

from typing import Self

from pydantic import Field, field_validator, model_validator

from fsvfx.engines.contract import EngineSettings
from fsvfx.engines.supervision import Supervision


class OpenSettings(Supervision):
    """Settings of all of them. Defaults are the papers'."""

    resolution: int = Field(256, ge=64, le=512, multiple_of=32)
    """Height and width of the model's pictures, px."""
    identity_from: int = Field(0, ge=0)
    """Iteration at which the identity loss starts. A small model that begins with it learns to fool the network."""
    chips: int = Field(1, ge=1, le=16)
    """Number of cuts of each face that the identity loss uses."""
    disturbed: bool = False
    """Shift, scale and blur those cuts at random, so that no pattern can fool the network."""
    critic_width: int = Field(64, ge=4, le=128)
    """Width of the adversaries."""
    critic_depth: int = Field(4, ge=2, le=6)
    """Number of times they halve the picture."""
    critic_scales: int = Field(2, ge=1, le=4)
    """Number of scales that they see."""
    gan: float = Field(1.0, ge=0, le=100)
    """Weight of the adversarial loss; 0: no adversaries."""
    gan_from: int = Field(0, ge=0)
    """Iteration at which the adversaries start. A small model that begins with them is slow to learn what a face is."""
    penalty: float = Field(0.0, ge=0, le=100)
    """Weight of the adversaries' gradient penalty."""


class SimSwapSettings(OpenSettings):
    """Sizes and losses of ``simswap``."""

    width: int = Field(64, ge=4, le=128)
    """Channels at full size; doubled at each halving."""
    halvings: int = Field(3, ge=1, le=5)
    """Number of times the encoder halves the picture."""
    blocks: int = Field(9, ge=1, le=16)
    """Blocks that inject the identity."""
    identity: float = Field(10.0, ge=0, le=100)
    """Weight of the identity loss."""
    reconstruction: float = Field(10.0, ge=0, le=100)
    """Weight of the difference from the target, where both are one person."""
    matching: float = Field(10.0, ge=0, le=100)
    """Weight of weak feature matching with the target."""
    matching_from: int = Field(3, ge=0, le=6)
    """First layer of the adversaries whose features are matched."""
    penalty: float = Field(1e-5, ge=0, le=100)
    """Weight of the adversaries' gradient penalty."""


class HearSettings(EngineSettings):
    """Sizes and losses of ``faceshifter``'s second stage, HEAR-Net.

    The paper adds its losses up as they are. Here they are means over pixels in [0, 1]. There the absolute change holds
    back what the squared reconstruction asks for until that is 1 / its weight away: hence 50, for 5 steps of 255.
    """

    width: int = Field(64, ge=4, le=128)
    """Channels at half the size; doubled at each halving, up to eight times."""
    halvings: int = Field(5, ge=2, le=7)
    """Number of times the network halves the picture."""
    identity: float = Field(1.0, ge=0, le=100)
    """Weight of the identity loss."""
    change: float = Field(1.0, ge=0, le=100)
    """Weight of the difference from the first stage's swap."""
    reconstruction: float = Field(50.0, ge=0, le=1000)
    """Weight of the difference from the target, where both are one person."""


class FaceShifterSettings(OpenSettings):
    """Sizes and losses of ``faceshifter``."""

    encoder_width: int = Field(32, ge=4, le=64)
    """Channels of the attribute encoder's first layer; doubled at each halving, up to 32 times."""
    generator_width: int = Field(1024, ge=64, le=1024, multiple_of=16)
    """Channels of the generator's smallest maps; halved over the last four sizes."""
    identity: float = Field(5.0, ge=0, le=100)
    """Weight of the identity loss."""
    reconstruction: float = Field(10.0, ge=0, le=100)
    """Weight of the difference from the target, where both are one person."""
    attributes: float = Field(10.0, ge=0, le=100)
    """Weight of the difference in attributes."""
    critic_scales: int = Field(3, ge=1, le=4)
    """Number of scales that the adversaries see."""
    hear: HearSettings | None = None
    """Train the second stage on top of the package that ``start`` names, a first stage of the same sizes."""

    @field_validator("resolution")
    @classmethod
    def _doubles(cls, resolution: int) -> int:
        return _doubled(resolution, 2)

    @model_validator(mode="after")
    def _alone(self) -> Self:
        if self.hear and self.parts:
            raise ValueError(f"a second stage takes neither prior nor swaps; remove hear, or the {self.parts[0]}")
        return self


class CihnSettings(OpenSettings):
    """Sizes and losses of ``cihn``. Only the paper's abstract was available: the numbers are this project's."""

    width: int = Field(64, ge=4, le=128)
    """Channels at full size; doubled at each halving, up to eight times."""
    halvings: int = Field(5, ge=2, le=5)
    """Number of times the encoder halves the picture."""
    identity: float = Field(5.0, ge=0, le=100)
    """Weight of the identity loss."""
    reconstruction: float = Field(10.0, ge=0, le=100)
    """Weight of the difference from the truth where there is one, and from the target where the map keeps it."""
    thrift: float = Field(0.1, ge=0, le=100)
    """Weight of the map's mean, which keeps it closed where the identity is not needed."""
    held_open: float = Field(0.25, ge=0, lt=1)
    """Share of pictures whose maps are held open in training. Without it the maps soon close for good, as at first the
    target itself is nearer the truth than anything the identity's path makes."""
    open_until: int = Field(0, ge=0)
    """Iteration up to which all maps are held open: a small model's may close for good despite ``held_open``."""


class LatentSettings(OpenSettings):
    """Settings of those with variational autoencoders."""

    resolution: int = Field(128, ge=64, le=512, multiple_of=32)
    """Height and width of the model's pictures, px."""
    width: int = Field(64, ge=4, le=128)
    """Channels at full size; doubled at each halving, up to eight times."""
    halvings: int = Field(5, ge=2, le=5)
    """Number of times a picture is halved."""
    latent: int = Field(128, ge=4, le=1024)
    """Length of a latent."""
    divergence: float = Field(1e-3, ge=0, le=10)
    """Weight of the latents' divergence from a normal distribution."""


class FsNetSettings(LatentSettings):
    """Sizes and losses of ``fsnet``. Only the paper's abstract was available: the numbers are this project's."""

    identity: float = Field(0.0, ge=0, le=100)
    """Weight of the identity network's loss, which the paper does without."""
    reconstruction: float = Field(10.0, ge=0, le=100)
    """Weight of the difference from the truth where there is one, and from the target's surroundings."""
    face: float = Field(1.0, ge=0, le=100)
    """Weight of the difference between a source's face and what its latent is decoded to."""
    triplet: float = Field(1.0, ge=0, le=100)
    """Weight of the triplets."""
    margin: float = Field(0.2, gt=0, le=2)
    """How much farther away another person's latent should be than the same person's: squared distance of
    directions."""

    @field_validator("prior")
    @classmethod
    def _unshown(cls, prior: str) -> str:
        return _no_prior(prior)


class RsGanSettings(LatentSettings):
    """Sizes and losses of ``rsgan``. Only the paper's abstract was available: the numbers are this project's."""

    identity: float = Field(0.0, ge=0, le=100)
    """Weight of the identity network's loss, which the paper does without."""
    reconstruction: float = Field(10.0, ge=0, le=100)
    """Weight of the difference of composed pictures: of the target's own latents, from the target; of swaps, from the
    truth where there is one, and from the target's surroundings."""
    separate: float = Field(1.0, ge=0, le=100)
    """Weight of the difference between a face, or its surroundings, and what its own latent is decoded to."""


class IpGanSettings(LatentSettings):
    """Sizes and losses of ``ipgan``. Only ``strangers`` is known to be the paper's."""

    strangers: float = Field(0.1, ge=0, le=1)
    """Weight of the difference from the target for pairs of two people, whose truth is unknown; it is 1 for pairs of
    one person."""
    identity: float = Field(1.0, ge=0, le=100)
    """Weight of the difference from the source in features of the classifier, the identity network."""
    reconstruction: float = Field(50.0, ge=0, le=1000)
    """Weight of half the squared difference from the truth, or from the target: a mean over pixels. At 128 px 50 beside
    a divergence of 0.001 is their plain sum, as the paper adds them up."""
    gan: float = Field(1.0, ge=0, le=100)
    """Weight of the difference from the target in the adversaries' features; 0: no adversaries."""


class FsGanSettings(OpenSettings):
    """Sizes and losses of ``fsgan``. Weights of losses are those of the published code, as far as they are known."""

    width: int = Field(64, ge=4, le=128)
    """Channels of each network at full size; doubled at each halving, up to eight times."""
    halvings: int = Field(5, ge=2, le=5)
    """Number of times each network halves the picture."""
    steps: int = Field(2, ge=1, le=6)
    """Number of steps in which a face is turned from the source's pose to the target's. Training uses up to this
    many."""
    identity: float = Field(1.0, ge=0, le=100)
    """Weight of the identity network's loss, instead of the paper's two perceptual ones."""
    reconstruction: float = Field(0.1, ge=0, le=100)
    """Weight of the difference of reenacted faces from the truth, in the source's tone, where there is one."""
    completion: float = Field(0.1, ge=0, le=100)
    """Weight of the difference of filled holes from the photograph."""
    blending: float = Field(0.1, ge=0, le=100)
    """Weight of the difference of blends from the Poisson solution."""
    gan: float = Field(1e-3, ge=0, le=100)
    """Weight of the adversarial loss; 0: no adversaries."""

    @field_validator("prior")
    @classmethod
    def _unshown(cls, prior: str) -> str:
        return _no_prior(prior)


class TransferSettings(EngineSettings):
    """Sizes and losses of ``megafs``'s second stage, the face transfer module. Weights are recalled from the paper."""

    cells: int = Field(3, ge=1, le=6)
    """Number of times each code is changed."""
    reconstruction: float = Field(8.0, ge=0, le=1000)
    """Weight of the squared difference from the truth where there is one."""
    structure: float = Field(32.0, ge=0, le=1000)
    """Weight of the squared difference between the swap, encoded again, and the target's structure and low codes. The
    paper uses LPIPS and a landmark network instead."""
    identity: float = Field(24.0, ge=0, le=100)
    """Weight of the identity loss."""
    norm: float = Field(32.0, ge=0, le=1000)
    """Weight of the squared difference between the swap's upper codes and the source's."""


class MegaFsSettings(OpenSettings):
    """Sizes and losses of ``megafs``. Sizes are those of the paper and of StyleGAN2; weights are this project's."""

    width: int = Field(64, ge=4, le=128)
    """Channels of generator and encoder at full size; doubled at each halving, up to eight times."""
    code: int = Field(512, ge=8, le=512, multiple_of=2)
    """Length of a code."""
    structure: int = Field(512, ge=1, le=512)
    """Channels of the structure map, 4 x 4. A small model needs few, or the map holds the whole face, and codes are
    left unused."""
    low: int = Field(4, ge=1, le=6)
    """Number of codes, from the smallest size up, that stay the target's."""
    reconstruction: float = Field(10.0, ge=0, le=100)
    """Weight of the difference of rebuilt pictures, and of swaps whose truth is known."""
    landmarks: float = Field(3.0, ge=0, le=100)
    """How much more ``reconstruction`` counts on drawn landmarks: rim, brows, eyes, nose and lips."""
    features: float = Field(10.0, ge=0, le=100)
    """Weight of the difference between rebuilt pictures and originals in the adversaries' features."""
    identity: float = Field(1.0, ge=0, le=100)
    """Weight of the identity loss of rebuilt pictures."""
    transfer: TransferSettings | None = None
    """Train the second stage on top of the package that `start` names, a first stage of the same sizes."""

    @field_validator("resolution")
    @classmethod
    def _doubles(cls, resolution: int) -> int:
        return _doubled(resolution, 4)

    @field_validator("prior")
    @classmethod
    def _unshown(cls, prior: str) -> str:
        return _no_prior(prior)


class UniFaceGanSettings(OpenSettings):
    """Sizes and losses of ``unifacegan``. Only the paper's abstract was available: the numbers are this project's."""

    width: int = Field(64, ge=4, le=128)
    """Channels at full size; doubled at each halving, up to eight times."""
    halvings: int = Field(5, ge=2, le=5)
    """Number of times the encoder halves the picture."""
    identity: float = Field(0.0, ge=0, le=100)
    """Weight of the identity network's loss. The rendered face already shows the identity."""
    reconstruction: float = Field(10.0, ge=0, le=100)
    """Weight of the difference from the truth where there is one, and from the target's surroundings."""
    temporal: float = Field(5.0, ge=0, le=100)
    """Weight of the 3D temporal loss: how much a point of the face changes from one moment to the next. 0 turns it
    off."""
    moving: float = Field(0.5, ge=0, le=1)
    """Share of each batch that comes with a later moment: the next frame of footage, or a still, moved a little."""
    strangers: float = Field(0.5, ge=0, le=1)
    """Share of pairs of two people; the others show one person, and have a truth."""

    @field_validator("prior", "swaps")
    @classmethod
    def _shown_otherwise(cls, given: str | int) -> str | int:
        if given not in ("none", 0):
            raise ValueError("it sees the source's face as a morphable model renders it: remove prior and swaps")
        return given


class RefineSettings(EngineSettings):
    """Sizes and losses of ``refine``."""

    resolution: int = Field(192, ge=64, le=512, multiple_of=32)
    """Height and width of the pictures that it is trained on, px. It is applied at any size."""
    sight: int = Field(80, ge=32, le=256, multiple_of=16)
    """Height and width at which the network sees a crop, px: finer detail is kept or left out, not changed."""
    widths: tuple[int, ...] = Field((24, 48, 96, 128), min_length=2, max_length=5)
    """Channels of the network, from its full size down; each size is half of the one before."""
    blocks: int = Field(3, ge=0, le=12)
    """Residual blocks at its smallest size."""
    directions: int = Field(32, ge=1, le=128)
    """Number of directions in which the linear prior's faces vary."""
    swaps: int = Field(2000, ge=20, le=1_000_000)
    """Number of swaps made ahead of time to learn from."""
    identity: float = Field(0.3, ge=0, le=10)
    """Weight of the identity loss."""
    identity_from: int = Field(1000, ge=0)
    """Iteration at which the identity loss starts."""


def _doubled(resolution: int, start: int) -> int:
    if resolution.bit_count() != 1:
        raise ValueError(f"the generator doubles from {start} px: give 64, 128, 256 or 512")
    return resolution


def _no_prior(prior: str) -> str:
    if prior != "none":
        raise ValueError("it gets the source's own pictures: remove prior")
    return prior
