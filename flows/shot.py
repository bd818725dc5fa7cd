"""The flows: ``shot`` runs the DAG of one shot's stages over its chunks; ``job`` runs every shot of a manifest.

    clear rights -> plan -> ingest, detect (chunks) -> track (shot) -> align .. measure, deliver (chunks)
    -> deliver (shot) -> plan again: what the ledger says is the outcome

A chunk that fails stops only what can't do without it. The ledger is the truth: how the task runs ended is not asked.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.deployments import run_deployment
from prefect.runtime import flow_run
from prefect.states import Completed, Failed
from prefect_dask.task_runners import DaskTaskRunner

from flows import artifacts
from fsvfx import manifests
from fsvfx.errors import InputError, ManifestError
from fsvfx.executors.dask import local_cluster
from fsvfx.qc.sheet import shot_sheet
from fsvfx.runner import Plan, plan
from fsvfx.runner.causes import refused
from fsvfx.runner.shot import run_shot
from fsvfx.store import open_data, open_store
from schemas.frames import FrameRange
from schemas.outcome import Outcome
from tasks.executor import PrefectExecutor

SHOWN = 24
"""Frames on the contact sheet in Prefect's UI."""
POLL_SECONDS = 5.0
TO_LOCAL_CLUSTER: Any = DaskTaskRunner(cluster_class=local_cluster)


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
    [found] = manifests.jobs(Path(manifest), shots=(name,), store=store)
    after = run_shot(
        found.model_copy(update={"may_replace": replace}),
        PrefectExecutor(),
        artifacts.Progress(),
        frames=FrameRange.parse(frames) if frames else None,
        stages=tuple(redo),
        until=until,
        run_id=str(flow_run.id),
    )
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
        limits = {"frames": frames, "redo": list(redo), "until": until, "replace": replace}
        return _state(_on_deployment(deployment, manifest, shots, store, limits))
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


def _on_deployment(
    deployment: str, manifest: str, shots: Sequence[str], store: str | None, limits: Mapping[str, Any]
) -> list[Outcome]:
    """Run the shots there, all at once, and wait for all. How they ended is asked of the ledger."""
    jobs = manifests.jobs(Path(manifest), shots=tuple(shots), store=store)
    begun: list[UUID] = []
    for job in jobs:
        given = {"manifest": manifest, "name": job.shot.name, "store": store, **limits}
        run: Any = run_deployment(deployment, parameters=given, flow_run_name=job.shot.name, timeout=0)
        begun.append(run.id)
    for each in begun:
        _wait(each)
    return [plan(job, until=limits["until"]).outcome() for job in jobs]


def _wait(run: UUID) -> None:
    with get_client(sync_client=True) as client:
        while (state := client.read_flow_run(run).state) is None or not state.is_final():
            time.sleep(POLL_SECONDS)


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
