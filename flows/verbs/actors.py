"""``fsvfx actors``: footage of synthetic people, to train on and to evaluate with."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from flows.verbs import output
from flows.verbs.options import AsJson

USUAL = ("cem", "ada")

EXAMPLES = (
    "fsvfx actors practice/",
    "fsvfx actors practice/ --actor ada --actor cem --frames 480",
)


def run(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to write to.")],
    actor: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Any name; give two or more: the identity, the performer, others."),
    ] = None,
    frames: Annotated[int, typer.Option(min=24, max=100_000, help="Number of frames of each actor.")] = 240,
    seed: Annotated[
        int, typer.Option(min=0, max=100_000, help="Seed of the performances: another one gives other footage.")
    ] = 0,
    size: Annotated[int, typer.Option(min=128, max=2048, help="Height and width of the clips in pixels.")] = 384,
    json: AsJson = False,
) -> int:
    """Render footage of synthetic actors, with test consent records and a training manifest."""
    from fsvfx.actors.clips import shoot

    tell = (lambda line: None) if json else output.line
    manifest = shoot(folder, actor or USUAL, frames, seed=seed, size=size, report=tell)
    if json:
        output.as_json({"manifest": manifest})
    else:
        output.command(f"Train on it: {shlex.join(['fsvfx', 'train', str(manifest)])}")
    return 0
