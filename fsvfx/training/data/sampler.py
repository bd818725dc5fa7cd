"""Batches of training pictures: faces drawn by pose, varied on the device, made ahead in a thread."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Self

import numpy as np
import torch
from pydantic import JsonValue
from torch import Generator, Tensor

from fsvfx.engines.trainable import Batch, Side
from fsvfx.errors import InputError
from fsvfx.facesets.balance import weights
from fsvfx.facesets.faceset import Faceset
from fsvfx.training.data import light
from fsvfx.training.data.ahead import Ahead
from fsvfx.training.data.geometry import affines, places, sample, warped
from fsvfx.training.data.pool import Pool, pool_of, side_of
from fsvfx.training.data.warp import displacements
from schemas.augmentation import Augmentation

_DEPTH = 3
"""Batches made ahead."""


class Sampler(Iterator[Batch]):
    """Endless batches: ``batch`` pictures (R, R) of each person, in the order of ``facesets``.

    Every batch follows from seed and number alone: after ``restore`` the same ones come as without a break, and on
    every device. Held-out faces are not even loaded. ``random_warp``: else the model sees its target.
    """

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
        self.resolution, self.batch, self.settings, self.device, self.seed = resolution, batch, settings, device, seed
        self.random_warp = random_warp
        self._digests = {person: faceset.digest for person, faceset in facesets.items()}
        self._weights = {person: _weights(faceset, settings) for person, faceset in facesets.items()}
        self._pools = {person: self._pool(faceset) for person, faceset in facesets.items()}
        self._done = 0
        self._ahead: Ahead[Batch] | None = None

    @property
    def waited(self) -> float:
        """Seconds that batches have been waited for since the start or the last ``restore``."""
        return self._ahead.waited if self._ahead else 0.0

    def __next__(self) -> Batch:
        if self._ahead is None:
            self._ahead = Ahead(self.make, self._done, _DEPTH)
        made = self._ahead.next()
        self._done += 1
        return made

    def state(self) -> dict[str, JsonValue]:
        """What a checkpoint keeps of it; JSON."""
        return {"done": self._done, "seed": self.seed, "facesets": dict(self._digests)}

    def restore(self, state: Mapping[str, JsonValue]) -> None:
        """Go on after the batches that were taken when ``state`` was. Raises InputError for other facesets."""
        if state["facesets"] != self._digests:
            raise InputError(
                "The facesets are not those that this training began with",
                hint="Train in another folder, or give the footage and faceset settings that it began with",
            )
        self.close()
        self._done, self.seed = int(str(state["done"])), int(str(state["seed"]))

    def close(self) -> None:
        """Stop making batches; ``next`` starts it again."""
        if self._ahead is not None:
            self._ahead.close()
            self._ahead = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

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
        generator = Generator().manual_seed(_seed(self.seed, number, person))
        rows = torch.multinomial(self._weights[person], self.batch, replacement=True, generator=generator)
        pictures = self._pools[person].take(rows, self.device)
        at = places(affines(self.settings, self.batch, generator).to(self.device), self.resolution)
        side = side_of(sample(pictures, at), self._input(pictures, at, generator))
        jitter = light.jitters(self.settings, self.batch, generator)
        return side if jitter is None else _changed(side, jitter.to(self.device))

    def _input(self, pictures: Tensor, at: Tensor, generator: Generator) -> Tensor | None:
        if not self.random_warp:
            return None
        moved = displacements(self.settings.warp, self.batch, generator).to(self.device)
        return sample(pictures[:, :3], warped(at, moved))

    def _pool(self, faceset: Faceset) -> Pool:
        """As fine as the closest view of it needs, and no finer: pixels are not to be skipped."""
        size = min(faceset.size, math.ceil(self.resolution * self.settings.scale))
        return pool_of(faceset, np.flatnonzero(~faceset.held_out), size)


def _weights(faceset: Faceset, settings: Augmentation) -> Tensor:
    """Of the faces that are not held out."""
    if faceset.held_out.all():
        raise InputError(
            f"'{faceset.person}' has no face to train on: {len(faceset)} faces, all held out",
            hint="Give more footage, or a smaller faceset.held_out",
        )
    every = weights(faceset.pose, faceset.held_out, balanced=settings.balance_poses)
    return torch.from_numpy(every[~faceset.held_out])


def _seed(seed: int, number: int, person: str) -> int:
    return int.from_bytes(hashlib.blake2b(f"{seed}/{number}/{person}".encode(), digest_size=7).digest())


def _with_colours_of(side: Side, other: Side) -> Side:
    return _changed(side, *light.transfers(side.target, side.mask, other.target, other.mask))


def _changed(side: Side, matrix: Tensor, shift: Tensor | None = None) -> Side:
    """Input and target alike."""
    target = light.changed(side.target, matrix, shift)
    seen = target if side.warped is side.target else light.changed(side.warped, matrix, shift)
    return replace(side, warped=seen, target=target)
