"""The flows: ``shot`` runs the DAG of one shot's stages over its chunks; ``job`` runs every shot of a manifest.

    clear rights -> plan -> ingest, detect (chunks) -> track (shot) -> align .. measure, deliver (chunks)
    -> deliver (shot) -> plan again: what the ledger says is the outcome

A chunk that fails stops only what can't do without it. The ledger is the truth: how the task runs ended is not asked.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed, Failed
from prefect_dask.task_runners import DaskTaskRunner

from flows import artifacts, cluster
from flows.fan_out import fanned_out
from flows.run_through import run_through
from fsvfx import manifests, rights, runner
from fsvfx.errors import InputError, ManifestError
from fsvfx.qc.sheet import shot_sheet
from fsvfx.runner import Plan
from fsvfx.runner.causes import refused
from fsvfx.runner.graph import stage_name
from fsvfx.store import open_data, open_store
from schemas.frames import FrameRange
from schemas.job import ShotJob
from schemas.outcome import Outcome

SHOWN = 24
"""Frames on the contact sheet in Prefect's UI."""
TO_LOCAL_CLUSTER: Any = DaskTaskRunner(cluster_class=cluster.for_flow)


@flow(flow_run_name="{name}", task_runner=TO_LOCAL_CLUSTER, persist_result=False)
def shot(
    manifest: str,
    name: str,
    store: str | None = None,
    frames: str | None = None,
    redo: Sequence[str] = (),
    until: str | None = None,
    replace: bool = False,
) -> State[Outcome]:
    """Run one shot of a manifest: what is not done, or what is named.

    Args:
        manifest: path of the manifest, as the machine that runs the flow sees it.
        name: the shot.
        store: another store than the manifest's: a folder or s3://bucket/prefix.
        frames: run only what these frames need and what hangs on them, such as 1010-1033.
        redo: stages to run again even where they are done (on the frames, if some are named).
        until: the last stage to run; default: all.
        replace: deliver over files that are there and that the shot did not deliver.
    """
    begun = time.monotonic()
    limits = FrameRange.parse(frames) if frames else None
    job = _cleared(manifest, name, store, replace)
    if redo:
        runner.revoke_named(job, frames=limits, stages=tuple(stage_name(one) for one in redo))
    _, after = run_through(runner.plan(job, frames=limits, stages=tuple(redo), until=until))
    rights.clear(job)
    outcome = after.outcome(seconds=time.monotonic() - begun)
    _show(after, outcome)
    return _state(outcome)


@flow(flow_run_name="{manifest}", persist_result=False)
def job(
    manifest: str,
    shots: Sequence[str] = (),
    store: str | None = None,
    frames: str | None = None,
    redo: Sequence[str] = (),
    until: str | None = None,
    scheduler: str | None = None,
    deployment: str | None = None,
    replace: bool = False,
) -> State[list[Outcome]]:
    """Run every shot of a manifest (or those named), each as a flow run of its own.

    ``scheduler``: address of the Dask scheduler that all of them use; default: each starts its own workers.
    ``deployment``: of the flow ``shot``, to run them all at once there, such as ``shot/shot``.
    """
    if deployment:
        return _state(
            fanned_out(deployment, manifest, shots, store, frames=frames, redo=list(redo), until=until, replace=replace)
        )
    one = on(scheduler) if scheduler else shot
    ended: list[Outcome] = []
    errors: list[BaseException] = []
    for each in manifests.jobs(Path(manifest), shots=tuple(shots), store=store):
        state = one(manifest, each.shot.name, store, frames, list(redo), until, replace, return_state=True)
        answer: Any = state.result(raise_on_failure=False)
        if isinstance(answer, InputError) and not isinstance(answer, ManifestError):
            answer = refused(each, answer)
        (ended if isinstance(answer, Outcome) else errors).append(answer)
    if errors:
        raise errors[0]
    return _state(ended)


def on(scheduler: str) -> Any:
    """The flow ``shot`` on a running Dask scheduler."""
    runner: Any = DaskTaskRunner(address=scheduler)
    return shot.with_options(task_runner=runner)


def _cleared(manifest: str, name: str, store: str | None, replace: bool) -> ShotJob:
    [found] = manifests.jobs(Path(manifest), shots=(name,), store=store)
    decision = rights.clear(found)
    return found.model_copy(update={"rights": decision.digest, "run_id": str(flow_run.id), "may_replace": replace})


def _show(plan: Plan, outcome: Outcome) -> None:
    artifacts.table(plan.job, plan.rows())
    measured = [receipt for step, receipt in plan.final.items() if step.stage == "measure"]
    if measured:
        data = open_data(open_store(plan.job), measured)
        artifacts.sheet(plan.job, shot_sheet(plan.job, data, plan.waived, most=SHOWN))
    artifacts.summary(plan.job, outcome)


def _state(ended: Any) -> State[Any]:
    """Prefect shows a run that ended in part as failed."""
    every = ended if isinstance(ended, list) else [ended]
    partial = [outcome for outcome in every if outcome.state == "partial"]
    if not partial:
        return Completed(data=ended, message=f"{sum(outcome.total for outcome in every)} steps are done")
    said = "; ".join(f"{one.shot}: {one.done} of {one.total} done, run {one.command}" for one in partial)
    return Failed(data=ended, message=said)
