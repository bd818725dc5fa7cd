"""Arguments and options that several verbs share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows.verbs.completion import shot_names, stage_names

ManifestPath = Annotated[Path, typer.Argument(metavar="MANIFEST", help="The shot manifest (YAML).")]
TrainManifestPath = Annotated[Path, typer.Argument(metavar="MANIFEST", help="The training manifest (YAML).")]
Shots = Annotated[
    list[str] | None,
    typer.Option("--shot", metavar="NAME", help="Only this shot; repeatable.", autocompletion=shot_names),
]
Store = Annotated[
    str | None,
    typer.Option(
        "--store", metavar="URL", help="Keep results here, not in the manifest's store: a folder or s3://bucket/prefix."
    ),
]
Frames = Annotated[
    str | None,
    typer.Option(
        "--frames",
        metavar="RANGE",
        help="Only the chunks of these frames, and what they need: 1010-1033, 1001,1005 or 1001-1099x10.",
    ),
]
Stages = Annotated[
    list[str] | None,
    typer.Option(
        "--stage", metavar="NAME", help="Redo this stage even if it is done; repeatable.", autocompletion=stage_names
    ),
]
Workers = Annotated[int, typer.Option("--workers", min=0, help="Number of worker processes; 0: one per core.")]
Replace = Annotated[
    bool,
    typer.Option("--replace", help="Overwrite existing files that fsvfx did not write. Without it, they are kept."),
]
Research = Annotated[
    bool,
    typer.Option("--research", help="This is research: also use weights that may not be used commercially."),
]
Packages = Annotated[
    str,
    typer.Option(
        "--packages", metavar="DIR", help="Another folder of model packages, besides those of FSVFX_PACKAGES."
    ),
]
OnlyPeople = Annotated[
    list[str] | None, typer.Option("--only", metavar="GLOB", help="Only these people, by name or glob; repeatable.")
]
LeaveOut = Annotated[
    list[str] | None, typer.Option("--leave-out", metavar="GLOB", help="Leave these people out; repeatable.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
