"""Workers that died take their word with them: the flow writes it into the ledger for them."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime

from fsvfx.runner.plan import Entry
from fsvfx.store import Ledger, open_store
from fsvfx.store.address import UNKEYED
from schemas.frames import FrameRange
from schemas.job import ShotJob
from schemas.receipts import Failure
from tasks.step import Step


class Lost(Exception):
    """A task that never ended: its workers died, again and again, or the cluster went away."""


def record_lost(job: ShotJob, entries: Mapping[Step, Entry], errors: Mapping[Step, Exception]) -> int:
    """Record a failure for each lost step that has no receipt after all; returns how many. Raises StoreError."""
    lost = {step: error for step, error in errors.items() if isinstance(error, Lost) and not entries[step].is_settled}
    for step, error in lost.items():
        Ledger(open_store(job)).fail(_failure(job, step, entries[step].key, error))
    return len(lost)


def _failure(job: ShotJob, step: Step, key: str | None, error: Lost) -> Failure:
    return Failure(
        shot=job.shot.name,
        stage=step.stage,
        unit=step.unit,
        key=key or UNKEYED,
        attempt=f"lost-{secrets.token_hex(4)}",
        transient=True,
        error="Lost",
        message=str(error),
        hint="Run it again with fewer --workers, or with a smaller chunk_size",
        frames=FrameRange(step.unit.chunk.frames) if step.unit.chunk else None,
        at=datetime.now(UTC),
        worker="",
    )
