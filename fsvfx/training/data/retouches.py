"""Batches of swaps made ahead of time: sampled, rotated, scaled, shifted, mirrored and recolored, with all parts kept
consistent."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from fsvfx.engines.samples import Retouches
from fsvfx.errors import InputError, Where
from fsvfx.faces.topology import MIRRORED
from fsvfx.training.data import colour
from fsvfx.training.data.ahead import Batches, seed_of
from fsvfx.training.data.geometry import affines, moved, places, sample
from fsvfx.training.data.made import MadeSwaps
from schemas.augmentation import Augmentation

_PICTURES = ("target", "warp", "guess", "truth")
_PLANES = (*_PICTURES, "matte", "sure")

Ints = NDArray[np.int64]


class RetouchSampler(Batches[Retouches]):
    """Endless batches of ``batch`` swaps at (R, R), of people that training may see. Each is determined by its
    number."""

    ORIGIN = "swaps"
    ANOTHER = (
        "The swaps made ahead of time are not those that this training began with",
        "Train in another folder, or restore the people, faceset and architecture settings that it began with",
    )

    def __init__(
        self, swaps: MadeSwaps, resolution: int, batch: int, settings: Augmentation, device: str, seed: int
    ) -> None:
        super().__init__(seed, swaps.digest)
        self.swaps, self.resolution, self.batch, self.settings, self.device = swaps, resolution, batch, settings, device

    @torch.no_grad()
    def make(self, number: int) -> Retouches:
        """The batch of that number."""
        random = np.random.default_rng(seed_of(self.seed, number, "swaps"))
        rows = np.sort(random.choice(self.swaps.trained, self.batch))
        generator = Generator().manual_seed(seed_of(self.seed, number, "views"))
        matrices = affines(self.settings, self.batch, generator)
        jitter = colour.jitters(self.settings, self.batch, generator)
        return retouches(self.swaps, rows, matrices, jitter, self.resolution, self.device)


def unseen_retouches(swaps: MadeSwaps, resolution: int, most: int, device: str) -> Retouches:
    """Up to ``most`` swaps of held-out people, unmodified. Raises InputError if there are none."""
    rows = np.flatnonzero(np.asarray(swaps.unseen))[:most]
    if not len(rows):
        raise InputError(
            "Nobody of the crowd is held out, and previews need two people",
            hint="Name some in learn.held_out.people, or raise its share",
            where=Where(field="learn.held_out"),
        )
    still = torch.eye(2, 3).repeat(len(rows), 1, 1)
    return retouches(swaps, rows, still, None, resolution, device)


def retouches(
    swaps: MadeSwaps, rows: Ints, matrices: Tensor, jitter: Tensor | None, resolution: int, device: str
) -> Retouches:
    """Swaps cut by ``matrices`` (b, 2, 3), with colors changed by ``jitter`` (b, 3, 3)."""
    parts = {name: _planes(getattr(swaps, name)[rows], device) for name in _PLANES}
    sizes = [each.shape[1] for each in parts.values()]
    at = places(matrices, resolution).to(device)
    shown = dict(zip(parts, torch.split(sample(torch.cat(list(parts.values()), 1), at), sizes, 1), strict=True))
    if jitter is not None:
        change = jitter.to(device)
        shown |= {name: colour.changed(shown[name], change) for name in _PICTURES}
    landmarks = torch.from_numpy(np.asarray(swaps.landmarks[rows])).to(device)
    mirrored = torch.linalg.det(matrices[:, :, :2]) < 0
    landmarks[mirrored] = landmarks[mirrored][:, torch.from_numpy(MIRRORED)]
    points = moved(landmarks, matrices.to(device), swaps.size, resolution)
    return Retouches(**shown, landmarks=points, code=torch.from_numpy(np.asarray(swaps.code[rows])).to(device))


def _planes(pictures: NDArray[np.uint8], device: str) -> Tensor:
    """(b, S, S[, 3]) uint8 -> (b, C, S, S) in [0, 1]."""
    given = torch.from_numpy(np.asarray(pictures)).to(device)
    return (given[:, None] if given.ndim == 3 else given.permute(0, 3, 1, 2)).float() / 255
