"""FaceShifter's first stage: a U-Net of the target's attributes, and a generator that adds the identity to them.

Li et al. 2019 (arXiv 1912.13457), sections 3.1 and 4, and the tables of its supplement.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import instance_norm, leaky_relu, relu

from fsvfx.engines.anyone.unet import SLOPE, UNet, twice, widened

_START = 2
"""Side of the smallest map."""


class AadLayer(nn.Module):
    """Adaptive attentional denormalization: attributes and identity, each with its own scale and shift, and a mask that
    selects between them per pixel (section 3.1, equations 3 to 5)."""

    def __init__(self, channels: int, attributes: int, code: int) -> None:
        super().__init__()
        self.attributes = nn.Conv2d(attributes, 2 * channels, 1)
        self.identity = nn.Linear(code, 2 * channels)
        self.mask = nn.Conv2d(channels, 1, 1)

    def forward(self, here: Tensor, attributes: Tensor, code: Tensor) -> tuple[Tensor, Tensor]:
        """The layer's output, and its mask (b, 1, h, w): 1 where the identity counts."""
        normal = instance_norm(here)
        scale, shift = self.attributes(attributes).chunk(2, dim=1)
        own_scale, own_shift = self.identity(code)[..., None, None].chunk(2, dim=1)
        mask = torch.sigmoid(self.mask(normal))
        return torch.lerp(normal * scale + shift, normal * own_scale + own_shift, mask), mask


class AadBlock(nn.Module):
    """A residual block of two layers; a third one on the short way where the channels change (figure 3c)."""

    def __init__(self, before: int, after: int, attributes: int, code: int) -> None:
        super().__init__()
        ways = [(before, before), (before, after), *([(before, after)] if before != after else [])]
        self.layers = nn.ModuleList(AadLayer(each, attributes, code) for each, _ in ways)
        self.convolutions = nn.ModuleList(nn.Conv2d(each, other, 3, padding=1, bias=False) for each, other in ways)

    def forward(self, here: Tensor, attributes: Tensor, code: Tensor) -> tuple[Tensor, Tensor]:
        """The block's output, and the mean of its masks."""
        masks: list[Tensor] = []

        def step(place: int, given: Tensor) -> Tensor:
            changed, mask = self.layers[place](given, attributes, code)
            masks.append(mask)
            made: Tensor = self.convolutions[place](relu(changed))
            return made

        long = step(1, step(0, here))
        short = step(2, here) if len(self.layers) == 3 else here
        return long + short, torch.stack(masks).mean(0)


class AadGenerator(nn.Module):
    """Codes (b, code) of length 1 and the attribute maps -> (b, 3, R, R) in [0, 1]."""

    def __init__(self, attributes: Sequence[int], width: int, code: int) -> None:
        """attributes: channels of each map; width: of the first map, at 2 px; they halve over the last four."""
        super().__init__()
        steps = len(attributes)
        sizes = [width >> max(0, place - (steps - 5)) for place in range(steps)]
        self.start = nn.ConvTranspose2d(code, sizes[0], _START, 1, 0)
        pairs = zip([sizes[0], *sizes], sizes, attributes, strict=False)
        self.blocks = nn.ModuleList(AadBlock(before, after, each, code) for before, after, each in pairs)
        self.end = nn.Conv2d(sizes[-1], 3, 3, padding=1)

    def forward(self, code: Tensor, attributes: Sequence[Tensor]) -> tuple[Tensor, list[Tensor]]:
        """The picture, and the masks of its blocks, from the smallest to the full size."""
        here, masks = self.start(code[..., None, None]), []
        for place, (block, each) in enumerate(zip(self.blocks, attributes, strict=True)):
            here, mask = block(twice(here) if place else here, each, code)
            masks.append(mask)
        made: Tensor = self.end(leaky_relu(here, SLOPE))
        return made.tanh() / 2 + 0.5, masks


class AeiNet(nn.Module):
    """Both together, on pictures of 2 ** (levels + 1) px. The attributes are a U-Net's maps, from 2 px up; the paper's
    at 256 px: encoder_width 32, generator_width 1024, 7 levels, a code of 512 (ArcFace's; here any network's)."""

    def __init__(self, encoder_width: int, generator_width: int, levels: int, code: int, inputs: int = 3) -> None:
        super().__init__()
        self.encoder = UNet(inputs, widened(encoder_width, levels, most=32))
        self.generator = AadGenerator(self.encoder.channels, generator_width, code)

    def forward(self, pictures: Tensor, code: Tensor) -> tuple[Tensor, list[Tensor], list[Tensor]]:
        """Pictures (b, inputs, R, R) and codes (b, code): the swap, the pictures' attributes, the generator's masks."""
        attributes = self.attributes(pictures)
        made, masks = self.generator(code, attributes)
        return made, attributes, masks

    def attributes(self, pictures: Tensor) -> list[Tensor]:
        maps: list[Tensor] = self.encoder(pictures * 2 - 1)
        return maps


def attributes_kept(made: Sequence[Tensor], wanted: Sequence[Tensor]) -> Tensor:
    """Half the squared difference of attribute maps, summed over maps (equation 7), mean over their elements."""
    return torch.stack([(one - other).square().mean() for one, other in zip(made, wanted, strict=True)]).sum() / 2
