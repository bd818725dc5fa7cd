"""What the units of one task share: made once, by the worker that does them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from fsvfx.context import Context
from fsvfx.rights.weights import check_weights
from fsvfx.runner.inlets import Inlets
from fsvfx.store import Ledger, ShotStore, open_store
from schemas.frames import FrameRange
from schemas.job import ShotJob

KEEP = 512 * 1024 * 1024
"""Bytes of arrays that stages pass to each other in memory; the rest is read from the store again. Up to half of it may
be arrays that are not stored at all; what is beyond that is stored all the same."""
KEEP_LITTLE = KEEP // 16
"""The same for stages that read a whole shot's arrays, each once."""


@dataclass(frozen=True)
class Workplace:
    """``store`` keeps what is written and read through it, up to a limit: the next stage finds it there."""

    job: ShotJob
    store: ShotStore
    ledger: Ledger

    @classmethod
    def of(cls, job: ShotJob, *, hands_on: bool = True) -> Workplace:
        """``hands_on``: whether what is made here is read here, too.

        Raises LicenceError for weights that the job may not use; StoreError.
        """
        check_weights(job)
        store = open_store(job).keeping(KEEP if hands_on else KEEP_LITTLE)
        return cls(job, store, Ledger(store))

    def forget(self) -> None:
        """Drop what is only in memory and no longer needed."""
        self.store.kept.forget()

    @cached_property
    def waived(self) -> FrameRange:
        """The waived frames, as in the ledger when the first unit asked. Raises StoreError."""
        return self.ledger.waived()

    @cached_property
    def context(self) -> Context:
        return Context.of(self.job)

    @cached_property
    def inlets(self) -> Inlets:
        return Inlets(self.job)
