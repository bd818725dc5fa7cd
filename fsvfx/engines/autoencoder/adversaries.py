"""The two adversaries of DeepFaceLab's family: of codes (true-face), and of patches (GAN)."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, leaky_relu, pad


class CodeCritic(nn.Module):
    """Separates the performer's codes from the identity's: one logit per position of the inter's feature map.

    4 x 4 convolutions of stride 2 while the map is more than two pixels wide, starting with 256 channels.
    """

    def __init__(self, channels: int, side: int, width: int = 256) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        while side > 2:
            layers += [nn.Conv2d(channels, width, 4, stride=2, padding=1), nn.LeakyReLU(0.1)]
            channels, width, side = width, min(2 * width, 1024), side // 2
        self.layers = nn.Sequential(*layers)
        self.out = nn.Conv2d(channels, 1, 1)

    def forward(self, code: Tensor) -> Tensor:
        logits: Tensor = self.out(self.layers(code))
        return logits


class PatchCritic(nn.Module):
    """A U-Net that separates real pixels from generated ones (after Schonfeld et al. 2020), at its bottleneck and per
    pixel.

    patch: approximate number of pixels that a bottleneck logit sees. width: channels of the first layer.
    """

    def __init__(self, patch: int, width: int = 16, channels: int = 3) -> None:
        super().__init__()
        widths = [min(width * 2**level, 512) for level in range(levels_of(patch) + 1)]
        self.entry = nn.Conv2d(channels, widths[0], 1)
        self.downs = nn.ModuleList(nn.Conv2d(a, b, 4, stride=2, padding=1) for a, b in pairwise(widths))
        self.middle = nn.Conv2d(widths[-1], 1, 1)
        arriving = [
            widths[-1],
            *(2 * width for width in reversed(widths[1:-1])),
        ]  # above the bottleneck, the skip's channels are added
        self.ups = nn.ModuleList(
            nn.ConvTranspose2d(a, b, 4, stride=2, padding=1) for a, b in zip(arriving, reversed(widths[:-1]))
        )
        self.exit = nn.Conv2d(2 * widths[0], 1, 1)

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Pictures (b, 3, R, R): logits (b, 1, h, w) of the bottleneck, and (b, 1, R, R)."""
        x = leaky_relu(self.entry(pictures), 0.2)
        skips = []
        for down in self.downs:
            skips.append(x)
            x = leaky_relu(down(x), 0.2)
        middle = self.middle(x)
        for up, skip in zip(self.ups, reversed(skips)):
            grown = leaky_relu(up(x), 0.2)
            x = torch.cat([_fitted(grown, skip), skip], dim=1)
        return middle, self.exit(x)


def levels_of(patch: int) -> int:
    """Number of halvings that see about ``patch`` pixels: the receptive field of n of them is 3 * 2^n - 2."""
    return max(1, min(range(1, 8), key=lambda n: abs(3 * 2**n - 2 - patch)))


def verdict(logits: Tensor, *, real: bool) -> Tensor:
    """Binary cross-entropy of logits against a single label."""
    return binary_cross_entropy_with_logits(logits, torch.full_like(logits, float(real)))


def patch_verdict(critic: PatchCritic, pictures: Tensor, *, real: bool) -> Tensor:
    """The sum over both heads."""
    middle, pixels = critic(pictures)
    return verdict(middle, real=real) + verdict(pixels, real=real)


def _fitted(grown: Tensor, skip: Tensor) -> Tensor:
    """Odd sizes lose a row when they are halved."""
    height, width = skip.shape[-2] - grown.shape[-2], skip.shape[-1] - grown.shape[-1]
    return pad(grown, (0, width, 0, height)) if height or width else grown
