"""Swaps by ``landmark_warp`` of spoiled pictures, with what they should have been: what a refiner learns from."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.engines.anyone.damage import cast, damaged
from fsvfx.engines.anyone.linear_prior import LinearPrior, cross_fitted, fitted, numbers_of
from fsvfx.engines.contract import FaceBatch, Identity
from fsvfx.engines.landmark_warp import LandmarkWarpSettings
from fsvfx.engines.mesh.guess import guessed
from fsvfx.engines.mesh.references import References, prepare
from fsvfx.engines.mesh.warp import Warp
from fsvfx.engines.samples import Retouches
from fsvfx.engines.trainable import Model
from fsvfx.faces.raster import times

__all__ = ["Face", "LinearPrior", "Priors", "RetouchModel", "Swap", "Swapper"]

_OFF = 0.5
"""Share of swaps, made backwards, whose colour is off."""
_SURE = 0.06
"""Of the crop: how far from the matte's edge a warp is taken for the truth."""

F32 = NDArray[np.float32]
Random = np.random.Generator


class RetouchModel(Model[Retouches]):
    """Networks that learn from such swaps, and take along the linear prior that was fitted for them."""

    @abstractmethod
    def know(self, prior: LinearPrior) -> None:
        """Take a fitted prior for its own."""


@dataclass(frozen=True)
class Face:
    """row: whose it is, in what it comes from. crop: (S, S, 3) in [0, 1]; mesh: (468, 3) crop px; code: (128,)."""

    row: int
    crop: F32
    mesh: F32
    code: F32


@dataclass(frozen=True)
class Swap:
    """target, warp and guess over it, truth: (S, S, 3) in [0, 1].

    matte: (S, S), where it shows; sure: where the truth is one.
    """

    target: F32
    warp: F32
    guess: F32
    truth: F32
    matte: F32
    sure: F32


class Priors:
    """The linear prior of many faces; for each of them, one that was fitted without it."""

    def __init__(self, faces: list[Face]) -> None:
        codes = np.stack([each.code for each in faces])
        numbers = np.stack([numbers_of(each.crop, each.mesh) for each in faces])
        self.prior = fitted(codes, numbers)
        folds, self._apart = cross_fitted(codes, numbers)
        self._fold = {each.row: int(fold) for each, fold in zip(faces, folds, strict=True)}

    def of(self, face: Face) -> F32:
        """The colours, in the atlas, that a face is likely to have."""
        fold = self._fold.get(face.row)
        return (self.prior if fold is None else self._apart[fold]).of(face.code).colours


@dataclass(frozen=True)
class Swapper:
    """Makes them. Backwards the truth is a photograph, forwards the performance is."""

    priors: Priors
    warp: Warp = field(default_factory=lambda: Warp(LandmarkWarpSettings()))

    def backwards(self, face: Face, other: Face, stranger: Face, random: Random) -> Swap:
        """A stranger's face in a person's picture; into that the person's own, of another picture that is spoiled."""
        target, matte = self._swapped(face.crop, face.mesh, self._references(stranger, stranger.crop, stranger.mesh))
        if random.random() < _OFF:
            target = cast(target, matte, random)
        spoiled = damaged(other.crop, other.mesh, stranger.crop, random)
        warp, matte = self._swapped(target, face.mesh, self._references(other, *spoiled))
        if random.random() < _OFF:
            warp = cast(warp, matte, random)
        guess = guessed(target, face.mesh, self.priors.of(other))
        return Swap(target, warp, guess, face.crop, matte, np.ones_like(matte))

    def forwards(self, face: Face, stranger: Face, random: Random) -> Swap:
        """A stranger's face, spoiled, in a person's picture. The truth is its warp unspoiled, away from the edge."""
        spoiled = damaged(stranger.crop, stranger.mesh, face.crop, random)
        warp, matte = self._swapped(face.crop, face.mesh, self._references(stranger, *spoiled))
        truth, _ = self._swapped(face.crop, face.mesh, self._references(stranger, stranger.crop, stranger.mesh))
        reach = 2 * round(_SURE * len(matte) / 2) + 1
        inner = cv2.erode(matte, np.ones((reach, reach), np.uint8))
        guess = guessed(face.crop, face.mesh, self.priors.of(stranger))
        return Swap(face.crop, warp, guess, truth, matte, np.asarray(inner, np.float32))

    def _swapped(self, target: F32, mesh: F32, references: References) -> tuple[F32, F32]:
        """Over the target, and the matte."""
        made = self.warp.swap(FaceBatch(target[None], mesh[None], (0,)), references)
        return np.asarray(target + times(made.crops[0] - target, made.matte[0]), np.float32), made.matte[0]

    def _references(self, face: Face, crop: F32, mesh: F32) -> References:
        one = Identity(str(face.row), crop[None], mesh[None], np.ones(1, np.float32))
        return prepare(one, len(crop), self.priors.of(face))
