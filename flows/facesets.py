"""The facesets of a training, as the ledger has them: nothing is run, nothing is built."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from fsvfx.errors import InputError, Where
from fsvfx.runner import Plan, plan
from schemas.job import FootageJob, TrainJob
from schemas.receipts import Receipt

if TYPE_CHECKING:
    from fsvfx.facesets import Faceset, Footage

LAST = "align"
"""The last stage that footage needs."""


def facesets_of(job: TrainJob) -> dict[str, Faceset]:
    """Of everybody whom the model learns, in its order. Raises InputError where one is not built; StoreError."""
    from fsvfx import facesets

    receipts = receipts_of(job)
    store = facesets.store_of(job.store, job.production)
    return {person: facesets.open_faceset(store, receipt) for person, receipt in receipts.items()}


def receipts_of(job: TrainJob) -> dict[str, Receipt]:
    """Of those facesets. Raises InputError where one is not built; StoreError."""
    from fsvfx import facesets

    footage = {
        name: [footage_at_hand(job, each) for each in job.footage if each.person == name] for name in job.learned
    }
    store = facesets.store_of(job.store, job.production)  # makes its folder: not before the footage is known to be done
    found: dict[str, Receipt] = {}
    for person in job.learned:
        receipt = facesets.built(person, footage[person], job.faceset, store)
        if receipt is None:
            raise _not_there(job, f"The faceset of '{person}' is not built")
        found[person] = receipt
    return found


def standing_of(footage: FootageJob) -> Plan:
    """How far its faces are cut out: no more than that is wanted of it. Raises StoreError, InputError."""
    return plan(footage.shot, stages=(LAST,), until=LAST)


def footage_at_hand(job: TrainJob, footage: FootageJob) -> Footage:
    """Its faces, cut out. Raises InputError where they are not; StoreError."""
    from fsvfx.facesets import footage_of
    from fsvfx.store import open_store

    standing = standing_of(footage)
    if standing.left:
        raise _not_there(job, f"The faces in '{footage.name}' are not cut out")
    receipts = [receipt for step, receipt in standing.final.items() if step in standing.wanted]
    return footage_of(footage.name, footage.shot, open_store(footage.shot), receipts, footage.entry)


def _not_there(job: TrainJob, what: str) -> InputError:
    hint = f"Run {shlex.join(['fsvfx', 'train', job.manifest])} first: it makes what is missing"
    return InputError(what, hint=hint, where=Where(file=job.manifest))
