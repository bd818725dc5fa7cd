"""Runs a shot: cleared by the rights gate, planned, driven on an executor, cleared again."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid4

from fsvfx import rights
from fsvfx.executors.contract import Executor
from fsvfx.runner.drive import Observer, run_plan
from fsvfx.runner.graph import stage_name
from fsvfx.runner.plan import Plan
from fsvfx.runner.planning import plan, revoke_named
from schemas.frames import FrameRange
from schemas.job import ShotJob


def run_shot(
    job: ShotJob,
    executor: Executor,
    observer: Observer,
    *,
    frames: FrameRange | None = None,
    stages: Sequence[str] = (),
    until: str | None = None,
    run_id: str = "",
) -> Plan:
    """Run what is not done of ``job``; returns the resulting state, with the failures of steps.

    ``frames``: only their chunks, with what those need. ``stages``: do these again even where they are done (on
    ``frames``, if given), and what depends on them. ``until``: the last stage to run. ``run_id``: a name for this run,
    which its claims hold.

    Raises RightsError, StoreError; InputError if no plan can be made, PlateError if nothing of the plate can be read.
    """
    decision = rights.clear(job)
    cleared = job.model_copy(update={"rights": decision.digest, "run_id": run_id or str(uuid4())})
    if stages:
        revoke_named(cleared, frames=frames, stages=tuple(stage_name(one) for one in stages))
    ran = run_plan(plan(cleared, frames=frames, stages=stages, until=until), executor, observer)
    rights.clear(job)
    return ran.plan
