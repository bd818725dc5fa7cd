"""Runs the bundles of a shot: each is submitted once all that it waits for is settled, whether done or failed."""

from __future__ import annotations

from collections.abc import Mapping

from fsvfx.errors import WorkerLost
from fsvfx.runner.causes import lost
from fsvfx.runner.graph import Step
from fsvfx.runner.plan import Plan
from fsvfx.store import Ledger, open_store


def record_lost(after: Plan, errors: Mapping[Step, Exception]) -> int:
    """Record a failure for each step whose workers died, if it has no receipt after all; returns how many.

    They could not do so themselves. Raises StoreError.
    """
    found = {step: error for step, error in errors.items() if isinstance(error, WorkerLost)}
    found = {step: error for step, error in found.items() if not after.steps[step].is_settled}
    for step, error in found.items():
        Ledger(open_store(after.job)).fail(lost(after.job, step.stage, step.unit, after.steps[step].key, error))
    return len(found)
