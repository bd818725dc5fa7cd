"""Projections of a model's points, and their derivatives with respect to each parameter, for Gauss-Newton steps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fsvfx.morphable.model import Floats
from fsvfx.morphable.placing import Doubles, Placing

POSE = 6
"""Parameters of a placing: rotation (3), log scale, shift (2); see ``Placing.stepped``."""


@dataclass(frozen=True, eq=False)
class Lines:
    """at: (n, 2, m) projected positions, units from the face's origin, x right and y up. by: (n, 2, m, p) derivatives
    by each parameter: the placing's six, then one for each vector of the bases, then nearness (optional)."""

    at: Floats
    by: Floats


def lines(placing: Placing, points: Floats, bases: list[Floats], nearness: bool = False) -> Lines:
    """For points (n, m, 3) of a model that ``bases`` (b, m, 3) move."""
    held = np.ascontiguousarray(placing.turned(points).transpose(2, 0, 1))
    x, y, z = held
    near = np.float32(placing.nearness)
    grown = 1 / (1 - near * z)
    steep = near * grown**2
    count = POSE + sum(map(len, bases)) + nearness
    by = np.zeros((len(points), 2, points.shape[1], count), np.float32)
    by[:, 0, :, 0], by[:, 1, :, 0] = steep * x * y, -grown * z + steep * y * y
    by[:, 0, :, 1], by[:, 1, :, 1] = grown * z - steep * x * x, -steep * y * x
    by[:, 0, :, 2], by[:, 1, :, 2] = -grown * y, grown * x
    by[:, 0, :, 3], by[:, 1, :, 3] = grown * x, grown * y
    by[:, 0, :, 4], by[:, 1, :, 5] = 1, 1
    first = POSE
    for basis in bases:
        moved = _turned(placing, basis)
        for axis, along in enumerate((x, y)):
            into = by[:, axis, :, first : first + len(basis)]
            np.multiply(moved[:, axis], grown[..., None], out=into)
            into += moved[:, 2] * (steep * along)[..., None]
        first += len(basis)
    if nearness:
        by[:, 0, :, -1], by[:, 1, :, -1] = grown**2 * z * x, grown**2 * z * y
    return Lines(np.stack([grown * x, grown * y], axis=1), by)


def _turned(placing: Placing, basis: Floats) -> Floats:
    """(n, 3, m, b) in the camera's axes."""
    flat = np.ascontiguousarray(basis.transpose(2, 1, 0)).reshape(3, -1)
    made = placing.rotation.astype(np.float32) @ flat
    return np.asarray(made.reshape(len(made), 3, basis.shape[1], len(basis)), np.float32)


@dataclass(frozen=True, eq=False)
class Normals:
    """Normal equations of n frames: matrix (n, p, p), aim (n, p)."""

    matrix: Doubles
    aim: Doubles

    def __add__(self, other: Normals) -> Normals:
        return Normals(self.matrix + other.matrix, self.aim + other.aim)


def normal_equations(by: Floats, off: Floats, weights: Floats) -> Normals:
    """From rows: by (n, r, p), residuals ``off`` (n, r), weights (n, r)."""
    weighted = by * np.sqrt(weights)[..., None]
    columns = weighted.swapaxes(1, 2)
    aim = columns @ (off * np.sqrt(weights))[..., None]
    return Normals((columns @ weighted).astype(np.float64), aim[..., 0].astype(np.float64))
