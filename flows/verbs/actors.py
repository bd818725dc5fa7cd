"""``fsvfx actors``: footage of people who are nobody, to train on and to be judged on."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from flows.verbs import output
from flows.verbs.options import AsJson

USUAL = ("cem", "ada")


def run(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to make it.")],
    actor: Annotated[
        list[str] | None, typer.Option(help="Give two or more: who goes in, who performs, more. Any name will do.")
    ] = None,
    frames: Annotated[int, typer.Option(min=24, max=100_000, help="Frames of each actor.")] = 240,
    seed: Annotated[int, typer.Option(min=0, max=100_000, help="Of the performances.")] = 0,
    size: Annotated[int, typer.Option(min=128, max=2048, help="Height and width of the clips, px.")] = 384,
    json: AsJson = False,
) -> int:
    """Render clips of synthetic actors, with consent records that say test, and a training manifest."""
    from fsvfx.actors.shoot import shoot

    tell = (lambda line: None) if json else output.line
    manifest = shoot(folder, actor or USUAL, frames, seed=seed, size=size, report=tell)
    if json:
        output.as_json({"manifest": manifest})
    else:
        output.command(f"Train on it: {shlex.join(['fsvfx', 'train', str(manifest)])}")
    return 0
