"""``fsvfx submit``: run the shots of a manifest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from flows.verbs import say
from flows.verbs.options import AsJson, ManifestPath, Shots, Store, Workers, jobs_of

if TYPE_CHECKING:
    from flows.launch import Request
    from schemas.job import ShotJob
    from schemas.outcome import Outcome

EXIT_PARTIAL = 4


def run(
    manifest: ManifestPath,
    wait: Annotated[bool, typer.Option("--wait", help="Run it here and wait until it ends.")] = False,
    workers: Workers = 0,
    store: Store = None,
    shot: Shots = None,
    json: AsJson = False,
) -> int:
    """Run the shots of a manifest as Prefect flow runs: only what is not done."""
    from flows.launch import Request

    jobs = cleared(jobs_of(manifest, shot, store))
    finished = [outcome for outcome in map(standing, jobs) if outcome.state == "done"]
    names = {outcome.shot for outcome in finished}
    request = Request(manifest, tuple(job.shot.name for job in jobs if job.shot.name not in names), store)
    if not request.shots:
        return ended(finished, json)
    if wait:
        return ended([*finished, *wait_for(request, workers, json)], json)
    return leave(request, workers, json)


def cleared(jobs: Sequence[ShotJob]) -> Sequence[ShotJob]:
    """The same jobs, if the rights gate lets all of them through. Raises RightsError."""
    from fsvfx import rights

    for job in jobs:
        rights.clear(job)
    return jobs


def standing(job: ShotJob) -> Outcome:
    """How a shot stands, without running anything."""
    from flows.standing import Standing

    return Standing.of(job).outcome()


def wait_for(request: Request, workers: int, json: bool) -> list[Outcome]:
    """Run it here, with progress for people."""
    from flows import launch

    return launch.here(request, workers, say.console(), show=not json)


def leave(request: Request, workers: int, json: bool) -> int:
    """Hand it over to a deployment or to a process of its own, and tell how to watch it."""
    from flows import launch

    left = launch.elsewhere(request) or launch.detached(request, workers)
    if json:
        say.as_json({"state": "submitted", **vars(left)})
        return 0
    say.line(
        f"Submitted: {', '.join(request.shots)}" + (f", as process {left.pid}" if left.pid else " to the deployment")
    )
    say.command(f"Prefect's UI: {left.ui}" + (f"/runs/flow-run/{left.flow_run}" if left.flow_run else ""))
    say.command(f"How it stands: fsvfx status {request.manifest}")
    if left.log:
        say.command(f"What it says: {left.log}")
    return 0


def ended(outcomes: Sequence[Outcome], json: bool) -> int:
    """Tell how it ended; returns the exit code."""
    partial = [outcome for outcome in outcomes if outcome.state == "partial"]
    if json:
        say.as_json({"state": "partial" if partial else "done", "shots": list(outcomes)})
    else:
        for outcome in outcomes:
            _tell(outcome)
    return EXIT_PARTIAL if partial else 0


def _tell(outcome: Outcome) -> None:
    took = f" in {outcome.seconds:.1f} s" if outcome.seconds else ", nothing to run"
    say.line(f"{outcome.shot}: {outcome.state}, {outcome.done} of {outcome.total} steps{took}")
    for path in outcome.deliverables:
        say.command(path, "  ")
    for failure in outcome.failures:
        place = f" (frames {failure.frames})" if failure.frames else ""
        say.line(f"{failure.stage} {failure.unit.name}{place}: {failure.message}. {failure.mend}", "  ")
    if outcome.command:
        say.line(f"not finished: {', '.join(outcome.unfinished)}", "  ")
        say.line("run again just what is missing:", "  ")
        say.command(outcome.command, "    ")
