"""Swaps by ``landmark_warp`` of damaged pictures, with their ground truth: what a refiner learns from."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from fsvfx.engines.anyone.damage import cast, damaged
from fsvfx.engines.anyone.linear_prior import LinearPrior
from fsvfx.engines.contract import Identity
from fsvfx.engines.landmark_warp import LandmarkWarpSettings
from fsvfx.engines.mesh.guess import guessed
from fsvfx.engines.mesh.references import References, prepare
from fsvfx.engines.mesh.warp import Warp
from fsvfx.engines.priors import Face, Priors, swapped, where_sure
from fsvfx.engines.samples import Retouches
from fsvfx.engines.trainable import Model

__all__ = ["RetouchModel", "Swap", "Swapper"]

_OFF = 0.5
"""Share of backwards swaps whose color is off."""

F32 = NDArray[np.float32]
Random = np.random.Generator


class RetouchModel(Model[Retouches]):
    """Networks that learn from such swaps, and store the linear prior that was fitted for them."""

    @abstractmethod
    def know(self, prior: LinearPrior) -> None:
        """Store a fitted prior."""


@dataclass(frozen=True)
class Swap:
    """target, warp and guess over it, truth: (S, S, 3) in [0, 1].

    matte: (S, S), where it shows; sure: where the truth is known.
    """

    target: F32
    warp: F32
    guess: F32
    truth: F32
    matte: F32
    sure: F32


@dataclass(frozen=True)
class Swapper:
    """Makes them. Backwards, the truth is a photograph; forwards, the performance is."""

    priors: Priors
    warp: Warp = field(default_factory=lambda: Warp(LandmarkWarpSettings()))

    def backwards(self, face: Face, other: Face, stranger: Face, random: Random) -> Swap:
        """A stranger's face in a person's picture, and into that the person's own face from another, damaged
        picture."""
        target, matte = self._swapped(face.crop, face.mesh, self._references(stranger, stranger.crop, stranger.mesh))
        if random.random() < _OFF:
            target = cast(target, matte, random)
        spoiled = damaged(other.crop, other.mesh, stranger.crop, random)
        warp, matte = self._swapped(target, face.mesh, self._references(other, *spoiled))
        if random.random() < _OFF:
            warp = cast(warp, matte, random)
        guess = guessed(target, face.mesh, self.priors.of(other).colours)
        return Swap(target, warp, guess, face.crop, matte, np.ones_like(matte))

    def forwards(self, face: Face, stranger: Face, random: Random) -> Swap:
        """A stranger's damaged face in a person's picture. The truth is the undamaged warp, away from the edge."""
        spoiled = damaged(stranger.crop, stranger.mesh, face.crop, random)
        warp, matte = self._swapped(face.crop, face.mesh, self._references(stranger, *spoiled))
        truth, _ = self._swapped(face.crop, face.mesh, self._references(stranger, stranger.crop, stranger.mesh))
        guess = guessed(face.crop, face.mesh, self.priors.of(stranger).colours)
        return Swap(face.crop, warp, guess, truth, matte, where_sure(matte))

    def _swapped(self, target: F32, mesh: F32, references: References) -> tuple[F32, F32]:
        return swapped(self.warp, target, mesh, references)

    def _references(self, face: Face, crop: F32, mesh: F32) -> References:
        one = Identity(str(face.row), crop[None], mesh[None], np.ones(1, np.float32))
        return prepare(one, len(crop), self.priors.of(face).colours)
