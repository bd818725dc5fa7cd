"""Identity networks other than the stages' own: their verdict on swaps that they had no part in training."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fsvfx import models
from fsvfx.engines.contract import Identity
from fsvfx.evaluation.pictures import u8
from fsvfx.faces.embedding import NETWORK, cut
from fsvfx.identity.contract import IdentityNetwork, distance
from fsvfx.identity.registry import names, network
from fsvfx.models import packs
from fsvfx.rights.weights import card_weights, refusal
from schemas.evaluation import LikenessFigures
from schemas.manifest import HeldLicence, Purpose

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]


def judges(
    purpose: Purpose = "commercial", licences: Mapping[str, HeldLicence] | None = None, trained: Collection[str] = ()
) -> tuple[str, ...]:
    """Networks whose weights are installed and allowed for ``purpose``; except the stages' own and those in
    ``trained``, which were used to train the engines."""

    def usable(card: str) -> bool:
        return models.present(card) and refusal(card_weights(card), purpose, licences or {}) is None

    others = (name for name in names() if name not in {NETWORK, *trained} and not _is_known(name))
    return tuple(name for name in others if all(map(usable, network(name).weights)))


def _is_known(name: str) -> bool:
    """Whether it belongs to a pack whose file is already a judge under another name."""
    found = packs.network_of(name, "recognition") if packs.is_pack(name) else None
    return found is not None and found.sha256 == models.card("arcface").sha256


@dataclass(frozen=True)
class Panel:
    """Each judge's vectors of plates (n, d), NaN where no face is found, and of the references (m, d)."""

    plates: Mapping[str, F32]
    references: Mapping[str, F32]

    @classmethod
    def of(cls, names: Sequence[str], plates: U8, meshes: F32, identity: Identity) -> Panel:
        """plates (n, S, S, 3) with meshes (n, 468, 3), NaN where lost. Empty without references.

        Raises ModelError.
        """
        names = names if len(identity.crops) else ()
        known = u8(identity.crops)
        return cls(
            plates={name: _vectors(network(name), plates, meshes) for name in names},
            references={name: _vectors(network(name), known, identity.landmarks) for name in names},
        )

    def figures(self, comps: U8, meshes: F32) -> dict[str, LikenessFigures]:
        """Figures of comps, given like ``plates``; by judge. Frames lost in either are skipped; empty if none
        remain."""
        found = {name: _vectors(network(name), comps, meshes) for name in self.plates}
        told = {name: _figures(each, self.plates[name], self.references[name]) for name, each in found.items()}
        return {name: figures for name, figures in told.items() if figures is not None}


def _vectors(judge: IdentityNetwork, pictures: U8, meshes: F32) -> F32:
    vectors = np.full((len(pictures), judge.dimensions), np.nan, np.float32)
    there = np.flatnonzero(np.isfinite(meshes[:, 0, 0]))
    if len(there):
        vectors[there] = judge.vectors(np.stack([cut(pictures[row], meshes[row], judge.chip) for row in there]))
    return vectors


def _figures(comps: F32, plates: F32, references: F32) -> LikenessFigures | None:
    """From vectors."""
    there = np.isfinite(np.concatenate([comps, plates], axis=1)).all(axis=1)
    if not there.any():
        return None
    comps, plates = comps[there], plates[there]
    near, before = (distance(each[:, None], references[None]).min(axis=1) for each in (comps, plates))
    far = distance(comps, plates)
    return LikenessFigures(
        to_identity=float(np.median(near)),
        to_performer=float(np.median(far)),
        plate_to_identity=float(np.median(before)),
        nearer=float((near < far).mean()),
    )
