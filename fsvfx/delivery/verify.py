"""Reads delivered files again and compares them with their receipts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fsvfx import commands
from fsvfx.delivery.contract import Kind
from fsvfx.delivery.kinds import kind, kinds
from fsvfx.delivery.order import STAGE
from fsvfx.delivery.ownership import targets_of
from fsvfx.delivery.writes import writes_of
from fsvfx.errors import FsvfxError, MachineError, Where
from fsvfx.footprint import Disk, File, FileIndex
from fsvfx.media import remote
from fsvfx.place import digest_at
from fsvfx.store import Ledger, open_store
from schemas.frames import FrameRange
from schemas.job import ShotJob
from schemas.receipts import DeliveredFile


def verify_deliverables(job: ShotJob) -> list[FsvfxError]:
    """Read every delivered file again; one problem per file that is missing or changed. Without a delivery, no
    problems.

    The files are those named in receipts of chunks and of the shot, and those of the report. Raises StoreError for an
    unreachable server.
    """
    found = _delivered(job)
    problems = [problem for file in found.files.values() if (problem := _check(job, file))]
    reported = {problem.where.file for problem in problems}
    intact = [file for file in found.files.values() if file.path not in reported]
    return [*found.problems, *problems, *(problem for file in intact if (problem := _damage(job, file)))]


def delivery_notes(job: ShotJob) -> list[str]:
    """What ``verify_deliverables`` could not check, in words."""
    found = _delivered(job)
    if not found.files:
        return ["no receipt lists a deliverable of this manifest: no delivered file was checked"]
    if not found.is_whole:
        files = f"{len(found.files)} files of its chunks were checked"
        return [f"the shot's last delivery has no receipt: {files}, but no review, contact sheet, report or MHL"]
    return list(_not_delivered(job, found.files))


def _not_delivered(job: ShotJob, files: Iterable[str]) -> Iterator[str]:
    """Paths may have changed since, or frames may have been added."""
    disk, wanted = Disk(), list(targets_of(job))
    known = set(map(disk.path, files))
    lost = [target for target in wanted if disk.path(target) not in known]
    if lost:
        what = f"{len(lost)} of {len(wanted)} files that the manifest lists are in no receipt, such as {lost[0]}"
        yield f"{what}; they were not checked"


@dataclass(frozen=True)
class _Delivered:
    """files: by path, the newest entry for each. is_whole: a receipt of the whole shot is among the sources."""

    files: dict[str, DeliveredFile]
    is_whole: bool
    problems: tuple[FsvfxError, ...] = ()


def _delivered(job: ShotJob) -> _Delivered:
    ledger = Ledger(open_store(job, create=False))
    past = sorted(ledger.history(ledger.index(), STAGE, most=1_000_000), key=lambda one: one.ended)
    whole = [one for one in past if one.unit.kind == "shot" and one.files]
    files: dict[str, DeliveredFile] = {}
    for receipt in [one for one in past if one.unit.kind != "shot"] + whole[-1:]:
        files |= {file.path: file for file in receipt.files}
    wanted = _wanted(job)
    files = {path: file for path, file in files.items() if wanted(path)}
    try:
        listed = [each for file in files.values() for each in _listed(job, file) if wanted(each.path)]
    except FsvfxError as error:
        return _Delivered(files, bool(whole), (error,))
    files = {each.path: each for each in listed} | files
    return _Delivered(files, bool(whole))


def _wanted(job: ShotJob) -> Callable[[str], bool]:
    """Whether a path belongs to a deliverable that the manifest still has."""
    disk, taken = Disk(), FileIndex()
    performers = [entry.performer for entry in job.shot.replace]
    for wish, files in writes_of(disk, job.shot.name, job.shot.plate.frames, performers, list(enumerate(job.deliver))):
        taken.add(files, wish.what)
    return lambda path: taken.owner(File(disk.path(path))) is not None


def _check(job: ShotJob, file: DeliveredFile) -> FsvfxError | None:
    digest = digest_at(file.path, follow=True)
    if digest is None:
        return _problem(job, file, "is missing")
    if digest != file.digest:
        return _problem(job, file, "has changed since it was delivered")
    return None


def _damage(job: ShotJob, file: DeliveredFile) -> FsvfxError | None:
    """Damage that its kind detects in addition to the digest; none for a kind that is no longer installed."""
    found = _kind(file)
    wrong = found.damage(Path(file.path)) if found else None
    return _problem(job, file, f"is damaged: {wrong}") if wrong else None


def _listed(job: ShotJob, file: DeliveredFile) -> Iterable[DeliveredFile]:
    """The files listed in a delivered one, if it is intact."""
    found = _kind(file)
    if found is None or type(found).listed is Kind.listed or _check(job, file) is not None:
        return ()
    return found.listed(Path(remote.local_copy(file.path)))


def _kind(file: DeliveredFile) -> Kind[Any] | None:
    return kind(file.kind) if file.kind in kinds() else None


def _problem(job: ShotJob, file: DeliveredFile, what: str) -> FsvfxError:
    frames = FrameRange([file.frame]) if file.frame is not None else None
    return MachineError(
        f"A delivered {file.kind} {what}",
        hint=f"Deliver it again: {commands.retry(job, frames=frames, stages=[STAGE])}",
        where=Where(shot=job.shot.name, stage=STAGE, frames=frames, file=file.path),
    )
