"""The people of a crowd as facesets to evaluate on: those that training never sees, and those that it learned."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fsvfx.digests import digest_of
from fsvfx.facesets.build import store_of
from fsvfx.facesets.faceset import Chosen, Faceset, open_faceset
from fsvfx.facesets.pictures import Gathered, open_collection
from fsvfx.media.collections import is_held_out
from schemas.job import TrainJob
from schemas.receipts import Receipt


@dataclass(frozen=True)
class Unseen:
    """One of them.

    faceset: held out as a whole, or in part; each picture of a collection is separate footage. moving: whether there is
    footage. code (k, 128): the faces' embeddings; None for footage, for which they are not taken yet.
    """

    faceset: Faceset
    moving: bool
    code: NDArray[np.float32] | None


def unseen_of(job: TrainJob, receipts: Mapping[str, Receipt], but: Collection[str] = ()) -> dict[str, Unseen]:
    """All held-out people, by name, except those in ``but``.

    receipts: of the crowd's facesets, by person and by collection. Raises StoreError.
    """
    assert job.held_out is not None, "only a crowd is asked for"
    held_out, store = job.held_out, store_of(job.store, job.production)

    def wanted(person: str) -> bool:
        return is_held_out(person, held_out) and person not in but

    found: dict[str, Unseen] = {}
    for person in filter(wanted, job.learned):
        faceset = open_faceset(store, receipts[person])
        found[person] = Unseen(replace(faceset, held_out=np.ones(len(faceset), np.bool_)), True, None)
    for one in job.collections:
        gathered = open_collection(store, receipts[one.name])
        for person in filter(wanted, gathered.people):
            rows = np.flatnonzero(gathered.person == gathered.people.index(person))
            found[person] = Unseen(_of_person(gathered, person, rows), False, gathered.code[rows])
    return found


def learned_of(job: TrainJob, receipts: Mapping[str, Receipt]) -> dict[str, Unseen]:
    """All people that the training learned from footage, with some frames held out, by name. Raises StoreError."""
    assert job.held_out is not None, "only a crowd is asked for"
    held_out, store = job.held_out, store_of(job.store, job.production)
    learned = [person for person in job.learned if not is_held_out(person, held_out)]
    found = {person: open_faceset(store, receipts[person]) for person in learned}
    return {person: Unseen(faceset, True, None) for person, faceset in found.items() if faceset.held_out.any()}


def _of_person(gathered: Gathered, person: str, rows: NDArray[np.int64]) -> Faceset:
    return Faceset(
        person=person,
        size=gathered.size,
        crops=Chosen(gathered.crops, rows),
        mask=Chosen(gathered.mask, rows),
        landmarks=np.stack([np.asarray(gathered.landmarks[row], np.float32) for row in rows.tolist()]),
        pose=gathered.pose[rows],
        sharpness=gathered.sharpness[rows],
        names=tuple(gathered.pictures[row] for row in rows.tolist()),
        footage=np.arange(len(rows)),
        frame=np.ones(len(rows), np.int64),
        held_out=np.ones(len(rows), np.bool_),
        digest=digest_of([gathered.digest, person]),
    )
