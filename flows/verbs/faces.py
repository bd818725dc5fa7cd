"""``fsvfx faces``: the tracks of a shot, to choose the performers from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.verbs import output
from flows.verbs.options import AsJson, ManifestPath, Replace, Shots, Store, Workers
from flows.verbs.outcomes import ended, wait_for
from flows.verbs.shots import cleared, jobs_of

if TYPE_CHECKING:
    from schemas.job import ShotJob
    from schemas.outcome import Outcome


LAST = "detect"
"""The tracks themselves are made here: the stage track refuses a shot in which the performer is ambiguous."""

EXAMPLES = (
    "fsvfx faces harbour.yaml --shot sq010_sh0040",
    "fsvfx faces harbour.yaml --out sheets/",
)


def run(
    manifest: ManifestPath,
    shot: Shots = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FOLDER", help="Write the contact sheets here. Default: the current folder."),
    ] = None,
    workers: Workers = 0,
    store: Store = None,
    replace: Replace = False,
    json: AsJson = False,
) -> int:
    """Find and track the faces of each shot, and show the tracks in a table and on a contact sheet."""
    from fsvfx.drafts.tracks import tracks_of, write_sheet

    jobs = cleared(jobs_of(manifest, shot, store))
    partial = [outcome for outcome in _detected(manifest, jobs, workers, store, json) if outcome.state == "partial"]
    if partial:
        return ended(partial, json)
    told: list[dict[str, Any]] = []
    for job in jobs:
        found = tracks_of(job)
        path = write_sheet(job, found, out or Path.cwd(), replace)
        told.append({"shot": job.shot.name, "sheet": path, "tracks": [vars(track) for track in found]})
        if not json:
            rows = [(t.number, t.frames, f"{t.share:.0%}", f"{t.height:.0f} px", t.mark) for t in found]
            output.table(
                job.shot.name, ("track", "frames", "of the shot", "height", "position in the first frame"), rows
            )
            output.command(f"Contact sheet: {path}")
    if json:
        output.as_json({"shots": told})
    return 0


def _detected(manifest: Path, jobs: Sequence[ShotJob], workers: int, store: str | None, json: bool) -> list[Outcome]:
    """Run the stages before the tracks, where they are not done."""
    from flows.launch import Request
    from fsvfx.runner import plan

    open_ones = [job for job in jobs if plan(job, until=LAST).left]
    request = Request(manifest, tuple(job.shot.name for job in open_ones), store, until=LAST)
    return wait_for(request, open_ones, workers, json) if open_ones else []
