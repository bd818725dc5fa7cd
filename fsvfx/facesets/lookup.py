"""The facesets of a training, as the ledger has them: nothing is run, nothing is built."""

from __future__ import annotations

import shlex

from fsvfx.errors import InputError, Where
from fsvfx.facesets.build import built, store_of
from fsvfx.facesets.faceset import Faceset, open_faceset
from fsvfx.facesets.footage import Footage, footage_of
from fsvfx.runner import Plan, plan
from fsvfx.store import open_store
from schemas.job import FootageJob, TrainJob
from schemas.receipts import Receipt

LAST = "align"
"""The last stage that footage needs."""


def facesets_of(job: TrainJob) -> dict[str, Faceset]:
    """Of everybody whom the model learns, in its order. Raises InputError where one is not built; StoreError."""
    receipts = receipts_of(job)
    store = store_of(job.store, job.production)
    return {person: open_faceset(store, receipt) for person, receipt in receipts.items()}


def receipts_of(job: TrainJob) -> dict[str, Receipt]:
    """Of those facesets. Raises InputError where one is not built; StoreError."""
    footage = {
        name: [aligned_footage(job, each) for each in job.footage if each.person == name] for name in job.learned
    }
    store = store_of(job.store, job.production)  # makes its folder: not before the footage is known to be done
    found: dict[str, Receipt] = {}
    for person in job.learned:
        receipt = built(person, footage[person], job.faceset, store)
        if receipt is None:
            raise _not_there(job, f"The faceset of '{person}' is not built yet")
        found[person] = receipt
    return found


def plan_of(footage: FootageJob) -> Plan:
    """What is done and what is left until its faces are cut out. Raises StoreError, InputError."""
    return plan(footage.shot, stages=(LAST,), until=LAST)


def aligned_footage(job: TrainJob, footage: FootageJob) -> Footage:
    """Its faces, cut out. Raises InputError where they are not; StoreError."""
    found = plan_of(footage)
    if found.left:
        raise _not_there(job, f"The faces in '{footage.name}' are not cut out yet")
    receipts = [receipt for step, receipt in found.final.items() if step in found.wanted]
    return footage_of(footage.name, footage.shot, open_store(footage.shot), receipts, footage.entry)


def _not_there(job: TrainJob, what: str) -> InputError:
    hint = f"Run {shlex.join(['fsvfx', 'train', job.manifest])} first"
    return InputError(what, hint=hint, where=Where(file=job.manifest))
