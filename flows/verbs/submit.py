"""``fsvfx submit``: run the shots of a manifest."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated

import typer

from flows.verbs import output
from flows.verbs.options import AsJson, ManifestPath, Replace, Shots, Store, Workers
from flows.verbs.outcomes import ended, refused_data, wait_for
from flows.verbs.shots import cleared, finished_among, jobs_of, plans_of, ready, tell
from fsvfx.errors import ExitCode

if TYPE_CHECKING:
    from flows.launch import Request
    from fsvfx.api.readiness import Ready

EXAMPLES = (
    "fsvfx submit harbour.yaml --wait",
    "fsvfx submit harbour.yaml --shot sq010_sh0040 --workers 4",
)


def run(
    manifest: ManifestPath,
    wait: Annotated[
        bool, typer.Option("--wait", help="Run here and wait, showing progress. Without it: run in the background.")
    ] = False,
    workers: Workers = 0,
    store: Store = None,
    shot: Shots = None,
    replace: Replace = False,
    json: AsJson = False,
) -> int:
    """Run the shots of a manifest as Prefect flow runs. What is already done is not run again."""
    from flows.launch import Request, ahead

    jobs = cleared(jobs_of(manifest, shot, store, replace=replace))
    plans = plans_of(jobs)
    finished = finished_among(plans)
    with ahead(workers) if wait and len(finished) < len(jobs) else nullcontext() as begun:
        found = ready(jobs, manifest, finished, plans)
        if not json:
            tell(found)
        request = Request(manifest, tuple(job.shot.name for job in found.able), store, replace=replace)
        if not request.shots:
            return ended(found.finished, json, found)
        if wait:
            return ended([*found.finished, *wait_for(request, found.able, workers, json, begun)], json, found)
        return leave(request, workers, json, found)


def leave(request: Request, workers: int, json: bool, found: Ready) -> int:
    """Pass it to a deployment or to a background process, and say how to follow it."""
    from flows import launch

    left = launch.elsewhere(request) or launch.detached(request, workers)
    if json:
        output.as_json({"state": "submitted", **vars(left), **refused_data(found)})
        return ExitCode.PARTIAL if found.refused else 0
    output.line(
        f"Submitted: {', '.join(request.shots)}" + (f", as process {left.pid}" if left.pid else " to the deployment")
    )
    output.command(f"Prefect's UI: {left.ui}" + (f"/runs/flow-run/{left.flow_run}" if left.flow_run else ""))
    output.command(f"Progress: fsvfx status {request.manifest}")
    if left.log:
        output.command(f"Log: {left.log}")
    return ExitCode.PARTIAL if found.refused else 0
