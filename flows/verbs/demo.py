"""``fsvfx demo``: its own little shot, the whole way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from flows.verbs import output, submit
from flows.verbs.options import AsJson, Workers


def run(
    folder: Annotated[Path, typer.Argument(metavar="[FOLDER]", help="Where to make it.")] = Path("demo-out"),
    workers: Workers = 0,
    json: AsJson = False,
) -> int:
    """Make a little shot and run the whole pipeline on it."""
    from fsvfx import demo, models

    tell: Callable[[str], None] = (lambda line: None) if json else output.line
    models.pull(say=tell)
    tell(f"Making the demo's plate and identity in {folder}")
    manifest = demo.make(folder)
    return submit.run(manifest, wait=True, workers=workers, json=json)
