"""Other identity networks than the stages': what they say of a swap that they had no part in training."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fsvfx import models
from fsvfx.engines.contract import Identity
from fsvfx.evaluation.pictures import u8
from fsvfx.faces.embedding import NETWORK, cut
from fsvfx.identity.contract import IdentityNetwork, distance
from fsvfx.identity.registry import REGISTERED, network
from schemas.evaluation import LikenessFigures

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]

_AT_ONCE = 16


def judges() -> tuple[str, ...]:
    """Networks whose weights are here, but for the stages' own."""
    others = (name for name in REGISTERED.names() if name != NETWORK)
    return tuple(name for name in others if all(models.present(card) for card in network(name).weights))


def judged(
    names: Sequence[str], comps: U8, comp_meshes: F32, plates: U8, plate_meshes: F32, identity: Identity
) -> dict[str, LikenessFigures]:
    """By each network: comps and plates (n, S, S, 3) with meshes (n, 468, 3), NaN where lost, and the references.

    Frames that are lost in either don't count. Empty if none are left, or there are no references. Raises ModelError.
    """
    there = np.isfinite(comp_meshes[:, 0, 0]) & np.isfinite(plate_meshes[:, 0, 0])
    if not there.any() or not len(identity.crops):
        return {}
    references = u8(identity.crops), identity.landmarks
    sides = (comps[there], comp_meshes[there]), (plates[there], plate_meshes[there])
    return {name: _figures(*(_vectors(network(name), *each) for each in (*sides, references))) for name in names}


def _vectors(judge: IdentityNetwork, pictures: U8, meshes: F32) -> F32:
    starts = range(0, len(pictures), _AT_ONCE)
    chips = [
        [cut(*each, judge.chip) for each in zip(pictures[at : at + _AT_ONCE], meshes[at : at + _AT_ONCE], strict=True)]
        for at in starts
    ]
    return np.concatenate([judge.vectors(np.stack(each)) for each in chips])


def _figures(comps: F32, plates: F32, references: F32) -> LikenessFigures:
    """Of vectors."""
    near, before = (distance(each[:, None], references[None]).min(axis=1) for each in (comps, plates))
    far = distance(comps, plates)
    return LikenessFigures(
        to_identity=float(np.median(near)),
        to_performer=float(np.median(far)),
        plate_to_identity=float(np.median(before)),
        nearer=float((near < far).mean()),
    )
