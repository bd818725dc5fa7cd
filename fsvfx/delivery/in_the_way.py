"""Before a run: whether its deliverables would find somebody else's files in their places."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice

from fsvfx.delivery.own import Own, foreign
from fsvfx.footprint import report_targets, sheet_targets
from fsvfx.media import remote
from fsvfx.store import Ledger, open_store
from schemas.deliver import PER_FRAME, DeliverMhl
from schemas.job import ShotJob
from schemas.templates import fill, frame_path

_READ = 64
"""Files that no receipt names are read, to know them by their digests; so many at most. The run looks at every one."""


def check_free(job: ShotJob) -> None:
    """Raises InputError if files are there that the shot did not deliver; StoreError. Files that it may have delivered
    under a receipt that is damaged now are left to the run, which compares them."""
    if job.may_replace:
        return
    own = Own(job, Ledger(open_store(job, create=False)))
    unknown = list(islice((target for target in _there(job) if not own.names(target)), _READ))
    others = [target for target in unknown if not own.is_ours(target)]
    if others and not own.ledger.damaged:
        raise foreign(job, others[0], more=len(others) - 1)


def _there(job: ShotJob) -> Iterator[str]:
    names: dict[str, set[str]] = {}
    for target in dict.fromkeys(targets_of(job)):
        folder, _, name = target.rpartition("/")
        if folder not in names:
            names[folder] = _listed(folder)
        if name in names[folder]:
            yield target


def targets_of(job: ShotJob) -> Iterator[str]:
    """Every file that the shot's delivery makes, but for MHL histories."""
    for wish in job.deliver:
        if isinstance(wish, PER_FRAME):
            people = [entry.performer for entry in job.shot.replace] if "{performer}" in wish.path else [""]
            for performer in people:
                template = fill(wish.path, performer=performer)
                yield from (frame_path(template, number) for number in job.shot.plate.frames)
        elif not isinstance(wish, DeliverMhl):
            yield wish.path
    yield from {*sheet_targets(job.shot.name, job.deliver), *report_targets(job.shot.name, job.deliver)}


def _listed(folder: str) -> set[str]:
    if remote.is_remote(folder):
        return {url.rpartition("/")[2] for url in remote.listing(f"{folder}/") if url.rpartition("/")[0] == folder}
    try:
        with os.scandir(folder) as entries:
            return {each.name for each in entries if not each.is_dir()}  # a folder of that name is told of elsewhere
    except OSError:  # absent, mostly; else writing there says what is wrong
        return set()
