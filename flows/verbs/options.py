"""Arguments that several verbs share."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from schemas.frames import FrameRange
    from schemas.job import ShotJob

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


def jobs_of(manifest: Path, shots: Sequence[str] | None, store: str | None, *, replace: bool = False) -> list[ShotJob]:
    """The shots of a manifest that are asked for. ``replace``: they may deliver over what others delivered. Raises
    ManifestError, InputError."""
    from fsvfx import manifests

    found = manifests.jobs(manifest, shots=tuple(shots or ()), store=store)
    return [job.model_copy(update={"may_replace": replace}) for job in found]


def limits_of(text: str | None) -> FrameRange | None:
    """The frames that a run is limited to, if any. Raises InputError if ``text`` is no frame range."""
    return None if text is None else frames_of(text)


def frames_of(text: str) -> FrameRange:
    """Raises InputError if ``text`` is no frame range."""
    from fsvfx.errors import InputError, Where
    from schemas.frames import FrameRange

    try:
        return FrameRange.parse(text)
    except ValueError as error:
        what, _, hint = str(error).partition("; ")
        raise InputError(what, hint=hint[:1].upper() + hint[1:], where=Where(field="--frames")) from error
