"""``fsvfx waive``: deliver some frames without a swap."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from flows.verbs import output
from flows.verbs.options import AsJson, ManifestPath, Shots, Store
from flows.verbs.shots import frames_of, jobs_of

EXAMPLES = ('fsvfx waive harbour.yaml --frames 1010-1033 --by "A. Lee" --why hidden',)


def run(
    manifest: ManifestPath,
    frames: Annotated[str, typer.Option("--frames", metavar="RANGE", help="The frames, such as 1010-1033.")],
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who made the decision.")],
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="Why these frames need no swap.")],
    shot: Shots = None,
    store: Store = None,
    json: AsJson = False,
) -> None:
    """Accept frames without a swap: the plate's own are delivered, and the report lists them."""
    from fsvfx import commands
    from fsvfx.errors import InputError, Where
    from fsvfx.runner.graph import jobs_with
    from fsvfx.store import Ledger, open_store
    from schemas.receipts import Waiver

    chosen = frames_of(frames)
    jobs = jobs_with(jobs_of(manifest, shot, store), chosen)
    if len(jobs) != 1:
        names = ", ".join(job.shot.name for job in jobs)
        raise InputError(
            "A waiver applies to one shot", hint=f"Add --shot with one of: {names}", where=Where(file=str(manifest))
        )
    if not by.strip() or not why.strip():
        raise InputError("A waiver needs a name and a reason", hint="Give --by and --why")
    [job] = jobs
    waiver = Waiver(frames=chosen & job.shot.plate.frames, by=by, why=why, at=_now())
    Ledger(open_store(job)).waive(waiver)
    if json:
        output.as_json({"shot": job.shot.name, "waiver": waiver})
        return
    output.line(f"{job.shot.name}: frames {waiver.frames} are delivered from the plate. {by}: {why}")
    output.command(f"Deliver them: {commands.retry(job)}")


def _now() -> datetime:
    return datetime.now(UTC)
