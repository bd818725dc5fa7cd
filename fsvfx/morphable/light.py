"""Light as nine spherical harmonics per color: all that a matte surface reveals of it (Ramamoorthi and Hanrahan, "An
Efficient Representation for Irradiance Environment Maps", 2001; Basri and Jacobs, "Lambertian Reflectance and Linear
Subspaces", 2003)."""

from __future__ import annotations

import numpy as np

from fsvfx.morphable.model import Floats

_GAMMA = 2.2
"""Gamma of display values, for shading: light adds up, display values don't."""
_DIM = 0.4
"""Share of the mean over all directions below which shading is too weak to estimate albedo."""
_RIDGE = np.array([1e-3, *[0.01] * 3, *[0.03] * 5], np.float32)
"""Regularization of each harmonic, as a share of the sum over all normals: a face shows half of them."""


def to_light(shown: Floats) -> Floats:
    """Display values in [0, 1] as light."""
    return np.asarray(np.clip(shown, 0, None) ** np.float32(_GAMMA), np.float32)


def to_shown(light: Floats) -> Floats:
    """The inverse of ``to_light``."""
    return np.asarray(np.clip(light, 0, None) ** np.float32(1 / _GAMMA), np.float32)


def harmonics(normals: Floats) -> Floats:
    """(..., 9) real spherical harmonics of unit normals (..., 3): 1; y, z, x; xy, yz, 3zz - 1, xz, xx - yy."""
    x, y, z = np.moveaxis(normals, -1, 0)
    first, second = np.float32(0.488603), np.float32(1.092548)
    return np.stack(
        [np.full_like(x, 0.282095), first * y, first * z, first * x, second * x * y, second * y * z,
         np.float32(0.315392) * (3 * z * z - 1), second * x * z, np.float32(0.546274) * (x * x - y * y)],
        axis=-1,
    )  # fmt: skip


def shading(light: Floats, normals: Floats) -> Floats:
    """(..., p, 3) light reflected by a white surface with normals (..., p, 3) under light (..., 9, 3); at least a
    little."""
    return np.asarray(np.maximum(harmonics(normals) @ light, 0.003), np.float32)


def unlit(colours: Floats, light: Floats, normals: Floats) -> Floats:
    """(..., p, 3): albedo of surfaces with normals (..., p, 3) that reflect ``colours`` (..., p, 3), light, under (...,
    9, 3).

    Where hardly any light falls (nostrils, the inside of lips) there is little information: it is assumed dark, not
    bright.
    """
    lit = shading(light, normals)
    least = np.float32(_DIM) * np.abs(light[..., :1, :]) * np.float32(0.282095)
    return np.asarray(colours / np.maximum(lit, np.maximum(least, 1e-3)), np.float32)


def solved(colours: Floats, albedo: Floats, normals: Floats, weights: Floats) -> Floats:
    """(n, 9, 3): the light that best explains ``colours`` (n, p, 3), light, for albedo (p, 3) with normals (n, p, 3).

    weights: (n, p), robustly reduced where a color does not fit (a shadow, a strand of hair, a frame of glasses).
    """
    basis, trust = harmonics(normals), weights
    for _ in range(3):
        light = _least_squares(basis, colours, albedo, trust)
        off = np.abs(to_shown(basis @ light * albedo) - to_shown(colours)).mean(axis=-1)
        trust = weights / (1 + (off / np.float32(0.06)) ** 2)
    return light


def _least_squares(basis: Floats, colours: Floats, albedo: Floats, weights: Floats) -> Floats:
    lit = basis[..., None, :] * albedo[..., None]  # (n, p, 3, 9)
    weighted = lit * weights[..., None, None]
    normal = np.einsum("npck,npcl->nckl", weighted, lit, optimize=True).astype(np.float64)
    aim = np.einsum("npck,npc->nck", weighted, colours, optimize=True).astype(np.float64)
    normal += np.trace(normal, axis1=2, axis2=3)[..., None, None] * np.diag(_RIDGE) / 9 + 1e-9 * np.eye(9)
    return np.asarray(np.linalg.solve(normal, aim[..., None])[..., 0].swapaxes(1, 2), np.float32)
