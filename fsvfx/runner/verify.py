"""Re-reading a shot's store against the digests of its receipts."""

from __future__ import annotations

from collections.abc import Iterator

from fsvfx import commands
from fsvfx.errors import DamagedError, StoreError, Where
from fsvfx.runner.dag import stages
from fsvfx.runner.planning import plan
from fsvfx.store import open_store
from fsvfx.store.address import unit_of
from fsvfx.store.data import pieces_of
from schemas.frames import FrameRange
from schemas.job import ShotJob


def verify(job: ShotJob) -> list[StoreError]:
    """Read every array that the shot's receipts vouch for; one problem per missing, damaged or undecodable block, and
    per record of the ledger that can't be read.

    Each names stage, frames and path, and the command that makes it anew. Delivered files are checked by
    ``fsvfx.delivery.verify_deliverables``. Raises StoreError if the store can't be reached at all.
    """
    store, found = open_store(job, create=False), plan(job)
    receipts = [receipt for receipt in found.receipts.values() if receipt.path and receipt.kept]
    blocks = [problem for receipt in receipts for piece in pieces_of(store, receipt) for problem in piece.check()]
    return [*_records(job, found.damaged), *blocks]


def _records(job: ShotJob, damaged: tuple[str, ...]) -> Iterator[StoreError]:
    for path in damaged:
        where, file = _meant(path), f"{job.store.rstrip('/')}/{job.production}/{job.shot.name}/{path}"
        if where.stage is None or path.count(".") > 1:  # a waiver, a claim or a failure: nothing makes it anew
            yield StoreError("A record of the ledger can't be read and counts as none", hint="Remove it", where=Where(
                shot=job.shot.name, file=file
            ))  # fmt: skip
            continue
        command = commands.retry(job, frames=where.frames, stages=[where.stage])
        yield DamagedError(
            "A receipt can't be read and counts as none",
            hint=f"Redo it: {command}",
            where=Where(shot=job.shot.name, stage=where.stage, frames=where.frames, file=file),
        )


def _meant(path: str) -> Where:
    """The stage and the frames that a ledger path stands for."""
    stage, unit = path.split("/")[1], unit_of(path)
    first, _, last = unit.partition("-")
    frames = FrameRange.span(int(first), int(last)) if first.isdigit() and last.isdigit() else None
    return Where(stage=stage if stage in stages() else None, frames=frames)
