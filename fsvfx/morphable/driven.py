"""Applies one person's performance to another's face: reenactment.

Each face moves relative to its own rest, as Vlasic, Brand, Pfister and Popovic ("Face Transfer with Multilinear
Models", 2005) and Thies et al. ("Face2Face", 2016) transfer expressions: the expression that a fit finds in a face at
rest belongs to that face, or to the landmarks' error, and is not transferred.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fsvfx.morphable.fit import Fits
from fsvfx.morphable.model import Floats, Morphable
from fsvfx.morphable.placing import Doubles, turned_by, turns_of

_CALM = 0.1
"""Share of frames used to estimate a face's rest."""
_LIDS = "eyeBlink"
_MOST_TURN = np.radians(10)
"""Neck, hair and ears remain the plate's: a face that turns farther would no longer match them."""


@dataclass(frozen=True, eq=False)
class Performance:
    """n frames of a driver: expression (n, e), relative to rest; turn (n, 3, 3), relative to the usual pose, in the
    head's own axes; share (n,) in [0, 1], its weight."""

    expression: Floats
    turn: Doubles
    share: Floats


def at_rest(model: Morphable, expression: Floats) -> Floats:
    """(e,): a face at rest, the mean of the tenth of frames (n, e) with the smallest movement of its points."""
    size = np.linalg.norm(np.tensordot(expression, model.expression_at_points, 1), axis=(1, 2))
    calm = np.argsort(size, kind="stable")[: max(round(_CALM * len(size)), 1)]
    return np.asarray(expression[calm].mean(axis=0), np.float32)


def usual_pose(rotation: Doubles) -> Doubles:
    """(3, 3): the rotation nearest to the mean of (n, 3, 3)."""
    left, _, right = np.linalg.svd(rotation.mean(axis=0))
    made: Doubles = left @ right
    return made


def performance(expression: Floats, rest: Floats, rotation: Doubles, share: Floats) -> Performance:
    """From all frames of a driver: expression (n, e), rest (e,), rotation (n, 3, 3), share (n,)."""
    return Performance(np.asarray(expression - rest, np.float32), usual_pose(rotation).T @ rotation, share)


def driven(
    model: Morphable, fits: Fits, rest: Floats, given: Performance, *, expression: bool = True, pose: bool = False
) -> Fits:
    """Fits of n frames of a performer, with rest ``rest`` (e,), driven by another's performance.

    expression: a share of the performer's own is replaced by rest plus the driver's. Lids close with the driver's, and
    never open farther than the performer's: behind a shut lid the plate has no eye. pose: the driver's rotations are
    added to the performer's, limited smoothly to 10 degrees.
    """
    if expression:
        own = fits.expression
        mixed = own + given.share[:, None] * (rest + given.expression - own)
        lids = np.array([name.startswith(_LIDS) for name in model.names])
        fits = replace(fits, expression=np.asarray(np.where(lids, np.maximum(own, mixed), mixed), np.float32))
    if pose:
        placing = replace(fits.placing, rotation=fits.placing.rotation @ _bounded(given.turn, given.share))
        fits = replace(fits, placing=placing)
    return fits


def _bounded(turn: Doubles, share: NDArray[np.floating]) -> Doubles:
    """(n, 3, 3): a share of each rotation, about the same axis."""
    way = turns_of(turn) * share[:, None]
    angle = np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-9)
    return turned_by(way * (_MOST_TURN * np.tanh(angle / _MOST_TURN) / angle))
