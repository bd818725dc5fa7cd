"""Linear transfers: the swap's mean and spread become the plate's.

`gains`: Reinhard, Adhikhmin, Gooch and Shirley, "Color transfer between images", IEEE CG&A 21(5), 2001.
`by_roots`: Hertzmann, "Algorithms for rendering in artistic styles", 2001, in the symmetric form of Gatys et al.,
"Preserving color in neural artistic style transfer", arXiv:1606.05897; as in Xiao and Ma, "Color transfer in correlated
color space", VRCIA 2006, but without their principal axes, which change places from frame to frame.
`monge_kantorovich`: Pitie and Kokaram, "The linear Monge-Kantorovitch linear colour mapping for example-based colour
transfer", CVMP 2007.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fsvfx.colour.planes import mixed
from fsvfx.comp.transfer.footage import Map, Planes
from fsvfx.comp.transfer.moments import Moments

F64 = NDArray[np.float64]

_MOST_GAIN = 8.0
"""A swap that is nearly of one colour is not blown up to the plate's contrast: only its noise would be."""
_LEAST = 1e-8
"""Variances below it are taken for it: a covariance may be singular."""


def gains(swap: F64, plate: F64) -> F64:
    """Per channel: ratios of standard deviations, as diagonal matrices. (m, C, C) each."""
    ratio = np.sqrt(variances(plate) / variances(swap))
    result: F64 = np.minimum(ratio, _MOST_GAIN)[..., None] * np.eye(swap.shape[-1])
    return result


def by_roots(swap: F64, plate: F64) -> F64:
    """``plate^(1/2) swap^(-1/2)``."""
    return _held(_power(plate, 0.5) @ _power(swap, -0.5))


def monge_kantorovich(swap: F64, plate: F64) -> F64:
    """``swap^(-1/2) (swap^(1/2) plate swap^(1/2))^(1/2) swap^(-1/2)``: of all linear maps the one that moves least."""
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
    """Of pooled moments; ``own_means`` (m, C): of the swap's frames by themselves.

    Contrast is scaled about the frame's own mean, so that changes of light from frame to frame are not scaled with it.
    """
    return [linear_map(*each) for each in zip(matrices, own_means, plate.mean - swap.mean, strict=True)]


def whitening(covariance: F64) -> F64:
    """``covariance^(-1/2)``, symmetric: its axes don't change places from frame to frame."""
    return _power(covariance, -0.5)


def variances(covariance: F64) -> F64:
    """The diagonals (..., C) of (..., C, C), never zero."""
    return np.maximum(np.diagonal(covariance, axis1=-2, axis2=-1), _LEAST)


def _power(matrix: F64, exponent: float) -> F64:
    """Of symmetric matrices (..., C, C)."""
    values, axes = np.linalg.eigh((matrix + np.swapaxes(matrix, -1, -2)) / 2)
    least = _LEAST if exponent < 0 else 0.0
    powers = np.maximum(values, least) ** exponent
    result: F64 = (axes * powers[..., None, :]) @ np.swapaxes(axes, -1, -2)
    return result


def _held(matrix: F64) -> F64:
    """No direction gains more than that."""
    left, sizes, right = np.linalg.svd(matrix)
    if not (sizes > _MOST_GAIN).any():
        return matrix
    result: F64 = (left * np.minimum(sizes, _MOST_GAIN)[..., None, :]) @ right
    return result
