"""Linear transfers: mean and spread of the colors of the swap become those of the plate.

`gains`: Reinhard, Adhikhmin, Gooch and Shirley, "Color transfer between images", IEEE CG&A 21(5), 2001.
`by_roots`: Hertzmann, "Algorithms for rendering in artistic styles", 2001, in the symmetric form of Gatys et al.,
"Preserving color in neural artistic style transfer", arXiv:1606.05897; as in Xiao and Ma, "Color transfer in correlated
color space", VRCIA 2006, but without their principal axes, which change places from frame to frame.
`monge_kantorovich`: Pitie and Kokaram, "The linear Monge-Kantorovitch linear colour mapping for example-based colour
transfer", CVMP 2007.

`with_plate_contrast`: a map that is averaged over frames leaves each frame the contrast that the swap gave it, and that
of a swap changes more from frame to frame than that of its plate (measured: by 14 %). So before the map the contrast of
the swap, compared with the frames around it, becomes that of the plate.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fsvfx.colour.planes import mixed
from fsvfx.comp.transfer.footage import Map, Planes, Side, alike, nearest

F64 = NDArray[np.float64]

_MOST_GAIN = 8.0
"""A swap with nearly uniform color is not stretched to the plate's contrast: that would only amplify noise."""
_LEAST = 1e-8
"""Minimum variance: a covariance may be singular."""
FEWEST = 16
"""With fewer pixels, weighted by their shares, color is unknown."""
_MOST = 1.1
"""If swap and plate disagree on a change of contrast by more than this, it is not flicker: a hand, a glint."""


@dataclass(frozen=True)
class Moments:
    """n frames: ``mean`` (n, C), ``covariance`` (n, C, C)."""

    mean: F64
    covariance: F64

    def pooled(self, windows: F64) -> Moments:
        """Averages by ``windows`` (m, n). Covariances are averaged within frames: changing light is not contrast; and
        over all frames with equal weight, as their measurement is noisier."""
        return Moments(windows @ self.mean, np.einsum("mn,ncd->mcd", alike(windows), self.covariance))


def moments(side: Side) -> Moments:
    """The moments of every frame; zeros where nothing has a share."""
    found = [_moments(planes, share) for planes, share in zip(side.planes, side.shares, strict=True)]
    return Moments(np.stack([mean for mean, _ in found]), np.stack([covariance for _, covariance in found]))


def known(swap: Side, plate: Side) -> NDArray[np.bool_]:
    """(n,) frames for which both sides have enough pixels."""
    pairs = zip(swap.shares, plate.shares, strict=True)
    return np.array([min(a.sum(), b.sum()) >= FEWEST for a, b in pairs], np.bool_)


def gains(swap: F64, plate: F64) -> F64:
    """Per channel: ratios of standard deviations, as diagonal matrices. (m, C, C) each."""
    ratio = np.sqrt(variances(plate) / variances(swap))
    result: F64 = np.minimum(ratio, _MOST_GAIN)[..., None] * np.eye(swap.shape[-1])
    return result


def by_roots(swap: F64, plate: F64) -> F64:
    """``plate^(1/2) swap^(-1/2)``."""
    return _held(_power(plate, 0.5) @ _power(swap, -0.5))


def monge_kantorovich(swap: F64, plate: F64) -> F64:
    """``swap^(-1/2) (swap^(1/2) plate swap^(1/2))^(1/2) swap^(-1/2)``: of all linear maps the one that moves colors
    least."""
    root, under = _power(swap, 0.5), _power(swap, -0.5)
    return _held(under @ _power(root @ plate @ root, 0.5) @ under)


def linear_map(matrix: F64, own_mean: F64, change_of_mean: F64) -> Map:
    """``matrix (x - own_mean) + own_mean + change_of_mean``."""
    shift = (own_mean - matrix @ own_mean + change_of_mean).astype(np.float32)

    def change(planes: Planes) -> Planes:
        moved = mixed(planes, matrix)
        moved += shift[:, None]
        return moved

    return change


def linear_maps(matrices: F64, own_means: F64, swap: Moments, plate: Moments) -> list[Map]:
    """From pooled moments; ``own_means`` (m, C): those of the swap's single frames.

    Contrast is scaled about the frame's own mean, so that changes of light from frame to frame are not scaled with it.
    """
    return [linear_map(*each) for each in zip(matrices, own_means, plate.mean - swap.mean, strict=True)]


def with_plate_contrast(maps: list[Map], swap: Side, plate: Side, windows: F64) -> list[Map]:
    """``maps`` of the wanted frames, each applied after its frame's contrast is made to change as the plate's does.

    ``windows`` (m, n). A frame with an empty window is left unchanged.
    """
    if ((windows > 0).sum(axis=1) <= 1).all():
        return maps
    own, there = moments(swap), moments(plate)
    change = _changes(variances(there.covariance), windows) / _changes(variances(own.covariance), windows)
    gains = np.clip(change, 1 / _MOST, _MOST)
    return [_after(*each) for each in zip(maps, own.mean[nearest(windows)], gains, strict=True)]


def whitening(covariance: F64) -> F64:
    """``covariance^(-1/2)``, symmetric: its axes don't swap from frame to frame."""
    return _power(covariance, -0.5)


def variances(covariance: F64) -> F64:
    """The diagonals (..., C) of (..., C, C), never zero."""
    return np.maximum(np.diagonal(covariance, axis1=-2, axis2=-1), _LEAST)


def _power(matrix: F64, exponent: float) -> F64:
    """A power of symmetric matrices (..., C, C)."""
    values, axes = np.linalg.eigh((matrix + np.swapaxes(matrix, -1, -2)) / 2)
    least = _LEAST if exponent < 0 else 0.0
    powers = np.maximum(values, least) ** exponent
    result: F64 = (axes * powers[..., None, :]) @ np.swapaxes(axes, -1, -2)
    return result


def _held(matrix: F64) -> F64:
    """Limits the gain in every direction."""
    left, sizes, right = np.linalg.svd(matrix)
    if not (sizes > _MOST_GAIN).any():
        return matrix
    result: F64 = (left * np.minimum(sizes, _MOST_GAIN)[..., None, :]) @ right
    return result


def _moments(planes: Planes, share: NDArray[np.float32]) -> tuple[F64, F64]:
    total = max(float(share.sum(dtype=np.float64)), 1e-12)
    mean = np.array([np.einsum("n,n->", plane, share, dtype=np.float64) for plane in planes]) / total
    centred = planes - mean.astype(np.float32)[:, None]
    covariance = np.einsum("cn,dn->cd", centred * share, centred, dtype=np.float64) / total
    return mean, (covariance + covariance.T) / 2


def _changes(variance: F64, windows: F64) -> F64:
    """For (n, C): each wanted frame's standard deviation over that of the frames around it, (m, C)."""
    around = np.where(windows.any(axis=1, keepdims=True), alike(windows) @ variance, 1.0)
    result: F64 = np.sqrt(variance[nearest(windows)] / around)
    return result


def _after(change: Map, mean: F64, gain: F64) -> Map:
    shift, scale = (mean - gain * mean).astype(np.float32)[:, None], gain.astype(np.float32)[:, None]

    def both(planes: Planes) -> Planes:
        return change(planes * scale + shift)

    return both
