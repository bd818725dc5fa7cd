"""What a face is likely to look like, stored in a model's weights; and pictures of it, or photographs, on a target's
mesh: open models see them beside the target, in training and in swaps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from fsvfx.engines.anyone.linear_prior import Likely, LinearPrior, cross_fitted, fitted, numbers_of
from fsvfx.engines.contract import FaceBatch, Identity
from fsvfx.engines.landmark_warp import LandmarkWarp, LandmarkWarpSettings
from fsvfx.engines.mesh import atlas
from fsvfx.engines.mesh.guess import guessed
from fsvfx.engines.mesh.references import References, prepare
from fsvfx.engines.mesh.tone import match
from fsvfx.engines.mesh.warp import Warp
from fsvfx.faces.geometry import crop_matrix, move_points
from fsvfx.faces.raster import rasterise, times
from fsvfx.faces.topology import TRIANGLES

__all__ = [
    "WARPS",
    "Face",
    "KeepsPrior",
    "LinearPrior",
    "Priors",
    "Showing",
    "exchanged",
    "laid_over",
    "match",
    "photographed",
    "portrait",
    "swapped",
    "where_sure",
]

WARPS = LandmarkWarp.version
"""Interpolation of the pixels in warps."""

_SURE = 0.06
"""Distance from the matte's edge, as a share of the crop, beyond which a warp counts as ground truth."""
_NUMBERS = 3 * atlas.SIDE**2 + 3 * 468

F32 = NDArray[np.float32]
Showing = Likely | References
"""What a face is shown by."""


@dataclass(frozen=True)
class Face:
    """row: the person's row in the source. crop: (S, S, 3) in [0, 1]; mesh: (468, 3) crop px; code: (128,)."""

    row: int
    crop: F32
    mesh: F32
    code: F32


class Priors:
    """The linear prior of many faces; and for each of them, one that was fitted without it."""

    def __init__(self, faces: list[Face]) -> None:
        codes = np.stack([each.code for each in faces])
        numbers = np.stack([numbers_of(each.crop, each.mesh) for each in faces])
        self.prior = fitted(codes, numbers)
        folds, self._apart = cross_fitted(codes, numbers)
        self._fold = {each.row: int(fold) for each, fold in zip(faces, folds, strict=True)}

    def of(self, face: Face) -> Likely:
        """What a face is likely to look like."""
        fold = self._fold.get(face.row)
        return (self.prior if fold is None else self._apart[fold]).of(face.code)


class KeepsPrior(nn.Module):
    """A model with a linear prior in its weights. It is fitted before the first iteration, and nothing trains it."""

    def make_room(self, vector: int, directions: int) -> None:
        """For a prior of vectors (vector,), with this many directions in which faces vary."""
        for name, shape in _shapes(vector, directions).items():
            self.register_buffer(f"prior_{name}", torch.zeros(shape))

    @property
    def prior(self) -> LinearPrior:
        held = {name: getattr(self, f"prior_{name}").float().cpu().numpy() for name in _shapes(0, 0)}
        return LinearPrior(**held)

    def know(self, prior: LinearPrior) -> None:
        """Store a fitted prior. If it has fewer directions than there is room for, the others stay empty."""
        for name in _shapes(0, 0):
            value = torch.from_numpy(np.asarray(getattr(prior, name)))
            held: Tensor = getattr(self, f"prior_{name}")
            held.zero_()
            held[tuple(slice(side) for side in value.shape)] = value[tuple(slice(side) for side in held.shape)]


def laid_over(crops: F32, meshes: F32, faces: Iterable[Showing]) -> F32:
    """(b, S, S, 3): crops (b, S, S, 3), each with a face on its mesh (468, 3): the prior's, or warped photographs."""
    return np.stack([_laid_over(*each) for each in zip(crops, meshes, faces, strict=True)])


def _laid_over(crop: F32, mesh: F32, face: Showing) -> F32:
    if isinstance(face, References):
        return swapped(Warp(LandmarkWarpSettings()), crop, mesh, face)[0]
    return guessed(crop, mesh, face.colours)


def portrait(face: Likely, size: int) -> tuple[F32, F32]:
    """The prior's face from the front (size, size, 3), on a background of its skin color; and its mesh (468, 3) px."""
    mesh = move_points(crop_matrix(face.shape, size), face.shape)
    raster = rasterise(mesh, TRIANGLES, size)
    ground = np.full((size, size, 3), face.colours.mean(axis=(0, 1)), np.float32)
    shown = raster.picture(raster.sample(face.colours, atlas.places()), ground)
    return np.asarray(shown.clip(0, 1), np.float32), mesh


def photographed(face: Face, size: int) -> References:
    """A face from a single photograph, to be warped into crops of ``size`` px."""
    one = Identity(str(face.row), face.crop[None], face.mesh[None], np.ones(1, np.float32))
    return prepare(one, size)


def exchanged(face: Face, stranger: Face) -> tuple[F32, F32]:
    """A photograph with a stranger's face warped in (S, S, 3), and where that counts as ground truth (S, S)."""
    references = photographed(stranger, len(face.crop))
    made, matte = swapped(Warp(LandmarkWarpSettings()), face.crop, face.mesh, references)
    return made, where_sure(matte)


def swapped(warp: Warp, target: F32, mesh: F32, references: References) -> tuple[F32, F32]:
    """The warp of references over the target (S, S, 3), and its matte (S, S)."""
    made = warp.swap(FaceBatch(target[None], mesh[None], (0,)), references)
    return np.asarray(target + times(made.crops[0] - target, made.matte[0]), np.float32), made.matte[0]


def where_sure(matte: F32) -> F32:
    """(S, S): where a warp with this matte counts as ground truth: away from its edge."""
    reach = 2 * round(_SURE * len(matte) / 2) + 1
    return np.asarray(cv2.erode(matte, np.ones((reach, reach), np.uint8)), np.float32)


def _shapes(vector: int, kept: int) -> dict[str, tuple[int, ...]]:
    return {
        "centre": (vector,),
        "spread": (vector,),
        "mean": (_NUMBERS,),
        "weights": (vector, kept),
        "directions": (kept, _NUMBERS),
    }
