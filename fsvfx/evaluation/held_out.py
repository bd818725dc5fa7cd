"""Trials on people with facesets: their held-out faces are swapped, their training faces are references."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from fsvfx.engines.contract import FaceBatch, Identity
from fsvfx.errors import InputError
from fsvfx.evaluation.measures import embeddings_of
from fsvfx.evaluation.trial import Trial, nothing_held_out
from fsvfx.faces.measures import appearance
from fsvfx.faces.references import MOST, ReferenceFace, sharp, various
from fsvfx.facesets.faceset import Faceset
from fsvfx.qc.sheet import sampled

Rows = NDArray[np.int64]

_RUN = 8
"""Consecutive faces, for figures over time."""
_PROBED = 256
"""Number of faces that references are chosen from."""
_KNOWN_EACH = 16
"""Held-out faces per person for recognition, and the same number of training faces."""
_OWN_MOST = 32


def held_out_rows(faceset: Faceset, most: int) -> Rows:
    """Up to ``most`` faces that no training saw, in runs spread evenly over all footage of the faceset."""
    rows = np.flatnonzero(faceset.held_out)
    if len(rows) > most:
        runs = max(1, most // _RUN)
        starts = np.linspace(0, len(rows) - min(_RUN, most), runs).round().astype(int)
        rows = rows[np.unique((starts[:, None] + np.arange(min(_RUN, most))).ravel())]
    return rows


def spread_rows(faceset: Faceset, most: int, *, held_out: bool) -> Rows:
    """Up to ``most`` of the held-out faces, or of the others, evenly spaced over the footage."""
    return np.array(sampled(np.flatnonzero(faceset.held_out == held_out).tolist(), most), np.int64)


def faces_at(faceset: Faceset, rows: Rows) -> FaceBatch:
    """Frames have the production's numbers; they may start anew with each footage. Raises StoreError."""
    return FaceBatch(*_pictures(faceset, rows), tuple(faceset.frame[rows].tolist()))


def footage_at(faceset: Faceset, rows: Rows) -> tuple[str, ...]:
    """The name of each face's footage."""
    return tuple(faceset.source(int(row))[0] for row in rows)


def held_out_faces(faceset: Faceset, most: int = 64) -> FaceBatch:
    """The faces of ``held_out_rows``."""
    return faces_at(faceset, held_out_rows(faceset, most))


def references(faceset: Faceset) -> Identity:
    """A person's training faces as reference pictures. Raises StoreError."""
    return identity_at(faceset, chosen_rows(faceset, held_out=False))


def chosen_rows(faceset: Faceset, *, held_out: bool) -> Rows:
    """The faces, held out or not, that the references stage would choose.

    Raises StoreError.
    """
    seen = [_seen(faceset, row) for row in spread_rows(faceset, _PROBED, held_out=held_out).tolist()]
    return np.array([each.index for each in various(sharp(seen), MOST)] if seen else [], np.int64)


def identity_at(faceset: Faceset, rows: Rows) -> Identity:
    """These faces as reference pictures; may be empty for engines that need none. Raises StoreError."""
    return Identity(faceset.person, *_pictures(faceset, rows), np.asarray(faceset.sharpness[rows], np.float32))


def _seen(faceset: Faceset, row: int) -> ReferenceFace:
    """A face as the references stage sees it, without its embedding."""
    crop, points = np.asarray(faceset.crops[row], np.float32), faceset.landmarks[row]
    nobody = np.zeros(0, np.float32)
    shown = appearance(crop, points)
    return ReferenceFace(row, points, float(faceset.size), nobody, float(faceset.sharpness[row]), shown)


def _pictures(faceset: Faceset, rows: Rows) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Crops (n, S, S, 3), landmarks (n, 468, 3)."""
    crops = np.empty((len(rows), faceset.size, faceset.size, 3), np.float32)
    for place, row in enumerate(rows.tolist()):
        crops[place] = faceset.crops[row]
    return crops, np.asarray(faceset.landmarks[rows], np.float32)


def faceset_trial(
    facesets: Mapping[str, Faceset], identity: str, performer: str, *, most: int = 64, with_references: bool = True
) -> Trial:
    """``identity`` into up to ``most`` held-out faces of ``performer``; all people with a faceset serve for retrieval.

    with_references: the identity's training faces as reference pictures, for engines that need some. Raises InputError
    if a person has no faceset, or nothing is held out; StoreError, ModelError.
    """
    for person in (identity, performer):
        if person not in facesets:
            raise InputError(f"No faceset of '{person}'", hint=f"Available: {', '.join(facesets)}")
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
        own=held_out_faces(known, min(most, _OWN_MOST)),
    )


def known_by(faceset: Faceset) -> NDArray[np.float32]:
    """Embeddings (k, 128) of a person's faces, held out and trained on. Raises StoreError, ModelError.

    They include the held-out ones, so a swap that leaves the performer unchanged is recognized as the performer.
    """
    rows = np.concatenate([spread_rows(faceset, _KNOWN_EACH, held_out=which) for which in (True, False)])
    return embeddings_of(identity_at(faceset, np.sort(rows)))
