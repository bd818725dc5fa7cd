"""``fsvfx run``: run shots here, without a Prefect server."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.verbs.completion import executor_names, stage_names
from flows.verbs.options import AsJson, Frames, ManifestPath, Replace, Shots, Stages, Store, Workers
from flows.verbs.outcomes import ended
from flows.verbs.shots import tell

EXAMPLES = (
    "fsvfx run harbour.yaml",
    "fsvfx run harbour.yaml --executor serial --frames 1001-1008",
    "fsvfx run harbour.yaml --shot sq010_sh0040 --until detect",
)


def run(
    manifest: ManifestPath,
    executor: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Where the work is done: serial (in this process), processes, dask, or one that you installed.",
            autocompletion=executor_names,
        ),
    ] = "processes",
    workers: Workers = 0,
    shot: Shots = None,
    frames: Frames = None,
    stage: Stages = None,
    until: Annotated[
        str | None, typer.Option(metavar="STAGE", help="Stop after this stage.", autocompletion=stage_names)
    ] = None,
    store: Store = None,
    replace: Replace = False,
    json: AsJson = False,
) -> int:
    """Run shots here and wait, without a Prefect server. What is already done is not run again."""
    from fsvfx.api import runs
    from fsvfx.api.readiness import Ready

    result = runs.run(
        manifest,
        executor=executor,
        workers=workers,
        shots=tuple(shot or ()),
        frames=frames,
        stages=tuple(stage or ()),
        until=until,
        store=store,
        replace=replace,
        progress=not json,
    )
    found = Ready((), (), result.refused)
    if not json:
        tell(found)
    return ended([shot.outcome for shot in result.shots], json, found)
