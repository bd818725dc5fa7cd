"""Occluders pasted in front of faces: cut-outs from a folder, and drawn shapes; each with random position, rotation and
light."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Generator, Tensor
from torch.nn.functional import affine_grid, grid_sample, interpolate

from fsvfx.digests import digest_of
from fsvfx.engines.samples import Pairs
from fsvfx.errors import InputError, Where
from fsvfx.facesets.crowd import Crowd
from fsvfx.media.collections import CUTOUTS, cutouts_in
from fsvfx.media.pictures import cutouts_digest, read_cutout
from fsvfx.reach import Reach
from fsvfx.training.data.ahead import seed_of
from fsvfx.training.data.pairs import PairSampler
from schemas.augmentation import Augmentation
from schemas.train import Occluders

_SIDE = 96
"""Size of cut-outs and drawn shapes, px."""
_UNSEEN = 10
"""One in this many cut-outs is held out of training."""
_AGAIN = 0.25
"""Probability that a covered face is covered once more."""
_SIZES = (0.3, 0.75)
"""Sizes of pasted pictures, as shares of the picture's side."""
_LIGHT = (0.5, 1.25)


class Pasted:
    """Cut-outs (m, 4, P, P) u8, RGBA, not premultiplied; may be empty. ``digest``: of everything that is pasted, and
    how."""

    def __init__(self, cutouts: Tensor, settings: Occluders, digest: str = "") -> None:
        self.cutouts, self.settings, self.digest = cutouts, settings, digest

    def over(self, pairs: Pairs, generator: Generator) -> Pairs:
        """The pairs with an occluder in front of a share of their targets. Random numbers are drawn on the CPU."""
        target, count = pairs.target, len(pairs.target)
        crop, front = target.crop.clone(), torch.zeros_like(target.crop[:, :1])
        for chance in (self.settings.share, self.settings.share * _AGAIN):
            taken = (torch.rand(count, generator=generator) < chance).nonzero()[:, 0]
            if not len(taken):
                continue
            at = target.landmarks[taken.to(crop.device)].cpu()
            layer = _placed(self._pictures(len(taken), generator), at, crop.shape[-1], generator).to(crop)
            shown = 1 - layer[:, 3:]
            crop[taken] = crop[taken] * shown + layer[:, :3]
            front[taken] = 1 - (1 - front[taken]) * shown
        return replace(pairs, target=replace(target, crop=crop), front=front)

    def _pictures(self, count: int, generator: Generator) -> Tensor:
        """(count, 4, P, P), not premultiplied."""
        shapes = torch.rand(count, generator=generator) < (self.settings.drawn if len(self.cutouts) else 1.0)
        made = torch.empty(count, 4, _SIDE, _SIDE)
        made[shapes] = drawn(int(shapes.sum()), generator)
        if not shapes.all():
            rows = torch.randint(len(self.cutouts), (int((~shapes).sum()),), generator=generator)
            made[~shapes] = self.cutouts[rows].float() / 255
        return made


class CoveredSampler(PairSampler):
    """Pairs with occluders in front of their targets: for a second stage, which learns to keep them."""

    ANOTHER = (
        "The crowd, or what is pasted in front of it, is not what this training began with",
        "Train in another folder, or restore the people, occluders and faceset settings that it began with",
    )

    def __init__(
        self,
        crowd: Crowd,
        resolution: int,
        batch: int,
        settings: Augmentation,
        device: str,
        seed: int,
        pasted: Pasted,
    ) -> None:
        super().__init__(crowd, resolution, batch, settings, device, seed)
        self._origin = digest_of([crowd.digest, pasted.digest])
        self.pasted = pasted

    @torch.no_grad()
    def make(self, number: int) -> Pairs:
        generator = Generator().manual_seed(seed_of(self.seed, number, "occluders"))
        return self.pasted.over(super().make(number), generator)


def occluders_of(settings: Occluders, reach: Reach) -> tuple[Pasted, Pasted]:
    """Occluders for training, and those for held-out people: different cut-outs, applied to every face.

    settings: with an absolute path. Raises InputError if the folder has no cut-outs, PlateError if one can't be read.
    """
    held = settings.model_copy(update={"share": 1.0})
    how = settings.model_dump(mode="json", include={"share", "drawn"})
    if settings.path is None:
        none = torch.zeros(0, 4, _SIDE, _SIDE, dtype=torch.uint8)
        return Pasted(none, settings, digest_of([how])), Pasted(none, held)
    files = cutouts_in(Path(settings.path))
    if not files:
        raise InputError(
            f"There are no cut-outs in {settings.path}",
            hint=f"Put pictures with alpha there ({', '.join(CUTOUTS)}), or remove occluders.path",
            where=Where(field="occluders.path"),
        )
    cut = torch.stack([_squared(read_cutout(file, reach)) for file in files])
    seen = torch.tensor([(place + 1) % _UNSEEN != 0 for place in range(len(cut))])
    digest = digest_of([how, cutouts_digest(Path(settings.path), reach)])
    return Pasted(cut[seen], settings, digest), Pasted(cut[~seen], held)


