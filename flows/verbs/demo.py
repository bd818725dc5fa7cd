"""``fsvfx demo``: a small shot from start to finish."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from flows.verbs import output, submit
from flows.verbs.options import AsJson, Workers

EXAMPLES = (
    "fsvfx demo",
    "fsvfx demo demo-out/ --workers 2",
)


def run(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder to write to.")] = Path("demo-out"),
    workers: Workers = 0,
    json: AsJson = False,
) -> int:
    """Make a small shot and run the whole pipeline on it."""
    from fsvfx import demo, models

    tell: Callable[[str], None] = (lambda line: None) if json else output.line
    models.pull(say=tell)
    tell(f"Writing the demo's plate and references to {folder}")
    manifest = demo.make(folder)
    return submit.run(manifest, wait=True, workers=workers, json=json)
