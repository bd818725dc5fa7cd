"""Transport of colours by one-dimensional transports along many directions, on equal numbers of samples (C, K).

`distribution`: Pitie, Kokaram and Dahyot, "N-dimensional probability density function transfer and its application to
colour transfer", ICCV 2005, and "Automated colour grading using colour distribution transfer", CVIU 107, 2007.
`sliced`: Rabin, Peyre, Delon and Bernot, "Wasserstein barycenter and its application to texture mixing", SSVM 2011.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from fsvfx.comp.transfer.footage import Planes

COUNT = 2048
_TURNS = 16
_STEPS, _BASES = 8, 3
_SEED = 20210


def samples(planes: Planes, share: NDArray[np.float32]) -> Planes:
    """COUNT colours, taken as often as their shares say; the same places in every frame, so that they don't flicker.

    Few pixels are taken several times. ValueError if none has a share.
    """
    order, chance = _pattern(planes.shape[1])
    taken = order[share[order] > chance]
    if not len(taken):
        taken = np.flatnonzero(share > 0)
    return np.ascontiguousarray(planes[:, np.resize(taken, COUNT)])


def distribution(swap: Planes, plate: Planes) -> Planes:
    """Iterative distribution transfer: every axis of one turned space after the other gets the plate's distribution."""
    moved = swap.copy()
    for turn in _turns(_TURNS, len(swap)):
        moved += turn.T @ _shift(turn @ moved, turn @ plate)
    return moved


def sliced(swap: Planes, plate: Planes) -> Planes:
    """Sliced optimal transport: steps down the sliced Wasserstein distance, each over the axes of several spaces."""
    moved = swap.copy()
    turns = _turns(_STEPS * _BASES, len(swap)).reshape(_STEPS, -1, len(swap))
    for axes in turns:
        moved += axes.T @ _shift(axes @ moved, axes @ plate) / np.float32(_BASES)
    return moved


def _shift(swap: Planes, plate: Planes) -> Planes:
    """What brings each row's values to the other's, in order."""
    order = np.argsort(swap, axis=1)
    out = np.empty_like(swap)
    np.put_along_axis(out, order, np.sort(plate, axis=1), axis=1)
    out -= swap
    return out


@lru_cache(maxsize=8)
def _pattern(count: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """In which order pixels are asked, and by what share each is taken."""
    random = np.random.default_rng(_SEED)
    return random.permutation(count), random.random(count, dtype=np.float32)


@lru_cache(maxsize=8)
def _turns(count: int, channels: int) -> NDArray[np.float32]:
    """Turned spaces (count, C, C), uniformly random; the first is the space itself."""
    made = np.random.default_rng(_SEED).standard_normal((count, channels, channels))
    turns, triangle = np.linalg.qr(made)
    turns = turns * np.sign(np.diagonal(triangle, axis1=1, axis2=2))[:, None, :]
    turns[0] = np.eye(channels)
    return np.asarray(turns, np.float32)
