"""Adversaries that judge patches at several scales, and their losses."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, leaky_relu, relu

_SLOPE = 0.2
_WHOLE = 4
"""Side of the map that gives the verdict on the whole picture."""
Features = list[Tensor]
"""The output of each layer of one critic, from the picture to its verdicts (b, 1, h, w)."""


class PatchCritic(nn.Module):
    """Isola et al. 2017, section 3.2.2, as pix2pixHD has it: 4 x 4 convolutions, instance-normalized.

    width: channels of the first layer, doubled up to eight times. depth: layers that halve the picture.
    """

    def __init__(self, width: int, depth: int) -> None:
        super().__init__()
        sizes = [min(width << step, 8 * width) for step in range(depth + 1)]
        layers: list[nn.Module] = [nn.Conv2d(3, sizes[0], 4, 2, 2)]
        for step, (before, after) in enumerate(pairwise(sizes)):
            stride = 2 if step < depth - 1 else 1
            layers.append(nn.Sequential(nn.Conv2d(before, after, 4, stride, 2, bias=False), nn.InstanceNorm2d(after)))
        self.layers = nn.ModuleList(layers)
        self.verdict: nn.Module = nn.Conv2d(sizes[-1], 1, 4, 1, 2)

    def forward(self, pictures: Tensor) -> Features:
        """(b, 3, R, R) in [0, 1]."""
        here, features = pictures * 2 - 1, []
        for layer in self.layers:
            here = leaky_relu(layer(here), _SLOPE)
            features.append(here)
        return [*features, self.verdict(here)]


class WholeCritic(PatchCritic):
    """One verdict (b, 1, 1, 1) on the whole picture, with the same layers."""

    def __init__(self, width: int, depth: int) -> None:
        super().__init__(width, depth)
        assert isinstance(self.verdict, nn.Conv2d)
        self.verdict = nn.Sequential(nn.AdaptiveAvgPool2d(_WHOLE), nn.Conv2d(self.verdict.in_channels, 1, _WHOLE))


class Critics(nn.Module):
    """The same critic on the picture, on its half, and so on (Wang et al. 2018, pix2pixHD, section 3.2).

    whole: and one that judges the picture as a whole (Iizuka et al. 2017: global and local).
    """

    def __init__(self, scales: int, width: int, depth: int, *, whole: bool = False) -> None:
        super().__init__()
        self.scales = nn.ModuleList(PatchCritic(width, depth) for _ in range(scales))
        self.whole = WholeCritic(width, depth) if whole else None

    def forward(self, pictures: Tensor) -> list[Features]:
        found = [] if self.whole is None else [self.whole(pictures)]
        for critic in self.scales:
            found.append(critic(pictures))
            pictures = avg_pool2d(pictures, 3, 2, 1, count_include_pad=False)
        return found


def told_apart(real: Sequence[Features], made: Sequence[Features]) -> Tensor:
    """The critics' loss: hinge (Lim and Ye 2017), mean over scales."""
    each = [relu(1 - one[-1]).mean() + relu(1 + other[-1]).mean() for one, other in zip(real, made, strict=True)]
    return torch.stack(each).mean()


def convinced(made: Sequence[Features]) -> Tensor:
    """The generator's adversarial loss."""
    return -torch.stack([features[-1].mean() for features in made]).mean()


def gradient_penalty(critics: Critics, real: Tensor, made: Tensor, *, among: torch.Generator | None = None) -> Tensor:
    """How far gradients between real and generated pictures are from length 1 (Gulrajani et al. 2017, section 4)."""
    share = torch.rand(len(real), 1, 1, 1, generator=among).to(real)
    between = (share * real.detach() + (1 - share) * made.detach()).requires_grad_(True)
    total = torch.stack([features[-1].mean((1, 2, 3)).sum() for features in critics(between)]).sum()
    (gradient,) = torch.autograd.grad(total, between, create_graph=True)
    off: Tensor = gradient.flatten(1).norm(dim=1) - 1
    return off.square().mean()


def matched(real: Sequence[Features], made: Sequence[Features], first: int) -> Tensor:
    """Mean absolute difference of features from layer ``first`` on, without verdicts, mean over scales.

    SimSwap's weak feature matching (Chen et al. 2020, section 3.3) with a high ``first``: early layers see color and
    edges, which must be free to change with the identity.
    """
    each = [
        torch.stack([(o - m).abs().mean() for o, m in zip(one[first:-1], other[first:-1], strict=True)]).mean()
        for one, other in zip(real, made, strict=True)
    ]
    return torch.stack(each).mean()


def last_alike(real: Sequence[Features], made: Sequence[Features]) -> Tensor:
    """Half the squared difference of the last features before the verdict, mean over their elements and scales.

    Pairwise feature matching (Bao et al. 2017, CVAE-GAN), used instead of the verdict.
    """
    each = [(one[-2] - other[-2]).square().mean() for one, other in zip(real, made, strict=True)]
    return torch.stack(each).mean() / 2
