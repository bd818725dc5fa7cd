"""Outcomes of shots: as text, as JSON, and as an exit code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from flows.verbs import output
from fsvfx.errors import ExitCode

if TYPE_CHECKING:
    from flows.launch import Request
    from fsvfx.api.readiness import Ready
    from fsvfx.executors.spawned import Template
    from schemas.job import ShotJob
    from schemas.outcome import Outcome

WRONG = frozenset({"InputError", "PlateError"})
"""Errors due to wrong input, as named in failures."""


def wait_for(
    request: Request, jobs: Sequence[ShotJob], workers: int, json: bool, begun: Template | None = None
) -> list[Outcome]:
    """Run its shots here, with progress for people. ``begun``: as for ``launch.here``."""
    from flows import launch
    from flows.console import console

    return launch.here(request, jobs, workers, console(stderr=json), show=not json, begun=begun)


def ended(outcomes: Sequence[Outcome], json: bool, found: Ready | None = None) -> int:
    """Report the outcomes; returns the exit code. ``found``: includes shots that were not run at all."""
    refused = list(found.refused) if found else []
    partial = bool(refused) or any(outcome.state == "partial" for outcome in outcomes)
    if json:
        output.as_json({"state": "partial" if partial else "done", "shots": list(outcomes), **refused_data(found)})
    else:
        for outcome in outcomes:
            _tell(outcome)
        for name in refused:
            output.line(f"{name}: not run, for the reasons above")
    return code_of(outcomes, refused)


def code_of(outcomes: Sequence[Outcome], refused: Sequence[str]) -> int:
    """2 if no shot could run because of its own wrong input, 4 if some are not done, 0 if all are."""
    if outcomes and not refused and all(map(_is_wrong, outcomes)):
        return ExitCode.INPUT
    return ExitCode.PARTIAL if refused or any(outcome.state == "partial" for outcome in outcomes) else 0


def _is_wrong(outcome: Outcome) -> bool:
    """A problem of a whole shot or person (whose face is it?) is not a chunk's failure: running again won't help."""
    return any(failure.unit.chunk is None and failure.error in WRONG for failure in outcome.failures)


def refused_data(found: Ready | None) -> dict[str, object]:
    return {"not_run": found.as_data()} if found and found.refused else {}


def _tell(outcome: Outcome) -> None:
    took = f" in {outcome.seconds:.1f} s" if outcome.seconds else ", nothing to run"
    output.line(f"{outcome.shot}: {outcome.state}, {outcome.done} of {outcome.total} steps{took}")
    for path in outcome.deliverables:
        output.command(path, "  ")
    for failure in outcome.failures:
        place = f" (frames {failure.frames})" if failure.frames else ""
        output.line(f"{failure.stage} {failure.unit.name}{place}: {failure.message}. {failure.hint}", "  ")
    if outcome.command:
        output.line(f"not done: {', '.join(outcome.unfinished)}", "  ")
        output.line("run the rest:", "  ")
        output.command(outcome.command, "    ")
