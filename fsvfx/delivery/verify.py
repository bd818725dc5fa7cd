"""Whether what was delivered is still what was delivered."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from fsvfx.delivery.mhl import check_generation
from fsvfx.delivery.order import STAGE
from fsvfx.delivery.place import file_digest
from fsvfx.errors import FsvfxError, MachineError, Where
from fsvfx.footprint import report_targets
from fsvfx.media import remote
from fsvfx.store import Ledger, open_store
from schemas.job import ShotJob
from schemas.receipts import DeliveredFile, Receipt
from schemas.report import DeliveryReport


def verify_deliverables(job: ShotJob) -> list[FsvfxError]:
    """Read every delivered file again; one problem per file that is gone or changed. Nothing delivered, no problems.

    The files are those of the report, and the report itself by the ledger's receipt. Raises StoreError for a server
    that can't be asked.
    """
    receipt = _newest(job)
    if receipt is None:
        return []
    own = [file for file in receipt.files if file.kind == "report"]
    problems = [found for file in own if (found := _check(job, file))]
    if problems:  # the list itself can't be trusted: the ledger's is the next best
        rest = [file for file in receipt.files if file.kind != "report"]
        return problems + [found for file in rest if (found := _check(job, file))]
    report = _read(report_targets(job.shot.name, job.deliver)[0])
    if isinstance(report, FsvfxError):
        return [report]
    problems = [found for file in report.files if (found := _check(job, file))]
    lists = [file for file in receipt.files if file.kind == "mhl"]
    return problems + [found for file in lists if (found := _check(job, file) or _check_mhl(job, file))]


def _newest(job: ShotJob) -> Receipt | None:
    ledger = Ledger(open_store(job, create=False))
    past = ledger.history(ledger.index(), STAGE, most=1_000_000)
    shots = [one for one in past if one.unit.kind == "shot" and one.files]
    return max(shots, key=lambda one: one.ended, default=None)


def _check(job: ShotJob, file: DeliveredFile) -> FsvfxError | None:
    if not remote.exists(file.path):
        return _problem(job, file, "is gone")
    if _digest(file.path) != file.digest:
        return _problem(job, file, "is not what was delivered: its bytes have changed")
    return None


def _check_mhl(job: ShotJob, file: DeliveredFile) -> FsvfxError | None:
    wrong = check_generation(Path(file.path))
    return _problem(job, file, f"does not hold: {wrong}") if wrong else None


def _digest(path: str) -> str:
    copy = remote.local_copy(path)
    try:
        return file_digest(copy)
    finally:
        if remote.is_remote(path):
            copy.unlink(missing_ok=True)  # a shot's frames would fill the cache


def _read(path: str) -> DeliveryReport | FsvfxError:
    try:
        return DeliveryReport.model_validate_json(Path(remote.local_copy(path)).read_bytes())
    except (OSError, ValidationError) as error:
        return MachineError(
            f"The delivery report can't be read: {error.__class__.__name__}",
            mend="Deliver again: fsvfx retry MANIFEST --stage deliver",
            where=Where(file=path),
        )


def _problem(job: ShotJob, file: DeliveredFile, what: str) -> FsvfxError:
    frames = f" --frames {file.frame}" if file.frame is not None else ""
    return MachineError(
        f"A delivered {file.kind} {what}",
        mend=f"Deliver it again: fsvfx retry {job.manifest}{frames} --stage deliver",
        where=Where(shot=job.shot.name, stage=STAGE, file=file.path),
    )
