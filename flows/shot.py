"""The flows: ``shot`` runs the unfinished work of one shot; ``job`` every shot of a manifest.

The library does the work (``fsvfx.runner.shot``), on Dask workers; the flow run is updated like that of ``fsvfx
submit`` (``flows.told``). The ledger is authoritative: a flow that is run again continues from there, and nothing is
lost if the server misses its last state.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.deployments import run_deployment
from prefect.runtime import flow_run
from prefect.states import Completed, Failed

from flows.told import Limits, run_told
from flows.watch import WATCHER
from fsvfx import manifests
from fsvfx.api.runs import run_all
from fsvfx.executors.dask import Dask
from fsvfx.runner import plan
from schemas.job import ShotJob
from schemas.outcome import Outcome
from tasks.rest import Api
from tasks.teller import Teller

log = logging.getLogger(__name__)

POLL_SECONDS = 5.0


@flow(flow_run_name="{name}", persist_result=False)
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
        frames: run only the chunks of these frames, with what they need, such as 1010-1033.
        redo: stages to run again even where they are done (on the frames, if some are named).
        until: the last stage to run; default: all.
        replace: deliver over files that are there and that the shot did not deliver.
    """
    [found] = manifests.jobs(Path(manifest), shots=(name,), store=store)
    [outcome] = _run([found], Limits(frames, tuple(redo), until, replace), str(flow_run.id))
    return _state(outcome)


@flow(flow_run_name="{manifest}", persist_result=False)
def job(
    manifest: str,
    shots: Sequence[str] = (),
    store: str | None = None,
    frames: str | None = None,
    redo: Sequence[str] = (),
    until: str | None = None,
    deployment: str | None = None,
    replace: bool = False,
) -> State[list[Outcome]]:
    """Run every shot of a manifest (or those named), each in a flow run of its own.

    ``deployment``: of the flow ``shot``, to run them all at once there, such as ``shot/shot``; default: here, one after
    the other.
    """
    jobs = manifests.jobs(Path(manifest), shots=tuple(shots), store=store)
    if deployment:
        limits = {"frames": frames, "redo": list(redo), "until": until, "replace": replace}
        return _state(_on_deployment(deployment, manifest, store, jobs, limits))
    return _state(_run(jobs, Limits(frames, tuple(redo), until, replace)))


def _run(jobs: Sequence[ShotJob], limits: Limits, run_id: str | None = None) -> list[Outcome]:
    watcher = WATCHER.get()
    with Teller(api_of_run(), log.warning) as teller, Dask() as executor:
        ended = run_all(
            jobs, lambda one: run_told(one, limits, executor, teller, watcher, run_id), alone=len(jobs) == 1
        )
    for outcome in ended.values():  # if the server does not accept the flow's state, it is here
        log.info(
            "%s: %s, %d of %d steps. %s", outcome.shot, outcome.state, outcome.done, outcome.total, outcome.command
        )
    return list(ended.values())


def api_of_run() -> Callable[[], Api]:
    """The server of this flow run, which profiles and workers may have set without the environment."""
    with get_client(sync_client=True) as client:
        url = str(client.api_url)
    return lambda: Api(url)


def _on_deployment(
    deployment: str, manifest: str, store: str | None, jobs: Sequence[ShotJob], limits: Mapping[str, Any]
) -> list[Outcome]:
    """Run the shots there, all at once, and wait for all. Their outcomes come from the ledger."""
    begun: list[UUID] = []
    for each in jobs:
        given = {"manifest": manifest, "name": each.shot.name, "store": store, **limits}
        run: Any = run_deployment(deployment, parameters=given, flow_run_name=each.shot.name, timeout=0)
        begun.append(run.id)
    with get_client(sync_client=True) as client:
        for run_id in begun:
            while (state := client.read_flow_run(run_id).state) is None or not state.is_final():
                time.sleep(POLL_SECONDS)
    return [plan(each, until=limits["until"]).outcome() for each in jobs]


def _state(ended: Any) -> State[Any]:
    """Prefect shows a partial run as failed."""
    every = ended if isinstance(ended, list) else [ended]
    partial = [outcome for outcome in every if outcome.state == "partial"]
    if not partial:
        return Completed(data=ended, message=f"{sum(outcome.total for outcome in every)} steps are done")
    said = "; ".join(f"{one.shot}: {one.done} of {one.total} done, run {one.command}" for one in partial)
    return Failed(data=ended, message=said)
