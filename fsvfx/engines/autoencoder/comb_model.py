"""The networks of ``comb``: one encoder, a decoder ("tooth") for each person, grown level by level."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, leaky_relu, max_pool2d

from fsvfx.engines.autoencoder.blocks import Conv3
from fsvfx.engines.autoencoder.losses import masked_ssim
from fsvfx.engines.autoencoder.settings import CombSettings
from fsvfx.engines.trainable import Batch, ClosedModel, Prediction, Side, initialise

_CODE = 512
_LEVELS = (4, 8, 16, 32, 64, 128, 256, 512, 1024)
_CHANNELS = dict(zip(_LEVELS, (512, 512, 512, 512, 256, 128, 64, 32, 16)))
_WINDOW = 11


@dataclass(frozen=True)
class Stage:
    """The state of growth: the finest level in use, and how far it is faded in over the one below."""

    level: int
    fade: float


class CombModel(ClosedModel):
    """Losses: one minus masked SSIM, for every person. All levels in use keep learning."""

    def __init__(self, settings: CombSettings, people: tuple[str, ...]) -> None:
        super().__init__()
        self.settings = settings
        self.people = people
        self.resolution = settings.resolution
        levels = [level for level in _LEVELS if level <= settings.resolution]
        widths = {level: max(4, round(_CHANNELS[level] * settings.width)) for level in levels}
        code = max(4, round(_CODE * settings.width))
        self.encoder = _Encoder(widths, code)
        self.decoders = nn.ModuleList(_Decoder(widths, code) for _ in people)
        initialise(self)
        self.stage = Stage(settings.resolution, 1.0)

    def advance(self, step: int) -> None:
        self.stage = stage_at(step, self.settings)

    def forward(self, batch: Batch, turn: str = "generator") -> dict[str, Tensor]:
        return {person: self._side(batch[person], index) for index, person in enumerate(self.people)}

    def predict(self, pictures: Tensor, person: str) -> Prediction:
        """At the stage that training has reached, at the size of ``pictures``."""
        made = self._made(_at(pictures, self.stage.level), self.people.index(person))
        return Prediction(interpolate(made, pictures.shape[-2:], mode="bilinear", antialias=True), None)

    def _side(self, side: Side, index: int) -> Tensor:
        level = self.stage.level
        made = self._made(_at(side.warped, level), index)
        return 1 - masked_ssim(made, _at(side.target, level), _at(side.mask, level), _WINDOW)

    def _made(self, pictures: Tensor, index: int) -> Tensor:
        made: Tensor = self.decoders[index](self.encoder(pictures, self.stage), self.stage)
        return made


def stage_at(step: int, settings: CombSettings) -> Stage:
    """Growth after ``step`` iterations: each new level fades in during the first half of its time."""
    levels = [level for level in _LEVELS if settings.first <= level <= settings.resolution]
    index = min(step // settings.level_steps, len(levels) - 1)
    if index == 0:
        return Stage(levels[0], 1.0)
    since = step - index * settings.level_steps
    return Stage(levels[index], min(1.0, since / (settings.level_steps / 2)))


class _Encoder(nn.Module):
    """Pictures (b, 3, L, L) at the stage's level to codes (b, code, 1, 1)."""

    def __init__(self, widths: dict[int, int], code: int) -> None:
        super().__init__()
        self.from_rgb = nn.ModuleDict({str(level): nn.Conv2d(3, width, 1) for level, width in widths.items()})
        self.blocks = nn.ModuleDict(
            {str(level): _Pair(widths[level], widths[level // 2]) for level in widths if level > _LEVELS[0]}
        )
        self.first = Conv3(widths[4], widths[4])
        self.last = nn.Conv2d(widths[4], code, 4)

    def forward(self, pictures: Tensor, stage: Stage) -> Tensor:
        x = self.from_rgb[str(stage.level)](pictures)
        level = stage.level
        while level > _LEVELS[0]:
            x = max_pool2d(self.blocks[str(level)](x), 2)
            level //= 2
            if level == stage.level // 2 and stage.fade < 1:
                below = self.from_rgb[str(level)](_at(pictures, level))
                x = torch.lerp(below, x, stage.fade)
        code: Tensor = self.last(leaky_relu(self.first(x), 0.2))
        return code


class _Decoder(nn.Module):
    """Codes (b, code, 1, 1) to pictures (b, 3, L, L) at the stage's level."""

    def __init__(self, widths: dict[int, int], code: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(code, widths[4], 4, padding=3)
        self.second = Conv3(widths[4], widths[4])
        self.blocks = nn.ModuleDict(
            {str(level): _Pair(widths[level // 2], widths[level]) for level in widths if level > _LEVELS[0]}
        )
        self.to_rgb = nn.ModuleDict({str(level): nn.Conv2d(width, 3, 1) for level, width in widths.items()})

    def forward(self, code: Tensor, stage: Stage) -> Tensor:
        x = leaky_relu(self.second(leaky_relu(self.first(code), 0.2)), 0.2)
        level, below = _LEVELS[0], x
        while level < stage.level:
            level *= 2
            below, x = x, self.blocks[str(level)](interpolate(x, scale_factor=2.0))
        made = self._picture(x, level)
        if stage.fade < 1:
            coarse = interpolate(self._picture(below, level // 2), scale_factor=2.0)
            made = torch.lerp(coarse, made, stage.fade)
        return made

    def _picture(self, x: Tensor, level: int) -> Tensor:
        return torch.sigmoid(self.to_rgb[str(level)](x))


class _Pair(nn.Module):
    """Two 3 x 3 convolutions."""

    def __init__(self, channels: int, out: int) -> None:
        super().__init__()
        self.first = Conv3(channels, channels)
        self.second = Conv3(channels, out)

    def forward(self, x: Tensor) -> Tensor:
        return leaky_relu(self.second(leaky_relu(self.first(x), 0.2)), 0.2)


def _at(pictures: Tensor, level: int) -> Tensor:
    """``pictures`` at a level's size, by averaging."""
    if pictures.shape[-1] == level:
        return pictures
    return interpolate(pictures, (level, level), mode="bilinear", antialias=True)
