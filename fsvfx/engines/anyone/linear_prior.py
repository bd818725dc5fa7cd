"""What a face is likely to look like, predicted from its identity vector alone: one ridge regression, without training.

A linear morphable model whose parameters are the vector of an identity network: colors in the atlas, and proportions.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fsvfx.engines.mesh import atlas
from fsvfx.engines.mesh.shape import canonical
from fsvfx.faces.raster import Floats

_RIDGE = 100.0
"""Ridge penalty, for vectors whose numbers have deviation 1."""
_GAIN = 1.3
"""A ridge regression pulls faces towards the mean: they are moved away from it by this factor."""
_DIRECTIONS = 48
"""Number of principal directions kept: few explain nearly everything, and weights stay small."""
_FOLDS = 5
_LEAST = 1e-6
"""Of a deviation."""
_COLOURS = 3 * atlas.SIDE**2


@dataclass(frozen=True)
class Likely:
    """colors: (k, k, 3) display RGB in [0, 1], in the atlas; shape: (468, 3), cm, upright, about the middle."""

    colours: Floats
    shape: Floats


@dataclass(frozen=True)
class LinearPrior:
    """mean: (D,) of faces as numbers, CIE Lab colors and then the shape; center, spread: (d,) of the vectors.

    weights: (d, k), of vectors; directions: (k, D), of faces.
    """

    centre: Floats
    spread: Floats
    mean: Floats
    weights: Floats
    directions: Floats

    def of(self, vector: Floats) -> Likely:
        """The face for an identity vector (d,)."""
        known = np.nan_to_num((vector - self.centre) / np.maximum(self.spread, _LEAST))
        face = self.mean + _GAIN * (known @ self.weights) @ self.directions
        lab = face[:_COLOURS].reshape(atlas.SIDE, atlas.SIDE, 3)
        colours = np.clip(cv2.cvtColor(np.ascontiguousarray(lab, np.float32), cv2.COLOR_Lab2RGB), 0, 1)
        return Likely(
            atlas.extended(np.asarray(colours, np.float32)), face[_COLOURS:].reshape(468, 3).astype(np.float32)
        )


def numbers_of(crop: Floats, mesh: Floats) -> Floats:
    """(D,): a face (S, S, 3) display RGB with its mesh (468, 3) crop px, as the regression takes it."""
    colours = atlas.filled(np.asarray(atlas.laid_out(crop, mesh).clip(0, 1), np.float32))
    lab = cv2.cvtColor(colours, cv2.COLOR_RGB2Lab)
    return np.concatenate([lab.ravel(), canonical(mesh).ravel()]).astype(np.float32)


def fitted(vectors: Floats, faces: Floats) -> LinearPrior:
    """The regression from vectors (n, d) to faces (n, D)."""
    centre, spread = vectors.mean(0), np.maximum(vectors.std(0), _LEAST)
    known = (vectors - centre) / spread
    mean = faces.mean(0)
    inner = known.T @ known + _RIDGE * np.eye(known.shape[1], dtype=np.float32)
    slopes = np.linalg.solve(inner, known.T @ (faces - mean))
    squares, left = np.linalg.eigh(np.asarray(slopes @ slopes.T, np.float64))  # quicker than the slopes' own SVD
    kept = np.argsort(-squares)[:_DIRECTIONS]
    left, sizes = left[:, kept], np.sqrt(squares[kept].clip(0))
    right = left.T @ slopes / np.maximum(sizes, _LEAST)[:, None]
    return LinearPrior(*(np.asarray(each, np.float32) for each in (centre, spread, mean, left * sizes, right)))


def cross_fitted(vectors: Floats, faces: Floats) -> tuple[NDArray[np.int64], list[LinearPrior]]:
    """Folds (n,), and for each fold the regression on all others: training must not see predictions fitted on the same
    face."""
    folds = np.arange(len(vectors), dtype=np.int64) % _FOLDS
    return folds, [fitted(vectors[folds != fold], faces[folds != fold]) for fold in range(_FOLDS)]
