"""Batches of training pictures: faces sampled by pose, augmented on the device."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import torch
from torch import Generator, Tensor

from fsvfx.engines.trainable import Batch, Side
from fsvfx.errors import InputError
from fsvfx.facesets.faceset import Faceset, weights
from fsvfx.training.data import colour
from fsvfx.training.data.ahead import Batches, seed_of
from fsvfx.training.data.geometry import affines, displacements, places, sample, warped
from fsvfx.training.data.pool import Pool, pool_of, side_of
from schemas.augmentation import Augmentation


class Sampler(Batches[Batch]):
    """Endless batches: ``batch`` pictures (R, R) of each person, in the order of ``facesets``.

    Every batch is determined by seed and number: after ``restore`` the same ones follow as without an interruption, on
    every device. Held-out faces are not even loaded. ``random_warp``: if not set, the model's input is its target.
    """

    ORIGIN = "facesets"
    ANOTHER = (
        "The facesets are not those that this training began with",
        "Train in another folder, or restore the footage and faceset settings that it began with",
    )

    def __init__(
        self,
        facesets: Mapping[str, Faceset],
        resolution: int,
        batch: int,
        settings: Augmentation,
        device: str,
        seed: int,
        *,
        random_warp: bool = True,
    ) -> None:
        """Raises InputError if a person has no face to train on; StoreError."""
        super().__init__(seed, {person: faceset.digest for person, faceset in facesets.items()})
        self.resolution, self.batch, self.settings, self.device = resolution, batch, settings, device
        self.random_warp = random_warp
        self._weights = {person: _weights(faceset, settings) for person, faceset in facesets.items()}
        self._pools = {person: self._pool(faceset) for person, faceset in facesets.items()}

    @torch.no_grad()
    def make(self, number: int) -> Batch:
        """The batch of that number."""
        sides = {person: self._side(person, number) for person in self._pools}
        if self.settings.color_transfer == "none" or len(sides) < 2:
            return sides
        people = list(sides)
        recoloured = people[:1] if len(people) == 2 else people
        after = {person: people[(place + 1) % len(people)] for place, person in enumerate(people)}
        return sides | {person: _with_colours_of(sides[person], sides[after[person]]) for person in recoloured}

    def _side(self, person: str, number: int) -> Side:
        generator = Generator().manual_seed(seed_of(self.seed, number, person))
        rows = torch.multinomial(self._weights[person], self.batch, replacement=True, generator=generator)
        pictures = self._pools[person].take(rows, self.device)
        at = places(affines(self.settings, self.batch, generator).to(self.device), self.resolution)
        side = side_of(sample(pictures, at), self._input(pictures, at, generator))
        jitter = colour.jitters(self.settings, self.batch, generator)
        return side if jitter is None else _changed(side, jitter.to(self.device))

    def _input(self, pictures: Tensor, at: Tensor, generator: Generator) -> Tensor | None:
        if not self.random_warp:
            return None
        moved = displacements(self.settings.warp, self.batch, generator).to(self.device)
        return sample(pictures[:, :3], warped(at, moved))

    def _pool(self, faceset: Faceset) -> Pool:
        """At the size that its closest view needs, and no larger: sampling must not skip pixels."""
        size = min(faceset.size, math.ceil(self.resolution * self.settings.scale))
        return pool_of(faceset, np.flatnonzero(~faceset.held_out), size)


def _weights(faceset: Faceset, settings: Augmentation) -> Tensor:
    """For the faces that are not held out."""
    if faceset.held_out.all():
        raise InputError(
            f"'{faceset.person}' has no faces to train on: all {len(faceset)} are held out",
            hint="Give more footage, or a smaller faceset.held_out",
        )
    every = weights(faceset.pose, faceset.held_out, balanced=settings.balance_poses)
    return torch.from_numpy(every[~faceset.held_out])


def _with_colours_of(side: Side, other: Side) -> Side:
    return _changed(side, *colour.transfers(side.target, side.mask, other.target, other.mask))


def _changed(side: Side, matrix: Tensor, shift: Tensor | None = None) -> Side:
    """Input and target in the same way."""
    target = colour.changed(side.target, matrix, shift)
    seen = target if side.warped is side.target else colour.changed(side.warped, matrix, shift)
    return replace(side, warped=seen, target=target)
