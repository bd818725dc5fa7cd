"""Ownership of files at a deliverable's path: only files that this shot delivered may be replaced."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path

from pydantic import ValidationError

from fsvfx import commands
from fsvfx.delivery.kinds import wishes
from fsvfx.errors import FsvfxError, InputError, Where
from fsvfx.footprint import Disk, File, FileIndex, Shown, reads_of
from fsvfx.media import remote
from fsvfx.place import digest_at
from fsvfx.reach import ReachError, reach_of
from fsvfx.store import Ledger, open_store
from schemas.deliver import DeliverReport
from schemas.job import ShotJob
from schemas.receipts import DeliveredFile, Unit
from schemas.report import DeliveryReport

_READ = 64
"""At most this many files that no receipt lists are read, to identify them by their digests. The run checks every
one."""


@dataclass(frozen=True)
class Ownership:
    """The files that the shot of ``job`` has delivered. ``unit``: the unit that asks; None: the whole shot.

    Known by receipts, including those that a redo has moved aside; after an interrupted run, by the notes that it made
    before it moved each file into place; if the store is lost, by the existing delivery report.
    """

    job: ShotJob
    ledger: Ledger
    unit: Unit | None = None

    def enter(self, folder: str) -> None:
        """Raises InputError if the manifest may not write there, given the current links and folders."""
        try:
            reach_of(self.job).check(folder)
        except ReachError as error:
            raise _refused(self.job, error.what, error.hint, folder) from None

    def intend(self, target: str, digest: str) -> None:
        """Record that a file with ``digest`` is about to be put at ``target``. Raises StoreError."""
        self.ledger.intend(target, digest)

    def check(self, target: str, digest: str) -> None:
        """Check that a file with ``digest`` may replace the file at ``target``. Raises InputError if not;
        StoreError."""
        if what := self._reads.owner(File(self._disk.path(target))):
            raise _refused(self.job, f"The manifest reads this file: it is {what}", "Deliver elsewhere", target)
        if self.is_ours(target, digest):
            return
        if not self.job.may_replace:
            raise foreign(self.job, target)

    def names(self, target: str) -> bool:
        """Whether a receipt names the file at ``target``."""
        return target in self._paths

    def is_ours(self, target: str, digest: str | None = None) -> bool:
        """Whether the file at ``target`` was delivered by this shot, or already has ``digest``."""
        if target in self._paths:
            return True
        found = digest_at(target)
        return found is not None and (
            found in {digest, *self._digests, *self._reported} or self.ledger.intended(target, found)
        )

    def has_below(self, folder: str) -> bool:
        """Whether the shot delivered a file in ``folder``."""
        return any(path.startswith(f"{folder}/") for path in self._paths)

    @cached_property
    def _paths(self) -> frozenset[str]:
        return frozenset(file.path for file in self._files)

    @cached_property
    def _digests(self) -> frozenset[str]:
        """The files may have been moved, together with the store."""
        return frozenset(file.digest for file in self._files)

    @cached_property
    def _files(self) -> list[DeliveredFile]:
        return [file for receipt in self.ledger.delivered(self._concerns) for file in receipt.files]

    def _concerns(self, unit: str) -> bool:
        """The shot may previously have had other chunks."""
        chunk = self.unit.chunk if self.unit else None
        first, _, last = unit.partition("-")
        if self.unit is None or not (first.isdigit() and last.isdigit()):
            return True
        return chunk is not None and int(first) <= chunk.last and chunk.first <= int(last)

    @cached_property
    def _reported(self) -> frozenset[str]:
        return frozenset(digest for path in self._report_paths for digest in reported(self.job, path))

    @property
    def _report_paths(self) -> list[str]:
        return [
            one.path for one in wishes(self.job.shot.name, self.job.deliver) if isinstance(one.settings, DeliverReport)
        ]

    @cached_property
    def _disk(self) -> Disk:
        return Disk()

    @cached_property
    def _reads(self) -> FileIndex:
        taken, job = FileIndex(), self.job
        shot = Shown(job.shot.name, job.shot.plate, job.shot.replace)
        packages = [job.packages] if job.packages else []
        for files, what in reads_of(
            self._disk, job.manifest, job.people, [shot], packages=packages, colour=job.colour_file or None
        ):
            taken.add(files, what)
        return taken


def check_free(job: ShotJob) -> None:
    """Raises InputError if there are files that the shot did not deliver; StoreError. Files that it may have delivered
    under a now damaged receipt are left to the run, which compares them."""
    if job.may_replace:
        return
    own = Ownership(job, Ledger(open_store(job, create=False)))
    unknown = list(islice((target for target in _there(job) if not own.names(target)), _READ))
    others = [target for target in unknown if not own.is_ours(target)]
    if others and not own.ledger.damaged:
        raise foreign(job, others[0], more=len(others) - 1)


def targets_of(job: ShotJob) -> Iterator[str]:
    """Every file that the shot's delivery makes, except those in folders that are a deliverable as a whole."""
    performers = [entry.performer for entry in job.shot.replace]
    for one in wishes(job.shot.name, job.deliver):
        if not one.kind.folder(one.settings):
            yield from one.kind.files(one.settings, performers, job.shot.plate.frames)


def reported(job: ShotJob, path: str) -> set[str]:
    """Digests of the files listed in the report at ``path``, and its own; empty if it is not a report of this shot."""
    try:
        content = Path(remote.local_copy(path)).read_bytes()
        report = DeliveryReport.model_validate_json(content)
    except (OSError, ValidationError, FsvfxError):
        return set()
    if (report.production, report.shot) != (job.production, job.shot.name):
        return set()
    own = digest_at(path)
    return {file.digest for file in report.files} | ({own} if own else set())


def foreign(job: ShotJob, target: str, more: int = 0) -> InputError:
    """The error for a file in the way; ``more``: how many others there are."""
    if not remote.is_remote(target) and Path(target).is_dir():
        return _refused(job, "A folder of this name is in the way", "Move it away or deliver elsewhere", target)
    command = commands.retry(job, replace=True)
    what = "A file that this shot did not deliver is in the way" + (f", and {more} more are" if more else "")
    return _refused(job, what, f"Move it away or deliver elsewhere; to replace it: {command}", target)


def _refused(job: ShotJob, what: str, hint: str, target: str) -> InputError:
    return InputError(what, hint=hint, where=Where(shot=job.shot.name, stage="deliver", file=target))


def _there(job: ShotJob) -> Iterator[str]:
    names: dict[str, set[str]] = {}
    for target in dict.fromkeys(targets_of(job)):
        folder, _, name = target.rpartition("/")
        if folder not in names:
            names[folder] = _listed(folder)
        if name in names[folder]:
            yield target


def _listed(folder: str) -> set[str]:
    if remote.is_remote(folder):
        return {url.rpartition("/")[2] for url in remote.listing(f"{folder}/") if url.rpartition("/")[0] == folder}
    try:
        with os.scandir(folder) as entries:
            return {each.name for each in entries if not each.is_dir()}  # a folder with that name is reported elsewhere
    except OSError:  # usually missing; otherwise writing there fails with a reason
        return set()