def drawn(count: int, generator: Generator) -> Tensor:
    """(count, 4, P, P) in [0, 1]: ellipses and bars, with soft patches and stripes of color; RGBA, not
    premultiplied."""
    y, x = (axis[None, None] for axis in torch.meshgrid(*[_middles(_SIDE)] * 2, indexing="ij"))
    thin = _between(0.15, 0.9, count, generator)
    edge = _SIDE / 2
    ellipse = (1 - (x.square() + (y / thin).square()).sqrt()) * edge * thin
    bar = torch.minimum(thin - y.abs(), 1 - x.abs()) * edge
    alpha = torch.where(torch.rand(count, 1, 1, 1, generator=generator) < 0.5, ellipse, bar).clamp(0, 1)
    grown = [
        interpolate(torch.rand(count, 3, cells, cells, generator=generator), (_SIDE, _SIDE), mode="bilinear")
        for cells in (1, 3, 8)
    ]
    turn, waves = _between(0, math.pi, count, generator), _between(2, 30, count, generator)
    stripes = (waves * (x * turn.cos() + y * turn.sin())).sin() * _between(-0.25, 0.25, count, generator).relu()
    colour = 0.6 * grown[0] + 0.3 * grown[1] + 0.1 * grown[2] + stripes
    return torch.cat([colour.clamp(0, 1), alpha], 1)


def _placed(pictures: Tensor, landmarks: Tensor, side: int, generator: Generator) -> Tensor:
    """(b, 4, side, side), premultiplied: each with different light, rotated, mirrored, scaled, over a point of the mesh
    (b, 468, 3)."""
    count = len(pictures)
    point = landmarks[torch.arange(count), torch.randint(468, (count,), generator=generator), :2]
    middle = (point + 0.5) * 2 / side - 1
    turn = _between(0, 2 * math.pi, count, generator).flatten()
    size = _between(*_SIZES, count, generator).flatten()
    mirror = torch.randint(2, (count,), generator=generator) * 2.0 - 1
    cosine, sine = turn.cos() / size, turn.sin() / size
    turned = torch.stack([torch.stack([mirror * cosine, mirror * sine], 1), torch.stack([-sine, cosine], 1)], 1)
    matrix = torch.cat([turned, -turned @ middle[:, :, None]], 2)
    light = _between(*_LIGHT, count, generator) * (1 + 0.1 * (torch.rand(count, 3, 1, 1, generator=generator) * 2 - 1))
    alpha = pictures[:, 3:]
    multiplied = torch.cat([(pictures[:, :3] * light).clamp(0, 1) * alpha, alpha], 1)
    grid = affine_grid(matrix, [count, 4, side, side], align_corners=False)
    return grid_sample(multiplied, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


def _squared(picture: np.ndarray) -> Tensor:
    """(4, P, P) u8 of a cut-out (H, W, 4) in [0, 1]: as large as fits, centered."""
    height, width = picture.shape[:2]
    share = _SIDE / max(height, width)
    small = cv2.resize(
        picture, (max(1, round(width * share)), max(1, round(height * share))),
        interpolation=cv2.INTER_AREA if share < 1 else cv2.INTER_LINEAR,
    )  # fmt: skip
    square = np.zeros((_SIDE, _SIDE, 4), np.float32)
    top, left = ((_SIDE - length) // 2 for length in small.shape[:2])
    square[top : top + small.shape[0], left : left + small.shape[1]] = small
    return torch.from_numpy(np.asarray(square * 255 + 0.5, np.uint8)).permute(2, 0, 1).contiguous()


def _middles(side: int) -> Tensor:
    return (torch.arange(side) + 0.5) * 2 / side - 1


def _between(low: float, high: float, count: int, generator: Generator) -> Tensor:
    """(count, 1, 1, 1), uniform."""
    return low + (high - low) * torch.rand(count, 1, 1, 1, generator=generator)
