"""Arguments that several verbs share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

ManifestPath = Annotated[Path, typer.Argument(metavar="MANIFEST", help="The shot manifest (YAML).")]
Shots = Annotated[list[str] | None, typer.Option("--shot", help="Only this shot; may be given several times.")]
Store = Annotated[
    str | None, typer.Option("--store", metavar="URL", help="Use this store: a folder or s3://bucket/prefix.")
]
Frames = Annotated[
    str | None, typer.Option("--frames", metavar="RANGE", help="Such as 1010-1033 or 1001,1005 or 1-9x3.")
]
Stages = Annotated[list[str] | None, typer.Option("--stage", help="Redo this stage; may be given several times.")]
Workers = Annotated[int, typer.Option("--workers", min=0, help="Dask worker processes; 0: one per core.")]
Replace = Annotated[bool, typer.Option("--replace", help="Write over files that are there and were not made by this.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for machines.")]


def engine_names(incomplete: str) -> list[str]:
    """Completes the name of an engine."""
    from fsvfx.plugins import Plugins

    return [name for name in Plugins("fsvfx.engines", "engine").names() if name.startswith(incomplete)]
