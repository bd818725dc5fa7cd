"""Means and covariances of colours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fsvfx.comp.transfer.footage import Planes, Side
from fsvfx.comp.transfer.windows import alike

F64 = NDArray[np.float64]

FEWEST = 16
"""Fewer pixels than that, by their shares, say nothing about colour."""


@dataclass(frozen=True)
class Moments:
    """Of n frames: ``mean`` (n, C), ``covariance`` (n, C, C)."""

    mean: F64
    covariance: F64

    def pooled(self, windows: F64) -> Moments:
        """Averages by ``windows`` (m, n). Covariances are averaged as they are: light that changes is no contrast; and
        over all frames alike, as their measurement is the noisier one."""
        return Moments(windows @ self.mean, np.einsum("mn,ncd->mcd", alike(windows), self.covariance))


def known(swap: Side, plate: Side) -> NDArray[np.bool_]:
    """(n,) frames of which both sides show enough."""
    pairs = zip(swap.shares, plate.shares, strict=True)
    return np.array([min(a.sum(), b.sum()) >= FEWEST for a, b in pairs], np.bool_)


def moments(side: Side) -> Moments:
    """Of every frame; zeros where nothing has a share."""
    found = [_moments(planes, share) for planes, share in zip(side.planes, side.shares, strict=True)]
    return Moments(np.stack([mean for mean, _ in found]), np.stack([covariance for _, covariance in found]))


def _moments(planes: Planes, share: NDArray[np.float32]) -> tuple[F64, F64]:
    total = max(float(share.sum(dtype=np.float64)), 1e-12)
    mean = np.array([np.einsum("n,n->", plane, share, dtype=np.float64) for plane in planes]) / total
    centred = planes - mean.astype(np.float32)[:, None]
    covariance = np.einsum("cn,dn->cd", centred * share, centred, dtype=np.float64) / total
    return mean, (covariance + covariance.T) / 2
