"""``fsvfx open``: look at what was delivered."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.verbs import output
from flows.verbs.options import AsJson, Shots, Store
from flows.verbs.shots import jobs_of, manifest_with

if TYPE_CHECKING:
    from schemas.job import ShotJob

EXAMPLES = ("fsvfx open harbour.yaml", "fsvfx open sq010_sh0040", "fsvfx open harbour.yaml --shot sq010_sh0040 --ui")
_KINDS = ("contact_sheet", "review")


def run(
    target: Annotated[
        str,
        typer.Argument(metavar="MANIFEST|SHOT", help="A manifest, or the name of a shot of a manifest in this folder."),
    ],
    shot: Shots = None,
    store: Store = None,
    ui: Annotated[bool, typer.Option("--ui", help="Open Prefect's UI, too, if its server is running.")] = False,
    json: AsJson = False,
) -> None:
    """Open the contact sheets and reviews of shots. Without a display, only their paths are printed."""
    path = Path(target)
    if not path.is_file():
        path, shot = manifest_with(target), [target]
    found = {job.shot.name: list(_delivered(job)) for job in jobs_of(path, shot, store)}
    address = _ui() if ui else None
    if json:
        output.as_json({"shots": found, "ui": address})
        return
    for name, files in found.items():
        output.line(f"{name}: nothing to look at yet" if not files else f"{name}:")
        for file in files:
            output.command(file, "  ")
            _launch(file)
    if address:
        output.command(f"Prefect's UI: {address}")
        _launch(address)
    elif ui:
        output.line("Prefect's server is not running; fsvfx up starts it")


def _delivered(job: ShotJob) -> Iterator[str]:
    """The existing contact sheets and reviews."""
    from fsvfx.media import remote

    for deliver in sorted(job.deliver, key=lambda one: one.kind):
        if deliver.kind in _KINDS:
            path = str(deliver.path)
            if remote.exists(path) if remote.is_remote(path) else Path(path).is_file():
                yield path


def _ui() -> str | None:
    from flows import server

    running = server.running()
    return running.shown_to(output.terminal_width() is not None) if running and running.healthy() else None


def _launch(target: str) -> None:
    """With the desktop's application for such files, if there is a desktop."""
    shows = sys.platform != "linux" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    if shows and sys.stdout.isatty() and not target.startswith("s3://"):
        typer.launch(target)
