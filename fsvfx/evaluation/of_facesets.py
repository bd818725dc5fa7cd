"""Trials on people who have facesets."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from fsvfx.errors import InputError
from fsvfx.evaluation.held_out import (
    faces_at,
    footage_at,
    held_out_faces,
    held_out_rows,
    identity_at,
    references,
    spread_rows,
)
from fsvfx.evaluation.likeness import embeddings_of
from fsvfx.evaluation.trial import Trial, nothing_held_out
from fsvfx.facesets.faceset import Faceset

_KNOWN = 16
"""Held-out faces of each person that others are told apart by, and as many that are trained on."""
_OWN = 32


def faceset_trial(
    facesets: Mapping[str, Faceset], identity: str, performer: str, *, most: int = 64, with_references: bool = True
) -> Trial:
    """``identity`` into up to ``most`` held-out faces of ``performer``; everybody with a faceset to retrieve among.

    with_references: the identity's training faces as reference pictures, for engines that need some.
    Raises InputError if somebody has no faceset, or nothing is held out; StoreError, ModelError.
    """
    for person in (identity, performer):
        if person not in facesets:
            raise InputError(f"There is no faceset of '{person}'", hint=f"There are some of: {', '.join(facesets)}")
    known, performed = facesets[identity], facesets[performer]
    rows = held_out_rows(performed, most)
    if not len(rows):
        raise nothing_held_out(performer)
    return Trial(
        faces=faces_at(performed, rows),
        footage=footage_at(performed, rows),
        identity=references(known) if with_references else identity_at(known, np.zeros(0, np.int64)),
        performer=performer,
        people={person: known_by(faceset) for person, faceset in facesets.items()},
        own=held_out_faces(known, min(most, _OWN)),
    )


def known_by(faceset: Faceset) -> NDArray[np.float32]:
    """Embeddings (k, 128) of a person's faces, held out and trained on. Raises StoreError, ModelError.

    With the held-out ones among them, a swap that leaves the performer as they were finds them again.
    """
    rows = np.concatenate([spread_rows(faceset, _KNOWN, held_out=which) for which in (True, False)])
    return embeddings_of(identity_at(faceset, np.sort(rows)))
