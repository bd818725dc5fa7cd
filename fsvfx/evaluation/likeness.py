"""Whom a face looks like."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from fsvfx.engines.contract import Identity
from fsvfx.evaluation.pictures import video
from fsvfx.faces.embedding import embeddings
from fsvfx.qc.figures import nearest
from schemas.evaluation import IdentityFigures

F32 = NDArray[np.float32]


def embeddings_of(identity: Identity) -> F32:
    """Of an identity's references: (m, 128). Raises ModelError."""
    pictures, landmarks = video(identity.crops), identity.landmarks.cpu().numpy()
    return np.concatenate([embeddings(each, points[None]) for each, points in zip(pictures, landmarks, strict=True)])


def nearest_person(embedding: F32, people: Mapping[str, F32]) -> str:
    """Whose reference is the nearest to an embedding (128,)."""
    return min(people, key=lambda name: np.nan_to_num(nearest(embedding, people[name]), nan=np.inf))


def likeness(swapped: F32, plates: F32, names: list[str], identity: str, references: F32) -> IdentityFigures | None:
    """Of embeddings (n, 128), those of lost faces NaN, and the nearest persons' names; None if all are lost."""
    there = np.isfinite(np.concatenate([swapped, plates], axis=1)).all(axis=1)
    if not there.any():
        return None
    near = np.array([nearest(each, references) for each in swapped[there]])
    far = np.linalg.norm(swapped[there] - plates[there], axis=1)
    before = np.array([nearest(each, references) for each in plates[there]])
    found = [name for name, known in zip(names, there.tolist(), strict=True) if known]
    return IdentityFigures(
        to_identity=float(np.median(near)),
        to_performer=float(np.median(far)),
        plate_to_identity=float(np.median(before)),
        nearer=float((near < far).mean()),
        retrieved=found.count(identity) / len(found),
    )
