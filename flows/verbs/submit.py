"""``fsvfx submit``: run the shots of a manifest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from flows.verbs import say
from flows.verbs.options import AsJson, ManifestPath, Replace, Shots, Store, Workers, jobs_of
from flows.verbs.ready import Ready, finished_of, ready

if TYPE_CHECKING:
    from flows.launch import Request
    from schemas.job import ShotJob
    from schemas.outcome import Outcome

EXIT_INPUT = 2
EXIT_PARTIAL = 4
WRONG = frozenset({"InputError", "PlateError"})
"""Errors by which input is wrong, as failures name them."""


def run(
    manifest: ManifestPath,
    wait: Annotated[bool, typer.Option("--wait", help="Run it here and wait until it ends.")] = False,
    workers: Workers = 0,
    store: Store = None,
    shot: Shots = None,
    replace: Replace = False,
    json: AsJson = False,
) -> int:
    """Run the shots of a manifest as Prefect flow runs: only what is not done."""
    from flows.launch import Request

    jobs = cleared(jobs_of(manifest, shot, store, replace=replace))
    found = ready(jobs, manifest, finished_of(jobs))
    if not json:
        found.tell()
    request = Request(manifest, tuple(job.shot.name for job in found.able), store, replace=replace)
    if not request.shots:
        return ended(found.finished, json, found)
    if wait:
        return ended([*found.finished, *wait_for(request, workers, json)], json, found)
    return leave(request, workers, json, found)


def cleared(jobs: Sequence[ShotJob]) -> Sequence[ShotJob]:
    """The same jobs, if the rights gate lets all of them through. Raises RightsError."""
    from fsvfx import rights

    for job in jobs:
        rights.clear(job)
    return jobs


def wait_for(request: Request, workers: int, json: bool) -> list[Outcome]:
    """Run it here, with progress for people."""
    from flows import launch

    return launch.here(request, workers, say.console(), show=not json)


def leave(request: Request, workers: int, json: bool, found: Ready) -> int:
    """Hand it over to a deployment or to a process of its own, and tell how to watch it."""
    from flows import launch

    left = launch.elsewhere(request) or launch.detached(request, workers)
    if json:
        say.as_json({"state": "submitted", **vars(left), **_refused(found)})
        return EXIT_PARTIAL if found.refused else 0
    say.line(
        f"Submitted: {', '.join(request.shots)}" + (f", as process {left.pid}" if left.pid else " to the deployment")
    )
    say.command(f"Prefect's UI: {left.ui}" + (f"/runs/flow-run/{left.flow_run}" if left.flow_run else ""))
    say.command(f"How it stands: fsvfx status {request.manifest}")
    if left.log:
        say.command(f"What it says: {left.log}")
    return EXIT_PARTIAL if found.refused else 0


def ended(outcomes: Sequence[Outcome], json: bool, found: Ready | None = None) -> int:
    """Tell how it ended; returns the exit code. ``found``: with shots among it that were not run at all."""
    refused = list(found.refused) if found else []
    partial = bool(refused) or any(outcome.state == "partial" for outcome in outcomes)
    if json:
        say.as_json({"state": "partial" if partial else "done", "shots": list(outcomes), **_refused(found)})
    else:
        for outcome in outcomes:
            _tell(outcome)
        for name in refused:
            say.line(f"{name}: not run; see above")
    return code_of(outcomes, refused)


def code_of(outcomes: Sequence[Outcome], refused: Sequence[str]) -> int:
    """2 if no shot could run for wrong input of its own, 4 if some are not done, 0 if all are."""
    if outcomes and not refused and all(map(_is_wrong, outcomes)):
        return EXIT_INPUT
    return EXIT_PARTIAL if refused or any(outcome.state == "partial" for outcome in outcomes) else 0


def _is_wrong(outcome: Outcome) -> bool:
    """What is wrong for a whole shot or person (whose face is it?) is no chunk's failure: running again won't help."""
    return any(failure.unit.chunk is None and failure.error in WRONG for failure in outcome.failures)


def _refused(found: Ready | None) -> dict[str, object]:
    return {"not_run": found.as_data()} if found and found.refused else {}


def _tell(outcome: Outcome) -> None:
    took = f" in {outcome.seconds:.1f} s" if outcome.seconds else ", nothing to run"
    say.line(f"{outcome.shot}: {outcome.state}, {outcome.done} of {outcome.total} steps{took}")
    for path in outcome.deliverables:
        say.command(path, "  ")
    for failure in outcome.failures:
        place = f" (frames {failure.frames})" if failure.frames else ""
        say.line(f"{failure.stage} {failure.unit.name}{place}: {failure.message}. {failure.hint}", "  ")
    if outcome.command:
        say.line(f"not finished: {', '.join(outcome.unfinished)}", "  ")
        say.line("run again just what is missing:", "  ")
        say.command(outcome.command, "    ")
