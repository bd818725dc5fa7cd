"""A face's shape apart from pose and expression, learned from a person's reference meshes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from fsvfx.faces.geometry import similarity
from fsvfx.faces.raster import Floats
from fsvfx.faces.topology import CANONICAL, OVAL, TRIANGLES

_MODES = 10
"""Maximum number of expression modes; later modes hold the references' landmark noise."""
_FEATURES: tuple[tuple[tuple[int, ...], float, bool], ...] = (
    ((33, 133, 159, 145), 1.5, True),
    ((263, 362, 386, 374), 1.5, True),
    ((105, 66), 1.4, False),
    ((334, 296), 1.4, False),
    ((6, 197), 1.3, True),
    ((1, 2, 98, 327), 1.5, True),
    ((0, 61, 291, 17), 2.2, False),
    ((50, 205), 2.0, False),
    ((280, 425), 2.0, False),
    ((9, 151), 2.2, False),
)
"""Eyes, brows, bridge and tip of the nose, mouth, cheeks, forehead: the points whose center is the feature's, its reach
(cm on the canonical face), and whether its width changes too. Features move as wholes, so lids and lips keep their
opening and curve; the jaw does not move, since it moves with speech."""
_NOWHERE = 0.1
"""Weight of not moving, so that points far from any feature don't move."""
_UPRIGHT = (CANONICAL * np.array([1, -1, -1])).astype(np.float32)
_RIM_HOPS = 5
"""The oval stays the performer's; this many edges inside it the shape is fully the identity's."""


@dataclass(frozen=True)
class ShapeSpace:
    """A person's mean mesh (468, 3) in its own frame, and orthonormal expression modes (k, 1404) about it."""

    mean: Floats
    modes: Floats

    @classmethod
    def learn(cls, meshes: Floats) -> ShapeSpace:
        """From (m, 468, 3) reference meshes in any pose and size."""
        mean = _UPRIGHT
        aligned = meshes
        for _ in range(3):
            aligned = np.stack([onto(mesh, mean) for mesh in meshes])
            mean = aligned.mean(0)
        flat = (aligned - mean).reshape(len(meshes), -1)
        _, spread, directions = np.linalg.svd(flat, full_matrices=False)
        kept = spread > 0.02 * max(float(spread.max(initial=0.0)), 1e-6)
        return cls(mean.astype(np.float32), directions[kept][: min(_MODES, len(meshes) // 4)].astype(np.float32))

    def move(self, mesh: Floats, strength: float) -> Floats:
        """``mesh`` (468, 3) with this person's proportions, ``strength`` 0..1; pose, expression and outline stay.

        The part of the difference between the two faces that the person's own expressions can explain counts as
        expression and is not changed; the rest counts as shape. A linear, stateless function of the mesh, so
        neighboring frames stay neighbors in any chunk.
        """
        scale, rotation, shift = similarity(mesh, self.mean)
        difference = (self.mean - scale * mesh @ rotation.T - shift).ravel()
        if len(self.modes):
            difference = difference - self.modes.T @ (self.modes @ difference)
        moved = mesh + strength * (_spread(difference.reshape(-1, 3)) @ rotation) / scale
        return np.asarray(moved, np.float32)


def onto(mesh: Floats, target: Floats) -> Floats:
    """``mesh`` (v, 3) aligned with ``target`` by the best-fitting similarity."""
    scale, rotation, shift = similarity(mesh, target)
    return np.asarray(scale * mesh @ rotation.T + shift, np.float32)


def canonical(mesh: Floats) -> Floats:
    """``mesh`` (468, 3) in any pose and size: upright, in cm, centered; y down, z away from the camera."""
    return onto(mesh, _UPRIGHT)


@lru_cache(maxsize=1)
def adjacency() -> NDArray[np.bool_]:
    """(468, 468): which vertices share an edge."""
    near = np.zeros((468, 468), bool)
    for a, b in ((0, 1), (1, 2), (2, 0)):
        near[TRIANGLES[:, a], TRIANGLES[:, b]] = True
    return near | near.T


@lru_cache(maxsize=1)
def inside() -> Floats:
    """(468,): 0 on the oval, rising smoothly to 1 ``_RIM_HOPS`` edges inside."""
    hops = np.full(468, np.inf)
    hops[np.asarray(OVAL)] = 0
    near = adjacency()
    for step in range(1, _RIM_HOPS + 1):
        reached = near[hops == step - 1].any(0) & np.isinf(hops)
        hops[reached] = step
    t = np.minimum(hops, _RIM_HOPS) / _RIM_HOPS
    return np.asarray(t * t * (3 - 2 * t), np.float32)


def _spread(difference: NDArray[np.floating]) -> Floats:
    """(468, 3): the least squares fit of a difference (468, 3) by movements of whole features."""
    across, shift = _movements()
    wide, rest = (each @ (fit @ difference[:, axes]) for (each, fit), axes in ((across, [0]), (shift, [1, 2])))
    return np.asarray(inside()[:, None] * np.hstack([wide, rest]), np.float32)


@lru_cache(maxsize=1)
def _movements() -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
    """For x, and for y and z: how vertices move with features (468, k), and the matrix that fits features (k, 468)."""
    flat = _UPRIGHT[:, :2]
    middles = np.stack([flat[list(points)].mean(0) for points, _, _ in _FEATURES])
    reach = np.array([reach for _, reach, _ in _FEATURES])
    near = np.exp(-((np.linalg.norm(flat[:, None] - middles, axis=2) / reach) ** 2) / 2)
    share = near / (near.sum(1, keepdims=True) + _NOWHERE)
    wide = [k for k, (_, _, widens) in enumerate(_FEATURES) if widens]
    stretch = share[:, wide] * (flat[:, :1] - middles[wide, 0]) / reach[wide]
    across = np.concatenate([share, stretch], axis=1)
    return (across, _fit(across)), (share, _fit(share))


def _fit(basis: Floats) -> Floats:
    return np.linalg.solve(basis.T @ basis + 1e-3 * np.eye(basis.shape[1]), basis.T)
