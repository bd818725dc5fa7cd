"""What the remaining work would cost, estimated from similar work in the past."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median

import numpy as np

from fsvfx.errors import FsvfxError
from fsvfx.runner.plan import Entry, Estimate
from fsvfx.store import Index, Ledger
from schemas.job import ShotJob
from schemas.receipts import Receipt, Unit


def estimate_of(job: ShotJob, ledger: Ledger, index: Index, entries: Sequence[Entry]) -> Estimate:
    """Medians per frame of each stage's receipts (those for other keys too) times the frames that are left.

    ``entries``: what is wanted.
    """
    seconds: dict[str, float] = {}
    sizes: dict[str, int] = {}
    unknown: list[str] = []
    for stage in dict.fromkeys(one.stage for one in entries):
        left = sum(_frames(one.unit, job) for one in entries if one.stage == stage and not one.is_settled)
        if not left:
            continue
        past = ledger.history(index, stage)
        if past:
            seconds[stage] = round(left * median(one.seconds / _frames(one.unit, job) for one in past), 3)
            sizes[stage] = math.ceil(left * median(_bytes(one) / _frames(one.unit, job) for one in past))
        else:
            unknown.append(stage)
            if stage == "ingest":
                sizes[stage] = left * _plate_frame_bytes(job)
    return Estimate(seconds, sizes, tuple(unknown))


def _frames(unit: Unit, job: ShotJob) -> int:
    if unit.kind == "person":
        return 1
    return len(unit.chunk.frames) if unit.chunk else len(job.shot.plate.frames)


def _bytes(receipt: Receipt) -> int:
    """Bytes in the store; what deliver writes is elsewhere."""
    return receipt.bytes if receipt.path else 0


def _plate_frame_bytes(job: ShotJob) -> int:
    """One plate frame, uncompressed; 0 if the plate can't be read (its entries say so)."""
    from fsvfx import media

    try:
        info = media.open_plate(job).info
    except FsvfxError:
        return 0
    return int(info.width * info.height * 3 * np.dtype(info.dtype).itemsize)
