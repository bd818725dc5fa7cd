"""Contrast over time: what is steady must not let the swap's own flicker through.

A map that is averaged over frames leaves each frame's contrast what the swap made it, and a swap's contrast changes
more from frame to frame than its plate's (measured: by 14 %). So before the map the swap's contrast, as compared with
the frames around it, becomes the plate's.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fsvfx.comp.transfer.footage import Map, Planes, Side
from fsvfx.comp.transfer.linear import variances
from fsvfx.comp.transfer.moments import moments
from fsvfx.comp.transfer.windows import alike, nearest

F64 = NDArray[np.float64]

_MOST = 1.1
"""A change of contrast that swap and plate disagree on by more is no flicker: a hand, a glint."""


def followed(maps: list[Map], swap: Side, plate: Side, windows: F64) -> list[Map]:
    """``maps`` of the wanted frames, each after its frame's contrast was made to change as the plate's does.

    ``windows`` (m, n). A frame that nothing is averaged for is left as it is.
    """
    if ((windows > 0).sum(axis=1) <= 1).all():
        return maps
    own, there = moments(swap), moments(plate)
    change = _changes(variances(there.covariance), windows) / _changes(variances(own.covariance), windows)
    gains = np.clip(change, 1 / _MOST, _MOST)
    return [_after(*each) for each in zip(maps, own.mean[nearest(windows)], gains, strict=True)]


def _changes(variance: F64, windows: F64) -> F64:
    """Of (n, C): each wanted frame's standard deviation over that of the frames around it, (m, C)."""
    around = np.where(windows.any(axis=1, keepdims=True), alike(windows) @ variance, 1.0)
    result: F64 = np.sqrt(variance[nearest(windows)] / around)
    return result


def _after(change: Map, mean: F64, gain: F64) -> Map:
    shift, scale = (mean - gain * mean).astype(np.float32)[:, None], gain.astype(np.float32)[:, None]

    def both(planes: Planes) -> Planes:
        return change(planes * scale + shift)

    return both
