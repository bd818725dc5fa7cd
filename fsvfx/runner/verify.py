"""Re-reading a shot's store against the digests of its receipts."""

from __future__ import annotations

from fsvfx.errors import StoreError
from fsvfx.runner.planning import plan
from fsvfx.store import open_store
from fsvfx.store.data import pieces_of
from schemas.job import ShotJob


def verify(job: ShotJob) -> list[StoreError]:
    """Read every array that the shot's receipts vouch for; one problem per missing, damaged or undecodable block.

    Each names stage, frames and path, and the command that makes it anew. Delivered files are checked by
    ``fsvfx.delivery.verify_deliverables``. Raises StoreError if the store can't be reached at all.
    """
    store = open_store(job, create=False)
    receipts = [receipt for receipt in plan(job).receipts.values() if receipt.path]
    return [problem for receipt in receipts for piece in pieces_of(store, receipt) for problem in piece.check()]
