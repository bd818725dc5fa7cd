"""The facesets of a training, as recorded in the ledger: nothing is run or built."""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from fsvfx.errors import InputError, Where
from fsvfx.facesets.build import built, store_of
from fsvfx.facesets.crowd import Crowd, crowd_in
from fsvfx.facesets.faceset import Faceset, open_faceset
from fsvfx.facesets.footage import Footage, footage_of
from fsvfx.facesets.pictures import STAGE as COLLECTION
from fsvfx.facesets.pictures import built_collection, faceless_of, laid_out, open_collection
from fsvfx.media.collections import is_held_out
from fsvfx.reach import reach_of
from fsvfx.runner import Plan, plan
from fsvfx.store import open_store
from schemas.job import FootageJob, TrainJob
from schemas.receipts import Receipt

LAST = "align"
"""The last stage that footage needs."""


def facesets_of(job: TrainJob) -> dict[str, Faceset]:
    """The facesets of all people with footage that the model learns, in its order. Raises InputError if one is not
    built; StoreError."""
    receipts = receipts_of(job)
    store = store_of(job.store, job.production)
    return {person: open_faceset(store, receipts[person]) for person in job.learned}


def crowd_of(job: TrainJob, receipts: Mapping[str, Receipt], resolution: int) -> Crowd:
    """A crowd's faces in the training's folder, at the size that its closest faces need at ``resolution`` px.

    receipts: of its facesets, by person and by collection. Raises InputError, StoreError, MachineError.
    """
    assert job.held_out is not None, "only a crowd is asked for"
    store = store_of(job.store, job.production)
    size = min(job.faceset.size, math.ceil(resolution * job.augmentation.scale))
    people = [open_faceset(store, receipts[person]) for person in job.learned]
    collections = [open_collection(store, receipts[one.name]) for one in job.collections]
    return crowd_in(crowd_folder(job), people, collections, size, job.held_out)


def crowd_folder(job: TrainJob) -> Path:
    """The folder of a training's crowd files."""
    return Path(job.folder) / "crowd"


def swaps_folder(job: TrainJob) -> Path:
    """The folder of the swaps made for it ahead of time."""
    return Path(job.folder) / "swaps"


def fits_folder(job: TrainJob) -> Path:
    """The folder of its crowd's 3D fits."""
    return Path(job.folder) / "fits"


def learned_of(job: TrainJob, receipts: Mapping[str, Receipt]) -> tuple[tuple[str, ...], dict[str, tuple[str, ...]]]:
    """The people in a crowd whose faces training sees: people with footage, and those of each collection; for its
    roster."""
    assert job.held_out is not None, "only a crowd is asked for"
    held_out, store = job.held_out, store_of(job.store, job.production)
    collections = {one.name: open_collection(store, receipts[one.name]).people for one in job.collections}

    def seen(names: Sequence[str]) -> tuple[str, ...]:
        return tuple(name for name in names if not is_held_out(name, held_out))

    return seen(job.learned), {name: seen(people) for name, people in collections.items()}


def told_of(receipt: Receipt) -> str:
    """A faceset's contents, in words."""
    if receipt.stage == COLLECTION:
        without = len(faceless_of(receipt))
        left_out = f"; in {without} of {receipt.qc['pictures']} pictures there is none" if without else ""
        return f"{receipt.qc['faces']} faces of {receipt.qc['people']} people{left_out}"
    return f"{receipt.qc['kept']} faces, {receipt.qc['held_out']} of them held out"


def receipts_of(job: TrainJob) -> dict[str, Receipt]:
    """The receipts of all its facesets, by person and by collection. Raises InputError if one is not built;
    StoreError."""
    footage = {
        name: [aligned_footage(job, each) for each in job.footage if each.person == name] for name in job.learned
    }
    store = store_of(job.store, job.production)  # creates its folder: not before the footage is known to be done
    found: dict[str, Receipt] = {}
    for person in job.learned:
        receipt = built(person, footage[person], job.faceset, store)
        if receipt is None:
            raise _not_there(job, f"The faceset of '{person}' is not built yet")
        found[person] = receipt
    for one in job.collections:
        receipt = built_collection(laid_out(one, reach_of(job)), job.faceset.size, job.faces, store)
        if receipt is None:
            raise _not_there(job, f"The faceset of collection '{one.name}' is not built yet")
        found[one.name] = receipt
    return found


def plan_of(footage: FootageJob) -> Plan:
    """What is done and what remains until its faces are cut out. Raises StoreError, InputError."""
    return plan(footage.shot, stages=(LAST,), until=LAST)


def aligned_footage(job: TrainJob, footage: FootageJob) -> Footage:
    """Its faces, cut out. Raises InputError if they are not; StoreError."""
    found = plan_of(footage)
    if found.left:
        raise _not_there(job, f"The faces in '{footage.name}' are not cut out yet")
    receipts = [receipt for step, receipt in found.final.items() if step in found.wanted]
    return footage_of(footage.name, footage.shot, open_store(footage.shot), receipts, footage.entry)


def _not_there(job: TrainJob, what: str) -> InputError:
    hint = f"Build them with\n  {shlex.join(['fsvfx', 'facesets', job.manifest, '--build'])}"
    return InputError(what, hint=hint, where=Where(file=job.manifest))
