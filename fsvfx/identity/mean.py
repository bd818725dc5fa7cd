"""One vector for a person from the vectors of several pictures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fsvfx.identity.contract import distance


@dataclass(frozen=True)
class MeanVector:
    """vector: (d,) float32. pictures: number of pictures averaged; left_out: number of outliers."""

    vector: NDArray[np.float32]
    pictures: int
    left_out: int


def mean_vector(
    vectors: NDArray[np.floating], worth: NDArray[np.floating], same_person: float, *, least: float = 1e-3
) -> MeanVector:
    """From vectors (m, d), with rows of NaN for pictures without one; worth (m,): each picture's weight.

    The picture with the smallest weighted distance to all others represents the person (the medoid): pictures further
    than ``same_person`` from it are left out. The directions of the others are averaged by weight, and the mean is
    scaled back to their mean length: a network that learned from single pictures then gets a typical length. A single
    picture is its own mean. Raises ValueError if no picture has a vector.
    """
    taken = np.isfinite(vectors).all(axis=1)
    if not taken.any():
        raise ValueError("no picture has a vector")
    given, share = np.asarray(vectors[taken], np.float64), np.maximum(np.asarray(worth[taken], np.float64), least)
    apart = distance(given[:, None], given[None])
    like = apart[np.argmin(apart @ share)] < same_person
    given, share = given[like], share[like] / share[like].sum()
    lengths = np.linalg.norm(given, axis=1)
    mean = share @ (given / np.maximum(lengths, 1e-12)[:, None])
    mean *= (share @ lengths) / max(float(np.linalg.norm(mean)), 1e-12)
    return MeanVector(mean.astype(np.float32), int(like.sum()), int((~like).sum()))
