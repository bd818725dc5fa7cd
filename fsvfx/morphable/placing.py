"""The placement of faces in front of the camera: rotated, scaled and shifted, with the perspective of their
distance."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fsvfx.morphable.model import Floats

Doubles = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Placing:
    """n faces: rotation (n, 3, 3) to the camera's axes (x right, y up, z to the camera); scale (n,) px a unit at the
    face's origin; shift (n, 2) px, the projection of the origin.

    nearness: a unit of the model over the camera's distance, the same for all; 0: no perspective. The camera is a
    pinhole that looks at the face: focal length ``scale / nearness`` px.
    """

    rotation: Doubles
    scale: Doubles
    shift: Doubles
    nearness: float

    def turned(self, points: Floats) -> Floats:
        """(n, v, 3) in the camera's axes, of points (v, 3) or (n, v, 3)."""
        return np.asarray(points @ self.rotation.swapaxes(1, 2).astype(np.float32), np.float32)

    def seen(self, points: Floats) -> Floats:
        """(n, v, 3) px of points (v, 3) or (n, v, 3): x right, y down, z away from the camera; pixel centers are at
        integers."""
        at = self.turned(points)
        scale = self.scale.astype(np.float32)[:, None]
        grown = scale / (1 - np.float32(self.nearness) * at[..., 2])
        x, y = (self.shift.astype(np.float32)[:, axis, None] for axis in range(2))
        return np.stack([x + grown * at[..., 0], y - grown * at[..., 1], -scale * at[..., 2]], axis=-1)

    def of(self, which: slice | NDArray[np.generic]) -> Placing:
        """A subset of the faces."""
        return Placing(self.rotation[which], self.scale[which], self.shift[which], self.nearness)

    def stepped(self, step: Doubles, nearness: float = 0.0) -> Placing:
        """After a step (n, 6): rotation (3, radians about the camera's axes), change of log scale, shift (2; units)."""
        rotation = turned_by(step[:, :3]) @ self.rotation
        shift = self.shift + step[:, 4:] * self.scale[:, None] * [1, -1]
        return replace(
            self,
            rotation=rotation,
            scale=self.scale * np.exp(step[:, 3]),
            shift=shift,
            nearness=self.nearness + nearness,
        )


def turned_by(turns: Doubles) -> Doubles:
    """Rotations (n, 3, 3) by vectors (n, 3): axis times radians (Rodrigues)."""
    angle = np.linalg.norm(turns, axis=1)[:, None, None]
    cross = np.zeros((len(turns), 3, 3))
    cross[:, [2, 0, 1], [1, 2, 0]] = turns
    cross[:, [1, 2, 0], [2, 0, 1]] = -turns
    near = np.maximum(angle, 1e-12)
    made: Doubles = np.eye(3) + np.sin(near) / near * cross + (1 - np.cos(near)) / near**2 * (cross @ cross)
    return made


def turns_of(rotations: Doubles) -> Doubles:
    """Vectors (n, 3) of rotations (n, 3, 3) by less than 180 degrees: the inverse of ``turned_by``."""
    skew = np.stack([rotations[:, 2, 1] - rotations[:, 1, 2], rotations[:, 0, 2] - rotations[:, 2, 0],
                     rotations[:, 1, 0] - rotations[:, 0, 1]], axis=1) / 2  # fmt: skip
    sine = np.linalg.norm(skew, axis=1)
    angle = np.arctan2(sine, (np.trace(rotations, axis1=1, axis2=2) - 1) / 2)
    found: Doubles = skew * (angle / np.maximum(sine, 1e-12))[:, None]
    return found
